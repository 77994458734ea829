//! Checkpoints: the whole state of training in a folder of its own, committed by `policy.bin`, which is written last.

use std::collections::BTreeMap;
use std::time::SystemTime;

use cobre_engine::Study;
use cobre_engine::subproblem::StateLayout;

use super::OutputError;
use super::document::DocumentRecord;
use super::manifest::{FileRecord, PolicyEntry};
use super::run::{RunFolder, RunWriter};
use super::timestamp::format_rfc3339;
use super::training::TrainingTotals;
use crate::policy::{
    PolicyContent, PolicyFile, PolicyManifest, PolicyStage, PolicyStatus, TablePart, decode_manifest, state_components,
    write_policy,
};
use crate::store::Store;

/// The option of a policy's manifest that holds the sums over its iterations.
const TOTALS: &str = "training_totals";

/// A committed checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckpointRecord {
    /// The policy and its files.
    pub policy: PolicyEntry,
    /// Files of the training tables up to its iteration.
    pub training_files: Vec<FileRecord>,
    /// Sums over the iterations so far.
    pub totals: TrainingTotals,
}

impl CheckpointRecord {
    /// Whether every file is there in its full size.
    pub(super) fn is_whole(&self, sizes: &BTreeMap<String, u64>) -> bool {
        let policy = self.policy.files.iter().map(|file| (&file.path, file.bytes));
        let tables = self.training_files.iter().map(|file| (&file.path, file.bytes));
        policy.chain(tables).all(|(path, bytes)| sizes.get(path) == Some(&bytes))
    }
}

/// How a policy is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckpointOptions {
    /// Whether training goes on.
    pub status: PolicyStatus,
    /// Whether the files are compressed with Zstandard.
    pub compress: bool,
    /// Trajectories per forward pass.
    pub forward_passes: u32,
    /// Seeds by name.
    pub seeds: BTreeMap<String, u64>,
}

/// The numbers of training that a checkpoint stores beside its cuts and bases.
#[derive(Debug, Clone, Copy)]
pub struct TrainingNumbers<'a> {
    /// Lower bound after every iteration ($).
    pub lower_bounds: &'a [f64],
    /// Mean and sample standard deviation of the cost of the last forward pass ($).
    pub upper_bound: (f64, Option<f64>),
    /// Clock of training, over all its sessions (s).
    pub elapsed_seconds: f64,
    /// Sums over the iterations so far, as the writer of the training tables has them.
    pub totals: &'a TrainingTotals,
}

impl RunWriter {
    /// Stores the state of training as `run=<n>/policy/<iteration>`, and commits it there by writing `policy.bin` last.
    /// `training_files` are the training tables up to this iteration. The checkpoint before the previous one is removed.
    ///
    /// # Errors
    /// [`OutputError::IoError`] when a file cannot be written, [`OutputError::ManifestError`] when the run was taken
    /// over. Then there is no such checkpoint.
    pub fn write_policy_checkpoint(
        &self,
        study: &Study,
        content: &PolicyContent<'_>,
        numbers: TrainingNumbers<'_>,
        training_files: &[FileRecord],
        options: &CheckpointOptions,
    ) -> Result<PolicyEntry, OutputError> {
        self.folder.ownership.check()?;
        let manifest = self.policy_manifest(study, numbers, training_files, options);
        let entry = write(&self.folder, manifest, content, options.compress)?;
        self.folder.stage_commit("checkpoint", u64::from(entry.iteration));
        if let Some(previous) = self.folder.ledger.set_policy(entry.clone()) {
            self.remove_superseded(previous.iteration);
        }
        Ok(entry)
    }

    fn policy_manifest(
        &self,
        study: &Study,
        numbers: TrainingNumbers<'_>,
        training_files: &[FileRecord],
        options: &CheckpointOptions,
    ) -> PolicyManifest {
        let info = self.info();
        let mut facts = info.options.clone();
        facts.insert(TOTALS.to_owned(), serde_json::json!(numbers.totals));
        PolicyManifest {
            status: options.status,
            engine_version: info.engine_version.clone(),
            created_at: format_rfc3339(SystemTime::now()),
            case_hash: info.case_hash.clone(),
            study_hash: info.study_hash.clone(),
            run_id: self.run_id().to_owned(),
            forward_passes: options.forward_passes,
            seeds: options.seeds.clone(),
            cost_scale_factor: study.cost_scale_factor,
            elapsed_seconds: numbers.elapsed_seconds,
            lower_bounds: numbers.lower_bounds.to_vec(),
            upper_bound_mean: numbers.upper_bound.0,
            upper_bound_std: numbers.upper_bound.1,
            components: state_components(study),
            initial_state: StateLayout::new(study).initial(study),
            stages: PolicyStage::of_study(study),
            parts: Vec::new(),
            training_parts: training_files
                .iter()
                .map(|file| TablePart {
                    table: file.table.clone(),
                    path: file.path.clone(),
                    rows: file.rows,
                    bytes: file.bytes,
                    sha256: file.sha256.clone(),
                })
                .collect(),
            options: facts,
        }
    }

