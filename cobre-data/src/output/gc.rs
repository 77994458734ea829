//! Collecting what no record names: runs of writers that died early, leftovers of those that died later.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use super::OutputError;
use super::claim::{Claim, Liveness, run_numbers};
use super::earlier::Earlier;
use super::manifest::Manifest;
use super::run_name::{META, Record, claim_file, final_manifest_file, run_folder, run_number};
use crate::store::Store;

/// How garbage is collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcOptions {
    /// Only tell what would be removed.
    pub dry_run: bool,
    /// A run of a writer on another machine is collected after this time without a sign of life.
    pub grace: Duration,
    /// Unfinished runs that are given up: what they have committed is collected, too.
    pub abandoned: Vec<u32>,
}

impl Default for GcOptions {
    fn default() -> Self {
        Self { dry_run: false, grace: Duration::from_hours(1), abandoned: Vec::new() }
    }
}

/// What was collected, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct GcReport {
    /// Paths of the removed files relative to the root.
    pub removed: Vec<String>,
    /// Their size together (bytes).
    pub bytes: u64,
    /// Unfinished runs that stay: they are being written, or may be, or can be resumed.
    pub left: Vec<LeftRun>,
}

/// An unfinished run that stays, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftRun {
    /// Number of the run.
    pub run: u32,
    /// Why.
    pub reason: String,
}

/// Removes every file below the folders of runs, and every claim, that no record and no living writer needs.
///
/// A complete run keeps what its manifest names. An unfinished run whose writer is dead keeps what it has committed –
/// the newest checkpoint, training, buckets, commits in part – so that it can be resumed; it goes as a whole when it
/// has committed nothing or is given up by [`GcOptions::abandoned`]. While files of an unfinished run are removed its
/// claim is held, so nobody can resume it at the same time.
///
/// # Errors
/// [`OutputError::ManifestError`] when an abandoned run is not there or is complete, before anything is removed;
/// [`OutputError`] when the store cannot be listed, a record cannot be read, or a file cannot be removed. Nothing is
/// removed of a run whose records cannot be read.
pub fn collect_garbage(store: &Store, options: &GcOptions) -> Result<GcReport, OutputError> {
    let runs = run_numbers(store)?;
    for &run in &options.abandoned {
        let record = final_manifest_file(run);
        if !runs.contains(&run) {
            return Err(OutputError::manifest(&store.location(&run_folder(run)), "there is no such run to abandon"));
        }
        if store.size(&record)?.is_some() {
            let message = "a complete run is not abandoned; hint: remove its folder and this file to be rid of it";
            return Err(OutputError::manifest(&store.location(&record), message));
        }
    }
    let mut report = GcReport::default();
    for run in runs {
        let record = final_manifest_file(run);
        let reason = if store.size(&record)?.is_some() {
            collect_complete(store, run, record, options, &mut report)
        } else {
            collect_unfinished(store, run, options, &mut report)
        };
        let reason = match reason {
            Err(OutputError::ManifestError { path, message }) => Some(format!("{}: {message}", path.display())),
            reason => reason?,
        };
        report.left.extend(reason.map(|reason| LeftRun { run, reason }));
    }
    Ok(report)
}

/// Collects what a complete run does not need.
fn collect_complete(
    store: &Store,
    run: u32,
    record: String,
    options: &GcOptions,
    report: &mut GcReport,
) -> Result<Option<String>, OutputError> {
    let garbage = Garbage::of(store, run, &named(&Manifest::read(store, &record)?, record))?;
    garbage.tell(report);
    if !options.dry_run {
        garbage.remove(store)?;
    }
    Ok(None)
}

