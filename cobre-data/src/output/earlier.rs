use std::collections::{BTreeMap, BTreeSet};

use super::OutputError;
use super::checkpoint::{CheckpointRecord, committed_checkpoints};
use super::document::DocumentRecord;
use super::ledger::Ledger;
use super::manifest::{FileRecord, Manifest};
use super::run_name::{META, Record, partial_manifest_file, run_folder};
use super::schema::TablePhase;
use super::stage_record::{
    BucketManifest, TrainingManifest, bucket_file, is_bucket_file, read_record, training_manifest_file,
};
use crate::store::Store;

/// What earlier attempts at a run have committed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Earlier {
    training: Option<TrainingManifest>,
    checkpoint: Option<CheckpointRecord>,
    buckets: Vec<BucketManifest>,
    /// Records of the parts themselves, and documents that were committed when the run was stopped.
    records: Vec<DocumentRecord>,
    /// Files that a partial commit names: its readers need them until the run is complete.
    committed: BTreeSet<String>,
}

impl Earlier {
    /// The commit of training, if training was complete.
    pub fn training(&self) -> Option<&TrainingManifest> {
        self.training.as_ref()
    }

    /// The newest checkpoint; none when training was complete.
    pub fn checkpoint(&self) -> Option<&CheckpointRecord> {
        self.checkpoint.as_ref()
    }

    /// The buckets of scenarios that were written, from the first to the last before one is missing.
    pub fn buckets(&self) -> &[BucketManifest] {
        &self.buckets
    }

    /// Discounted cost of every scenario that was simulated ($).
    pub fn discounted_costs(&self) -> Vec<f64> {
        self.buckets.iter().flat_map(|bucket| bucket.discounted_costs.iter().copied()).collect()
    }

    /// Files of the simulation tables that were written.
    pub fn simulation_files(&self) -> Vec<FileRecord> {
        self.buckets.iter().flat_map(|bucket| bucket.files.iter().cloned()).collect()
    }

    /// Whether there is anything that an attempt could go on from.
    pub(super) fn has_progress(&self) -> bool {
        self.training.is_some() || self.checkpoint.is_some() || !self.buckets.is_empty() || !self.committed.is_empty()
    }

    /// How far the run is, for people.
    pub(super) fn extent(&self) -> String {
        match (&self.training, &self.checkpoint) {
            (Some(_), _) => format!("after training and {} buckets of simulation", self.buckets.len()),
            (None, Some(checkpoint)) => format!("after iteration {}", checkpoint.policy.iteration),
            (None, None) if !self.buckets.is_empty() => format!("after {} buckets of simulation", self.buckets.len()),
            (None, None) => "from its start".to_owned(),
        }
    }

    /// Reads the records of `run`. A part whose files are not all there in their full size does not count, and neither
    /// do buckets that were simulated with other settings than those of `simulation_hash`.
    pub(super) fn read(store: &Store, run: u32, simulation_hash: Option<&str>) -> Result<Self, OutputError> {
        let folder = &run_folder(run);
        let sizes: BTreeMap<String, u64> =
            store.list_all(folder)?.into_iter().map(|file| (file.path, file.bytes)).collect();
        let is_there = |path: &str, bytes: u64| sizes.get(path) == Some(&bytes);
        let mut earlier = Self::default();
        for manifest in partial_manifests(store, run)? {
            earlier.committed.extend(manifest.files().map(|file| file.path));
            let documents = manifest.documents.into_iter();
            earlier.records.extend(documents.filter(|document| is_there(&document.path, document.bytes)));
        }
        let file = training_manifest_file(folder);
        if let Some(training) = read_record::<TrainingManifest>(store, &file)?.filter(|training| {
            training.files.iter().all(|file| is_there(&file.path, file.bytes))
                && training.policy.files.iter().chain(&training.documents).all(|file| is_there(&file.path, file.bytes))
        }) {
            earlier.training = Some(training);
            earlier.records.push(document_at(store, &file)?);
        } else {
            for checkpoint in committed_checkpoints(store, folder, &sizes)? {
                if checkpoint.is_whole(&sizes) {
                    earlier.checkpoint = Some(checkpoint);
                    break;
                }
            }
        }
        for bucket in 0.. {
            let file = bucket_file(folder, bucket);
            let record = if sizes.contains_key(&file) { read_record::<BucketManifest>(store, &file)? } else { None };
            let whole = record.filter(|record| {
                simulation_hash.is_none_or(|hash| hash == record.simulation_hash)
                    && (earlier.training.is_some() || record.stands_alone())
                    && record.files.iter().all(|file| is_there(&file.path, file.bytes))
            });
            let Some(record) = whole else { break };
            earlier.buckets.push(record);
            earlier.records.push(document_at(store, &file)?);
        }
        // A commit in part names the records of others, too: who reads its tables does not need them, and the new attempt
        // needs their names.
        let counted: BTreeSet<String> = (0..earlier.buckets.len()).map(|bucket| bucket_file(folder, bucket)).collect();
        let counts = |path: &str| !is_bucket_file(path) || counted.contains(path);
        earlier.records.retain(|record| counts(&record.path));
        earlier.committed.retain(|path| counts(path));
        earlier.records.sort_by(|a, b| a.path.cmp(&b.path));
        earlier.records.dedup();
        Ok(earlier)
    }

