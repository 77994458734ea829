//! Who writes which run: numbers are taken by creating a file that only one process can create.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::OutputError;
use super::store::Store;

/// Folder of manifests and claims.
pub(super) const META: &str = "_meta";
/// Numbers that are tried before giving up.
const MAX_ATTEMPTS: u32 = 10_000;

/// Who writes a run, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Identity of the run.
    pub run_id: String,
    /// Name of the machine, if it tells.
    pub host: Option<String>,
    /// Process on that machine.
    pub pid: u32,
    /// UTC, RFC 3339.
    pub started_at: String,
}

impl Claim {
    /// Takes the next free run number of `store` and creates the run's folder.
    pub(super) fn take(&self, store: &Store) -> Result<u32, OutputError> {
        store.create_folders(&store.path(META))?;
        let first = highest_number(store)? + 1;
        let content =
            serde_json::to_vec_pretty(self).map_err(|error| OutputError::serialization(&store.path(META), error))?;
        for run in first..first.saturating_add(MAX_ATTEMPTS) {
            if !store.claim(&claim_file(run), &content)? {
                continue; // Another process was faster.
            }
            // The number may have been used up between listing and claiming; then its folder or manifest is there.
            if !store.path(&manifest_file(run)).exists() && store.create_new_folder(&run_folder(run))? {
                return Ok(run);
            }
            store.remove(&claim_file(run))?;
        }
        Err(OutputError::manifest(
            &store.path(META),
            format!("no free run number found after {first}; hint: choose another output folder"),
        ))
    }
}

pub(super) fn claim_file(run: u32) -> String {
    format!("{META}/claim-{run}.json")
}

pub(super) fn manifest_file(run: u32) -> String {
    format!("{META}/run-{run}.json")
}

pub(super) fn run_folder(run: u32) -> String {
    format!("run={run}")
}

/// The number inside `prefix`number`suffix`, unpadded.
pub(super) fn run_number(name: &str, prefix: &str, suffix: &str) -> Option<u32> {
    let digits = name.strip_prefix(prefix)?.strip_suffix(suffix)?;
    digits.parse::<u32>().ok().filter(|run| run.to_string() == digits)
}

/// The highest number in use, by manifest, claim or folder; 0 when there is none.
fn highest_number(store: &Store) -> Result<u32, OutputError> {
    let mut highest = 0;
    for name in file_names(&store.path(META))? {
        let run = run_number(&name, "run-", ".json").or_else(|| run_number(&name, "claim-", ".json"));
        highest = highest.max(run.unwrap_or(0));
    }
    for name in file_names(store.root())? {
        highest = highest.max(run_number(&name, "run=", "").unwrap_or(0));
    }
    Ok(highest)
}

/// Names in a folder that are text.
pub(super) fn file_names(folder: &Path) -> Result<Vec<String>, OutputError> {
    let failed = |source| OutputError::io("list", folder, source);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        names.extend(entry.map_err(failed)?.file_name().into_string());
    }
    Ok(names)
}

/// Name of this machine, if it tells.
pub(super) fn host_name() -> Option<String> {
    let from_kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    from_kernel
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map(|name| name.trim().to_string())
        .filter(|name| !name.is_empty())
}
