use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::OutputError;
use super::document::DocumentRecord;
use super::schema::{TablePhase, phase_tables};
use super::simulation::SimulationTable;
use crate::store::Store;

/// Version of the manifest that this program writes; it reads every version up to it.
pub const MANIFEST_VERSION: u32 = 2;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// All that was asked for was done.
    Complete,
    /// Stopped on request; the tables hold what was done until then.
    Partial,
}

/// What is known of a run before it starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Version of the engine.
    pub engine_version: String,
    /// Checksum of the case.
    pub case_hash: String,
    /// Checksum of what decides the bits of training.
    #[serde(default)]
    pub study_hash: String,
    /// Checksum of what decides the rows of the simulation, given the policy.
    #[serde(default)]
    pub simulation_hash: String,
    /// Path of the case, as given by the caller.
    pub case_path: String,
    /// Name of the LP solver.
    pub solver_name: String,
    /// Version of the LP solver.
    pub solver_version: Option<String>,
    /// Worker threads of a rank.
    pub threads: usize,
    /// Ranks.
    #[serde(default = "one")]
    pub ranks: usize,
    /// Options of the run: seed, forward passes, stopping rules …
    pub options: BTreeMap<String, serde_json::Value>,
}

/// The ranks of a run that does not tell: there was a time before there were several.
fn one() -> usize {
    1
}

/// What is known of a run when it ends; values that were not computed, or are not finite, are absent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RunSummary {
    /// Lower bound of the optimal value ($).
    pub lower_bound: Option<f64>,
    /// Mean discounted cost of the trajectories of the last iteration ($).
    pub upper_bound_mean: Option<f64>,
    /// Sample standard deviation of those costs ($).
    pub upper_bound_std: Option<f64>,
    /// Iterations of training.
    pub iterations: Option<u32>,
    /// Why training ended.
    pub stop_reason: Option<String>,
    /// Mean discounted cost of the simulated scenarios ($).
    pub simulation_mean: Option<f64>,
    /// Sample standard deviation of those costs ($).
    pub simulation_std: Option<f64>,
    /// Simulated scenarios.
    pub n_scenarios: Option<u64>,
}

/// A data file that was written and made durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Qualified name of its table, e.g. `simulation/hydros`.
    pub table: String,
    /// Path relative to the output root, `/` between folders.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Size (bytes).
    pub bytes: u64,
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
    /// Values of the columns that live in the path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub partition: BTreeMap<String, i64>,
}

/// A policy of the run: the folder, and every file in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyEntry {
    /// Path of the folder relative to the output root.
    pub path: String,
    /// Iterations of training it has seen.
    pub iteration: u32,
    /// Its files, `policy.bin` included.
    pub files: Vec<DocumentRecord>,
}

/// A part of a run that was committed before the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageCommit {
    /// `checkpoint`, `training` or `simulation`.
    pub stage: String,
    /// Iterations of a checkpoint and of training, scenarios of a simulation.
    pub extent: u64,
    /// The writer's attempt at the run, 0 for the first: it grows when a run is resumed.
    pub attempt: u32,
    /// UTC, RFC 3339.
    pub committed_at: String,
}

/// A data file as the manifest knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Path relative to the output root, `/` between folders.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Size (bytes).
    pub bytes: u64,
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
    /// Values of the columns that live in the path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub partition: BTreeMap<String, i64>,
}

/// A table as the manifest knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEntry {
    /// `training` or `simulation`.
    pub phase: String,
    /// Version of the columns.
    pub schema_version: u32,
    /// Columns that live in the path of a file.
    pub partition_by: Vec<String>,
    /// Rows of all files.
    pub rows: u64,
    /// Files; none when the study has no such entity.
    pub files: Vec<FileEntry>,
}

