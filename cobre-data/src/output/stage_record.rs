//! Commits of the parts of a run, so that a resumed run starts where they end.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::OutputError;
use super::document::DocumentRecord;
use super::manifest::{FileRecord, PolicyEntry, StageCommit};
use super::simulation::SimulationManifest;
use super::training::TrainingTotals;
use crate::store::{Fingerprint, Store};

/// Version of the records that this program writes; it reads every version up to it.
const RECORD_VERSION: u32 = 1;

/// The commit of training: `run=<n>/training/_manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingManifest {
    /// Version of this record.
    pub format_version: u32,
    /// The commit of this part and of those before it.
    pub stages: Vec<StageCommit>,
    /// Why training ended.
    pub stop_reason: String,
    /// Lower bound after the last iteration ($).
    pub lower_bound: f64,
    /// Mean and sample standard deviation of the cost of the last forward pass ($).
    pub upper_bound: (f64, Option<f64>),
    /// Sums over the iterations.
    pub totals: TrainingTotals,
    /// Table files written until then.
    pub files: Vec<FileRecord>,
    /// Other files written until then.
    pub documents: Vec<DocumentRecord>,
    /// The trained policy.
    pub policy: PolicyEntry,
}

/// The commit of a bucket of scenarios: `run=<n>/simulation/_buckets/<k>.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BucketManifest {
    /// Version of this record.
    pub format_version: u32,
    /// Checksum of what decides the rows of the simulation: of a policy that the run has trained itself, given that policy;
    /// else with the policy, and marked as such by `given-policy:` before it.
    pub simulation_hash: String,
    /// Position of the bucket.
    pub bucket: u32,
    /// First scenario.
    pub first_scenario: u64,
    /// Discounted cost of every scenario ($).
    pub discounted_costs: Vec<f64>,
    /// Files of the simulation tables.
    pub files: Vec<FileRecord>,
}

/// Marks checksums that stand for the policy, too.
const GIVEN_POLICY: &str = "given-policy:";

/// Checksum of what decides the rows of a simulation whose policy the run has not trained: `simulation_hash` is that of
/// everything else, `policy` that of `policy.bin`.
pub(crate) fn of_given_policy(simulation_hash: &str, policy: &str) -> String {
    format!("{GIVEN_POLICY}{}", Fingerprint::of(format!("{simulation_hash} {policy}").as_bytes()).sha256)
}

impl BucketManifest {
    /// Whether nothing but the bucket itself has to be there for it to count.
    pub(super) fn stands_alone(&self) -> bool {
        self.simulation_hash.starts_with(GIVEN_POLICY)
    }
}

impl TrainingManifest {
    /// The version this program writes.
    pub const VERSION: u32 = RECORD_VERSION;
}

impl BucketManifest {
    /// The version this program writes.
    pub const VERSION: u32 = RECORD_VERSION;
}

pub(super) fn training_manifest_file(run_folder: &str) -> String {
    format!("{run_folder}/training/_manifest.json")
}

pub(super) fn simulation_manifest_file(run_folder: &str) -> String {
    format!("{run_folder}/simulation/_manifest.json")
}

pub(super) fn bucket_folder(run_folder: &str) -> String {
    format!("{run_folder}/simulation/_buckets")
}

pub(super) fn bucket_file(run_folder: &str, bucket: usize) -> String {
    format!("{}/{bucket}.json", bucket_folder(run_folder))
}

/// Whether a path below a root is that of the commit of a bucket.
pub(super) fn is_bucket_file(path: &str) -> bool {
    path.split_once('/').is_some_and(|(run, _)| path.starts_with(&bucket_folder(run)))
}

/// Commits training: writes `run=<n>/training/_manifest.json` below `run_folder`, atomically and only once.
///
/// # Errors
/// [`OutputError::ManifestError`] when another writer has written it, [`OutputError::IoError`] when it cannot be
/// written. Then training is not committed.
pub fn write_training_manifest(
    store: &Store,
    run_folder: &str,
    manifest: &TrainingManifest,
) -> Result<DocumentRecord, OutputError> {
    write_record(store, &training_manifest_file(run_folder), manifest)
}

/// Commits the simulation: writes `run=<n>/simulation/_manifest.json` below `run_folder`, atomically and only once.
///
/// # Errors
/// As [`write_training_manifest`].
pub fn write_simulation_manifest(
    store: &Store,
    run_folder: &str,
    manifest: &SimulationManifest,
) -> Result<DocumentRecord, OutputError> {
    write_record(store, &simulation_manifest_file(run_folder), manifest)
}

/// Writes a record that must not be there yet.
pub(super) fn write_record(
    store: &Store,
    relative: &str,
    record: &impl Serialize,
) -> Result<DocumentRecord, OutputError> {
    let path = store.location(relative);
    let content = serde_json::to_vec_pretty(record).map_err(|error| OutputError::serialization(&path, error))?;
    let document = DocumentRecord::of(relative, &content);
    if store.put_new(relative, content)? {
        Ok(document)
    } else {
        Err(OutputError::manifest(&path, "another writer has written it; hint: is the run written twice?"))
    }
}

/// Reads a record; none when it is not there.
pub(super) fn read_record<R: DeserializeOwned>(store: &Store, relative: &str) -> Result<Option<R>, OutputError> {
    let Some(content) = store.get_if_exists(relative)? else { return Ok(None) };
    let path = store.location(relative);
    let version: VersionOnly = serde_json::from_slice(&content)
        .map_err(|error| OutputError::manifest(&path, format!("not a record of a run: {error}")))?;
    if version.format_version > RECORD_VERSION {
        return Err(OutputError::manifest(
            &path,
            format!("format version {} found, versions up to {RECORD_VERSION} expected", version.format_version),
        ));
    }
    serde_json::from_slice(&content)
        .map(Some)
        .map_err(|error| OutputError::manifest(&path, format!("not a record of a run: {error}")))
}

#[derive(Deserialize)]
struct VersionOnly {
    format_version: u32,
}