/// Collects what an unfinished run does not need; answers why it stays, if it does.
fn collect_unfinished(
    store: &Store,
    run: u32,
    options: &GcOptions,
    report: &mut GcReport,
) -> Result<Option<String>, OutputError> {
    let owner = Claim::owner(store, run)?;
    if let Some(reason) = owner.as_ref().and_then(|claim| may_be_written(claim, options.grace)) {
        return Ok(Some(reason));
    }
    let has_claim = owner.is_some();
    let earlier = Earlier::read(store, run, None)?;
    let stays = earlier.has_progress() && !options.abandoned.contains(&run);
    let mut kept: BTreeSet<String> = BTreeSet::new();
    if stays {
        kept.extend(earlier.paths().into_iter().map(str::to_owned));
        kept.extend(partial_records(store, run)?);
        kept.extend(owner.as_ref().map(|claim| claim_file(run, claim.attempt)));
    }
    let mut garbage = Garbage::of(store, run, &kept)?;
    if options.dry_run {
        garbage.tell(report);
    } else if !garbage.files.is_empty() {
        // Whoever removes files of an unfinished run owns it for that time.
        let held = owner.map(|owner| owner.next_attempt());
        if let Some(claim) = &held
            && !claim.take_attempt(store, run)?
        {
            return Ok(Some("another process has taken it over at this moment".to_owned()));
        }
        garbage.tell(report);
        // The newest claim stays with what stays, and goes last otherwise.
        garbage.files.extend(held.iter().filter(|_| stays).map(|claim| claim_file(run, claim.attempt - 1)));
        garbage.files.extend(held.iter().filter(|_| !stays).map(|claim| claim_file(run, claim.attempt)));
        garbage.remove(store)?;
        if let Some(claim) = held.filter(|_| stays) {
            Claim { released: true, ..claim }.renew(store, run)?;
        }
    }
    let how = if has_claim {
        format!("it can be resumed {}, or given up with --abandon {run}", earlier.extent())
    } else {
        format!("its claim is gone, nobody can go on with it; it can be given up with --abandon {run}")
    };
    Ok(stays.then_some(how))
}

/// Why a run may be in the middle of being written.
fn may_be_written(claim: &Claim, grace: Duration) -> Option<String> {
    match claim.liveness() {
        Liveness::Alive(silence) => {
            Some(format!("{} writes it, last sign of life {} s ago", claim.process, silence.as_secs()))
        }
        Liveness::Silent(silence) if silence < grace => Some(format!(
            "{} has given no sign of life for {} s; it is collected after {} s",
            claim.process,
            silence.as_secs(),
            grace.as_secs()
        )),
        _ => None,
    }
}

/// Paths of the commits in part of a run.
fn partial_records(store: &Store, run: u32) -> Result<Vec<String>, OutputError> {
    let files = store.list(META)?.files.into_iter();
    let is_partial = |name: &str| matches!(Record::parse(name), Some(Record::Partial { run: of, .. }) if of == run);
    Ok(files.filter(|file| is_partial(file.name())).map(|file| file.path).collect())
}

fn named(manifest: &Manifest, record: String) -> BTreeSet<String> {
    manifest.files().map(|file| file.path).chain([record]).collect()
}

/// What can be removed of a run.
struct Garbage {
    run: u32,
    /// Nothing of the run stays.
    is_all: bool,
    /// Paths, in the order of removal: claims last, for they keep others away.
    files: Vec<String>,
    bytes: u64,
    /// Folders without a file that stays: on a disk they are there when they are empty, too.
    folders: Vec<String>,
}

impl Garbage {
    fn of(store: &Store, run: u32, kept: &BTreeSet<String>) -> Result<Self, OutputError> {
        let folder = run_folder(run);
        let records = store.list(META)?.files.into_iter();
        let records = records.filter(|file| run_number(file.name()) == Some(run));
        let found = store.list_all(&folder)?.into_iter().chain(records);
        let (mut files, mut bytes) = (Vec::new(), 0);
        for file in found.filter(|file| !kept.contains(&file.path)) {
            bytes += file.bytes;
            files.push(file.path);
        }
        let is_all = kept.is_empty();
        let policies = format!("{folder}/policy");
        let mut folders = Vec::new();
        for name in if is_all { Vec::new() } else { store.list(&policies)?.folders } {
            let prefix = format!("{policies}/{name}/");
            if !kept.range(prefix.clone()..).next().is_some_and(|path| path.starts_with(&prefix)) {
                folders.push(format!("{policies}/{name}"));
            }
        }
        Ok(Self { run, is_all, files, bytes, folders })
    }

    fn tell(&self, report: &mut GcReport) {
        report.removed.extend(self.files.iter().cloned());
        report.bytes += self.bytes;
    }

    fn remove(&self, store: &Store) -> Result<(), OutputError> {
        let folder = run_folder(self.run);
        let (data, records): (Vec<_>, Vec<_>) = self.files.iter().partition(|path| path.starts_with(&folder));
        for path in data {
            store.remove(path)?;
        }
        store.remove_unfinished(&folder)?;
        for folder in &self.folders {
            store.remove_folder(folder)?;
        }
        if self.is_all {
            store.remove_folder(&folder)?;
        }
        for path in records {
            store.remove(path)?;
        }
        Ok(())
    }
}

/// Removes what a run that has just been committed no longer needs: files of earlier attempts and checkpoints, claims.
pub(super) fn tidy(store: &Store, manifest: &Manifest) -> Result<(), OutputError> {
    let kept = named(manifest, final_manifest_file(manifest.run));
    Garbage::of(store, manifest.run, &kept)?.remove(store)
}
