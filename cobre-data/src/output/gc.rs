//! Collecting what no manifest names: runs of writers that died, leftovers of resumed runs.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::OutputError;
use super::claim::{Claim, Liveness, run_numbers};
use super::manifest::Manifest;
use super::run_name::{META, Record, final_manifest_file, partial_manifest_file, run_folder};
use crate::store::Store;

/// How garbage is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GcOptions {
    /// Only tell what would be removed.
    pub dry_run: bool,
    /// A run of a writer on another machine is collected after this time without a sign of life.
    pub grace: Duration,
}

impl Default for GcOptions {
    fn default() -> Self {
        Self { dry_run: false, grace: Duration::from_secs(3600) }
    }
}

/// What was collected, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct GcReport {
    /// Paths of the removed files relative to the root.
    pub removed: Vec<String>,
    /// Their size together (bytes).
    pub bytes: u64,
    /// Runs that are being written, or may be: left alone.
    pub left_alone: Vec<LeftAlone>,
}

/// A run that was left alone, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftAlone {
    /// Number of the run.
    pub run: u32,
    /// Why.
    pub reason: String,
}

/// Removes every file below the folders of runs, and every claim, that no manifest and no living writer needs.
///
/// A complete run keeps what its manifest names; a run that was stopped on request keeps what its newest manifest names
/// and can still be resumed; a run without a manifest goes as a whole once its writer is dead.
///
/// # Errors
/// [`OutputError`] when the store cannot be listed, a manifest cannot be read, or a file cannot be removed. Nothing is
/// removed of a run whose manifest cannot be read.
pub fn collect_garbage(store: &Store, options: GcOptions) -> Result<GcReport, OutputError> {
    let mut report = GcReport::default();
    for run in run_numbers(store)? {
        let verdict = judge(store, run, options.grace)?;
        match verdict {
            Verdict::LeaveAlone(reason) => report.left_alone.push(LeftAlone { run, reason }),
            Verdict::KeepOnly(kept) => sweep(store, run, &kept, options.dry_run, &mut report)?,
        }
    }
    sweep_temporary_files(store, options, &mut report)?;
    Ok(report)
}

enum Verdict {
    LeaveAlone(String),
    /// Paths relative to the root, records included.
    KeepOnly(BTreeSet<String>),
}

fn judge(store: &Store, run: u32, grace: Duration) -> Result<Verdict, OutputError> {
    let record = final_manifest_file(run);
    if store.size(&record)?.is_some() {
        return Ok(Verdict::KeepOnly(named(&Manifest::read(store, &record)?, record)));
    }
    let owner = match Claim::owner(store, run) {
        Err(OutputError::ManifestError { message, .. }) => {
            return Ok(Verdict::LeaveAlone(format!("its claim cannot be read: {message}")));
        }
        owner => owner?,
    };
    if let Some(claim) = &owner {
        match claim.liveness() {
            Liveness::Alive(silence) => {
                let seconds = silence.as_secs();
                return Ok(Verdict::LeaveAlone(format!(
                    "{} writes it, last sign of life {seconds} s ago",
                    claim.process
                )));
            }
            Liveness::Silent(silence) if silence < grace => {
                return Ok(Verdict::LeaveAlone(format!(
                    "{} has given no sign of life for {} s; it is collected after {} s",
                    claim.process,
                    silence.as_secs(),
                    grace.as_secs()
                )));
            }
            _ => {}
        }
    }
    let newest_partial = records(store)?
        .into_iter()
        .filter_map(|record| match record {
            Record::Partial { run: of, attempt } if of == run => Some(attempt),
            _ => None,
        })
        .max();
    let Some(attempt) = newest_partial else { return Ok(Verdict::KeepOnly(BTreeSet::new())) };
    let record = partial_manifest_file(run, attempt);
    let mut kept = named(&Manifest::read(store, &record)?, record);
    // The claim tells a later attempt its number and the study.
    kept.extend(owner.map(|claim| super::run_name::claim_file(run, claim.attempt)));
    Ok(Verdict::KeepOnly(kept))
}

fn named(manifest: &Manifest, record: String) -> BTreeSet<String> {
    manifest.files().map(|file| file.path).chain([record]).collect()
}

fn records(store: &Store) -> Result<Vec<Record>, OutputError> {
    Ok(store.list(META)?.files.iter().filter_map(|file| Record::parse(file.name())).collect())
}

fn sweep(
    store: &Store,
    run: u32,
    kept: &BTreeSet<String>,
    dry_run: bool,
    report: &mut GcReport,
) -> Result<(), OutputError> {
    let mut files = store.list_all(&run_folder(run))?;
    let records = store.list(META)?.files;
    files.extend(
        records.into_iter().filter(|file| Record::parse(file.name()).is_some_and(|record| record.run() == run)),
    );
    for file in files.into_iter().filter(|file| !kept.contains(&file.path)) {
        if !dry_run {
            store.remove(&file.path)?;
        }
        report.bytes += file.bytes;
        report.removed.push(file.path);
    }
    if dry_run {
        return Ok(());
    }
    if kept.is_empty() {
        return store.remove_folder(&run_folder(run));
    }
    // On a disk the folders of superseded checkpoints are still there, empty.
    let policies = format!("{}/policy", run_folder(run));
    for name in store.list(&policies)?.folders {
        let folder = format!("{policies}/{name}");
        if !kept.iter().any(|path| path.starts_with(&format!("{folder}/"))) {
            store.remove_folder(&folder)?;
        }
    }
    Ok(())
}

/// Removes what a run that has just been committed no longer needs: files of earlier attempts and checkpoints, claims.
pub(super) fn tidy(store: &Store, manifest: &Manifest) -> Result<(), OutputError> {
    let kept = named(manifest, final_manifest_file(manifest.run));
    sweep(store, manifest.run, &kept, false, &mut GcReport::default())
}

/// Removes temporary files of dead writers from a local disk.
fn sweep_temporary_files(store: &Store, options: GcOptions, report: &mut GcReport) -> Result<(), OutputError> {
    if !store.is_local() {
        return Ok(());
    }
    let root = store.location("");
    let alive: BTreeSet<String> = report.left_alone.iter().map(|left| run_folder(left.run)).collect();
    let mut folders = vec![root.join(META)];
    for name in store.list("")?.folders {
        if super::run_name::parse_run_folder(&name).is_some() && !alive.contains(&name) {
            folders.push(root.join(name));
        }
    }
    while let Some(folder) = folders.pop() {
        let failed = |source| OutputError::io("list", &folder, source);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => continue,
            Err(source) => return Err(failed(source)),
        };
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "tmp") {
                sweep_temporary_file(&path, &root, options, report)?;
            }
        }
    }
    Ok(())
}

fn sweep_temporary_file(
    path: &Path,
    root: &Path,
    options: GcOptions,
    report: &mut GcReport,
) -> Result<(), OutputError> {
    let facts = std::fs::metadata(path).map_err(|source| OutputError::io("read", path, source))?;
    let age = facts.modified().ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
    if age.is_none_or(|age| age < options.grace) {
        return Ok(()); // It may belong to a writer at work.
    }
    if !options.dry_run {
        std::fs::remove_file(path).map_err(|source| OutputError::io("remove", path, source))?;
    }
    report.bytes += facts.len();
    report.removed.push(path.strip_prefix(root).unwrap_or(path).display().to_string());
    Ok(())
}
