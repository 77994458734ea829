use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cobre_engine::Study;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::component::StateComponent;
use super::envelope::{check_finite, check_len, inconsistent};
use super::file::PolicyFile;
use crate::output::{FileRecord, OutputError};

/// Why a policy was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyStatus {
    /// Training went on after it.
    Checkpoint,
    /// Training ended with it.
    Final,
}

/// A stage of the calendar a policy was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyStage {
    /// Label in the case.
    pub id: i32,
    /// Node of the policy graph; on a chain of stages the position of the stage.
    pub node_id: i32,
    /// First day, in days since 1970-01-01.
    pub start_day: Option<i32>,
    /// Day after the last day, in days since 1970-01-01.
    pub end_day: Option<i32>,
    /// Position in the cycle of the inflow model.
    pub season: Option<u32>,
}

/// Another file of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyPart {
    /// Path from the folder of the policy, `/` between folders.
    pub path: String,
    /// Size (bytes).
    pub bytes: u64,
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
}

/// A file of a training table that belongs to the iterations of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TablePart {
    /// Qualified name of the table, e.g. `training/convergence`.
    pub table: String,
    /// Path from the output root, `/` between folders.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Size (bytes).
    pub bytes: u64,
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
}

/// More forward passes are no training but damage: memory is reserved for each.
const MAX_FORWARD_PASSES: u32 = 1 << 20;

/// What a policy is and which files it consists of: the file `policy.bin`. Written last; without it there is no
/// policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolicyManifest {
    /// Why it was written.
    pub status: PolicyStatus,
    /// Version of the engine that wrote it.
    pub engine_version: String,
    /// UTC, RFC 3339.
    pub created_at: String,
    /// Checksum of the case.
    pub case_hash: String,
    /// Checksum of what decides the bits of training.
    pub study_hash: String,
    /// Identity of the run that wrote it.
    pub run_id: String,
    /// Trajectories per forward pass.
    pub forward_passes: u32,
    /// Seeds by name, e.g. `tree`, `forward`.
    pub seeds: BTreeMap<String, u64>,
    /// Divisor of all costs inside the solver. What is stored is in currency, not divided.
    pub cost_scale_factor: f64,
    /// Clock of training, over all its sessions (s).
    pub elapsed_seconds: f64,
    /// Lower bound after every iteration ($).
    pub lower_bounds: Vec<f64>,
    /// Mean discounted cost of the last forward pass ($).
    pub upper_bound_mean: f64,
    /// Sample standard deviation of those costs ($); none for a single trajectory.
    pub upper_bound_std: Option<f64>,
    /// The state vector; coefficients and trial points are in this order.
    pub components: Vec<StateComponent>,
    /// State at the start of the study, in the order and units of the components.
    pub initial_state: Vec<f64>,
    /// The stages in order.
    pub stages: Vec<PolicyStage>,
    /// Every other file of the policy.
    pub parts: Vec<PolicyPart>,
    /// Training tables up to this iteration.
    pub training_parts: Vec<TablePart>,
    /// Options of the run, for people; nothing here is needed to use the policy.
    pub options: BTreeMap<String, serde_json::Value>,
}

impl From<FileRecord> for TablePart {
    fn from(record: FileRecord) -> Self {
        let FileRecord { table, path, rows, bytes, sha256, partition: _ } = record;
        Self { table, path, rows, bytes, sha256 }
    }
}

impl From<TablePart> for FileRecord {
    /// Training tables have no column in their path.
    fn from(part: TablePart) -> Self {
        let TablePart { table, path, rows, bytes, sha256 } = part;
        Self { table, path, rows, bytes, sha256, partition: BTreeMap::new() }
    }
}

impl PolicyStage {
    /// The stages of a study, which are a chain.
    pub fn of_study(study: &Study) -> Vec<Self> {
        let stages = study.system.stages().iter().enumerate();
        stages
            .map(|(t, stage)| Self {
                id: stage.id,
                node_id: t as i32,
                start_day: Some(stage.start_day),
                end_day: Some(stage.end_day),
                season: stage.season.map(|season| season as u32),
            })
            .collect()
    }
}

impl PolicyPart {
    /// The part that a file with this content is.
    pub fn new(file: PolicyFile, content: &[u8]) -> Self {
        Self { path: file.path(), bytes: content.len() as u64, sha256: sha256(content) }
    }

    /// Refuses content that is not what was written. `path` is what messages name.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] when size or checksum differ.
    pub fn check(&self, content: &[u8], path: &Path) -> Result<(), OutputError> {
        if content.len() as u64 != self.bytes {
            let message = format!("{} bytes found, {} written", content.len(), self.bytes);
            return Err(OutputError::manifest(path, message));
        }
        let found = sha256(content);
        if found == self.sha256 {
            Ok(())
        } else {
            Err(OutputError::manifest(path, format!("SHA-256 {found} found, {} written", self.sha256)))
        }
    }
}

/// SHA-256, hexadecimal.
fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::with_capacity(64), |text, byte| format!("{text}{byte:02x}"))
}

impl PolicyManifest {
    /// Iterations done.
    pub fn iteration(&self) -> u32 {
        self.lower_bounds.len() as u32
    }

    /// The part with this path.
    pub fn part(&self, file: PolicyFile) -> Option<&PolicyPart> {
        let path = file.path();
        self.parts.iter().find(|part| part.path == path)
    }

    /// Checks what a manifest says against itself.
    pub(super) fn check(&self, path: &Path) -> Result<(), OutputError> {
        if !(1..=MAX_FORWARD_PASSES).contains(&self.forward_passes) {
            let message = format!("{} forward passes, 1 to {MAX_FORWARD_PASSES} expected", self.forward_passes);
            return Err(inconsistent(path, message));
        }
        let mut identities = BTreeSet::new();
        for component in &self.components {
            if !identities.insert(component.identity()) {
                return Err(inconsistent(path, format!("{component} is a component twice")));
            }
        }
        check_len(path, "initial_state", self.initial_state.len(), self.components.len())?;
        check_finite(path, "initial_state", &self.initial_state)?;
        let mut paths = BTreeSet::new();
        for part in &self.parts {
            check_file(path, &part.path, &part.sha256)?;
            if !paths.insert(part.path.as_str()) {
                return Err(inconsistent(path, format!("{} is a part twice", part.path)));
            }
        }
        for part in &self.training_parts {
            check_file(path, &part.path, &part.sha256)?;
        }
        Ok(())
    }
}

/// Refuses a path that leads elsewhere than below its root, and a checksum that is none.
fn check_file(path: &Path, part: &str, sha256: &str) -> Result<(), OutputError> {
    let stays_below = part.split('/').all(|name| !matches!(name, "" | "." | "..")) && !part.contains(['\\', '\0']);
    if !stays_below {
        return Err(inconsistent(path, format!("{part:?} is no relative path of a file")));
    }
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if sha256.len() != 64 || !sha256.bytes().all(is_digit) {
        return Err(inconsistent(path, format!("the checksum of {part} is no SHA-256: {sha256:?}")));
    }
    Ok(())
}
