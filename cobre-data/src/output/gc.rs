//! Collecting what no manifest names: runs of writers that died, leftovers of resumed runs.

use std::collections::BTreeSet;
use std::time::Duration;

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
    store.remove_unfinished(&run_folder(run))?;
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