/// The commit of a run: what it was and which files it consists of. Without one there is no run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this record.
    pub format_version: u32,
    /// Number of the run under its root.
    pub run: u32,
    /// Identity of the run anywhere.
    pub run_id: String,
    /// The writer's attempt at the run, 0 for the first: it grows when a run is resumed.
    #[serde(default)]
    pub attempt: u32,
    /// Identity of the writer: every process has its own.
    #[serde(default)]
    pub writer_id: String,
    /// How the run ended.
    pub status: RunStatus,
    /// UTC, RFC 3339.
    pub started_at: String,
    /// UTC, RFC 3339.
    pub completed_at: String,
    /// Name of the machine, if it tells.
    pub host: Option<String>,
    /// What was known before the run.
    #[serde(flatten)]
    pub info: RunInfo,
    /// What was known after it.
    pub summary: RunSummary,
    /// Parts that were committed on the way, in order.
    #[serde(default)]
    pub stages: Vec<StageCommit>,
    /// Tables by qualified name, e.g. `simulation/hydros`.
    pub tables: BTreeMap<String, TableEntry>,
    /// Files that are no part of a table: dictionaries, metadata, commits of parts.
    #[serde(default)]
    pub documents: Vec<DocumentRecord>,
    /// The trained policy.
    #[serde(default)]
    pub policy: Option<PolicyEntry>,
}

impl Manifest {
    /// Reads the manifest at `relative`.
    ///
    /// # Errors
    /// [`OutputError::IoError`] when there is none, [`OutputError::ManifestError`] when it is damaged or of a later
    /// version.
    pub fn read(store: &Store, relative: &str) -> Result<Self, OutputError> {
        let content = store.get(relative)?;
        let path = store.location(relative);
        let broken = |error: serde_json::Error| OutputError::manifest(&path, format!("not a manifest: {error}"));
        let version: VersionOnly = serde_json::from_slice(&content).map_err(broken)?;
        if version.format_version == 0 || version.format_version > MANIFEST_VERSION {
            return Err(OutputError::manifest(
                &path,
                format!(
                    "format version {} found, versions 1 to {MANIFEST_VERSION} expected; hint: a newer program wrote it",
                    version.format_version
                ),
            ));
        }
        serde_json::from_slice(&content).map_err(broken)
    }

    /// Every file the manifest names: path and, where known, size and checksum.
    pub fn files(&self) -> impl Iterator<Item = DocumentRecord> {
        let tables = self.tables.values().flat_map(|table| &table.files).map(|file| DocumentRecord {
            path: file.path.clone(),
            bytes: file.bytes,
            sha256: file.sha256.clone(),
        });
        let policy = self.policy.iter().flat_map(|policy| policy.files.iter().cloned());
        tables.chain(self.documents.iter().cloned()).chain(policy)
    }

    /// Name of a table from its plain or qualified name; `None` when there is no such table or several.
    pub fn resolve_table(&self, name: &str) -> Option<&str> {
        resolve_table(&self.tables, name)
    }
}

/// Name of a table from its plain or qualified name; `None` when there is no such table or several.
pub(super) fn resolve_table<'a, T>(tables: &'a BTreeMap<String, T>, name: &str) -> Option<&'a str> {
    if let Some((qualified, _)) = tables.get_key_value(name) {
        return Some(qualified);
    }
    let mut matches =
        TablePhase::ALL.into_iter().filter_map(|phase| tables.get_key_value(&format!("{}/{name}", phase.name())));
    match (matches.next(), matches.next()) {
        (Some((qualified, _)), None) => Some(qualified),
        _ => None,
    }
}

#[derive(Deserialize)]
struct VersionOnly {
    format_version: u32,
}

/// Every table of the phases that were written and the simulation tables that were asked for, those without files
/// included.
pub(super) fn table_entries(
    phases: &[TablePhase],
    simulation: &[SimulationTable],
    files: &[FileRecord],
) -> BTreeMap<String, TableEntry> {
    let mut tables = BTreeMap::new();
    let mut insert = |name: String, phase: TablePhase, schema_version, partition_by| {
        let phase = phase.name().to_string();
        tables.insert(name, TableEntry { phase, schema_version, partition_by, rows: 0, files: Vec::new() });
    };
    for &phase in phases.iter().filter(|&&phase| phase != TablePhase::Simulation) {
        for table in phase_tables(phase) {
            let partition_by = table.partition_by.iter().map(ToString::to_string).collect();
            insert(table.qualified_name(), phase, table.schema_version, partition_by);
        }
    }
    for table in simulation {
        insert(table.name.clone(), TablePhase::Simulation, table.schema_version, table.partition_by.clone());
    }
    for file in files {
        if let Some(entry) = tables.get_mut(&file.table) {
            entry.rows += file.rows;
            entry.files.push(FileEntry {
                path: file.path.clone(),
                rows: file.rows,
                bytes: file.bytes,
                sha256: file.sha256.clone(),
                partition: file.partition.clone(),
            });
        }
    }
    tables
}