    /// Removes the checkpoints older than `previous`. One that stays does no harm: nobody reads it, and the commit of
    /// the run collects it.
    fn remove_superseded(&self, previous: u32) {
        let folder = format!("{}/policy", self.folder.relative);
        let Ok(listing) = self.folder.store.list(&folder) else { return };
        for name in listing.folders {
            let iteration = name.split_once("-r").map_or(name.as_str(), |(iteration, _)| iteration);
            if iteration.parse::<u32>().is_ok_and(|iteration| iteration < previous)
                && !self.earlier().names(&folder, &name)
            {
                // The commit mark goes first: a folder without it is no checkpoint.
                let mark = format!("{folder}/{name}/{}", PolicyFile::Manifest);
                if self.folder.store.remove(&mark).is_ok() {
                    let _ = self.folder.store.remove_folder(&format!("{folder}/{name}"));
                }
            }
        }
    }
}

fn write(
    run: &RunFolder,
    manifest: PolicyManifest,
    content: &PolicyContent<'_>,
    compress: bool,
) -> Result<PolicyEntry, OutputError> {
    let iteration = manifest.iteration();
    let folder = format!("{}/policy/{}", run.relative, run.checkpoint_name(iteration));
    let mut files = Vec::new();
    write_policy(manifest, content, compress, |name, content| {
        let path = format!("{folder}/{name}");
        let record = DocumentRecord::of(&path, &content);
        if !run.store.put_new(&path, content)? {
            return Err(OutputError::manifest(&run.store.location(&path), "another writer has written it"));
        }
        files.push(record);
        Ok(())
    })?;
    Ok(PolicyEntry { path: folder, iteration, files })
}

/// The committed checkpoints below the folder of a run, the newest first.
pub(super) fn committed_checkpoints(
    store: &Store,
    run_folder: &str,
    sizes: &BTreeMap<String, u64>,
) -> Result<Vec<CheckpointRecord>, OutputError> {
    let prefix = format!("{run_folder}/policy/");
    let suffix = format!("/{}", PolicyFile::Manifest);
    let mut found = Vec::new();
    for path in sizes.keys() {
        let Some(name) = path.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(&suffix)) else { continue };
        if !name.contains('/') {
            found.push(read_checkpoint(store, &format!("{prefix}{name}"))?);
        }
    }
    found.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.policy.iteration));
    Ok(found)
}

/// Reads the record of the checkpoint in `folder`.
pub(super) fn read_checkpoint(store: &Store, folder: &str) -> Result<CheckpointRecord, OutputError> {
    let path = format!("{folder}/{}", PolicyFile::Manifest);
    let content = store.get(&path)?;
    let manifest = decode_manifest(&content, &store.location(&path))?;
    let mut files: Vec<DocumentRecord> = manifest
        .parts
        .iter()
        .map(|part| DocumentRecord {
            path: format!("{folder}/{}", part.path),
            bytes: part.bytes,
            sha256: part.sha256.clone(),
        })
        .collect();
    files.push(DocumentRecord::of(&path, &content));
    let training_files = manifest
        .training_parts
        .iter()
        .map(|part| FileRecord {
            table: part.table.clone(),
            path: part.path.clone(),
            rows: part.rows,
            bytes: part.bytes,
            sha256: part.sha256.clone(),
            partition: BTreeMap::new(),
        })
        .collect();
    let iteration = manifest.iteration();
    let totals = manifest.options.get(TOTALS).cloned().unwrap_or_default();
    let totals = serde_json::from_value(totals)
        .map_err(|error| OutputError::manifest(&store.location(&path), format!("sums over the iterations: {error}")))?;
    Ok(CheckpointRecord { policy: PolicyEntry { path: folder.to_string(), iteration, files }, training_files, totals })
}