    /// Removes the files below `folder` that no committed part names: they were being written when the writer died.
    pub(super) fn remove_leftovers(&self, store: &Store, folder: &str) -> Result<(), OutputError> {
        let kept = self.paths();
        for file in store.list_all(folder)? {
            if !kept.contains(file.path.as_str()) {
                store.remove(&file.path)?;
            }
        }
        store.remove_unfinished(folder)?;
        Ok(())
    }

    /// Whether a partial commit names the checkpoint `name` in `folder`.
    pub(super) fn names(&self, folder: &str, name: &str) -> bool {
        let prefix = format!("{folder}/{name}/");
        self.committed.range(prefix.clone()..).next().is_some_and(|path| path.starts_with(&prefix))
    }

    /// Every file that a committed part names.
    pub(super) fn paths(&self) -> BTreeSet<&str> {
        let mut paths: BTreeSet<&str> = self.records.iter().map(|document| document.path.as_str()).collect();
        paths.extend(self.committed.iter().map(String::as_str));
        if let Some(training) = &self.training {
            paths.extend(training.files.iter().map(|file| file.path.as_str()));
            paths.extend(training.documents.iter().map(|file| file.path.as_str()));
            paths.extend(training.policy.files.iter().map(|file| file.path.as_str()));
        }
        if let Some(checkpoint) = &self.checkpoint {
            paths.extend(checkpoint.policy.files.iter().map(|file| file.path.as_str()));
            paths.extend(checkpoint.training_files.iter().map(|file| file.path.as_str()));
        }
        paths.extend(self.buckets.iter().flat_map(|bucket| &bucket.files).map(|file| file.path.as_str()));
        paths
    }

    /// Enters what was committed into the ledger of the new attempt.
    pub(super) fn enter(&self, ledger: &Ledger) {
        if let Some(training) = &self.training {
            for phase in TablePhase::ALL.into_iter().filter(|&phase| phase != TablePhase::Simulation) {
                let prefix = format!("{}/", phase.name());
                let files = training.files.iter().filter(|file| file.table.starts_with(&prefix));
                let files: Vec<FileRecord> = files.cloned().collect();
                if phase == TablePhase::Training || !files.is_empty() {
                    ledger.finish(phase, &files);
                }
            }
            ledger.add_documents(training.documents.iter().cloned());
            ledger.set_policy(training.policy.clone());
            for stage in &training.stages {
                ledger.add_stage(stage.clone());
            }
        }
        if let Some(checkpoint) = &self.checkpoint {
            ledger.set_policy(checkpoint.policy.clone());
        }
        let known = ledger.documents();
        ledger.add_documents(self.records.iter().filter(|record| !known.contains(record)).cloned());
    }
}

/// What the run committed when it was asked to stop.
fn partial_manifests(store: &Store, run: u32) -> Result<Vec<Manifest>, OutputError> {
    let listing = store.list(META)?;
    let attempts = listing.files.iter().filter_map(|file| match Record::parse(file.name())? {
        Record::Partial { run: of, attempt } if of == run => Some(attempt),
        _ => None,
    });
    attempts.map(|attempt| Manifest::read(store, &partial_manifest_file(run, attempt))).collect()
}

fn document_at(store: &Store, file: &str) -> Result<DocumentRecord, OutputError> {
    Ok(DocumentRecord::of(file, &store.get(file)?))
}
