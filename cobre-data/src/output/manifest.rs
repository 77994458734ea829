use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::OutputError;
use super::schema::TablePhase;

/// Version of the manifest that this program writes; it reads every version up to it.
pub const MANIFEST_VERSION: u32 = 1;

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
    /// Path of the case, as given by the caller.
    pub case_path: String,
    /// Name of the LP solver.
    pub solver_name: String,
    /// Version of the LP solver.
    pub solver_version: Option<String>,
    /// Worker threads.
    pub threads: usize,
    /// Options of the run: seed, forward passes, stopping rules …
    pub options: BTreeMap<String, serde_json::Value>,
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
    /// Tables by qualified name, e.g. `simulation/hydros`.
    pub tables: BTreeMap<String, TableEntry>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`OutputError::IoError`] when there is none at `path`, [`OutputError::ManifestError`] when it is damaged or of
    /// a later version.
    pub fn read(path: &Path) -> Result<Self, OutputError> {
        let content = std::fs::read(path).map_err(|source| OutputError::io("read", path, source))?;
        let version: VersionOnly = serde_json::from_slice(&content)
            .map_err(|error| OutputError::manifest(path, format!("not a manifest: {error}")))?;
        if version.format_version == 0 || version.format_version > MANIFEST_VERSION {
            return Err(OutputError::manifest(
                path,
                format!(
                    "format version {} found, versions 1 to {MANIFEST_VERSION} expected; hint: a newer program wrote it",
                    version.format_version
                ),
            ));
        }
        serde_json::from_slice(&content)
            .map_err(|error| OutputError::manifest(path, format!("not a manifest: {error}")))
    }

    /// Name of a table from its plain or qualified name; `None` when there is no such table or several.
    pub fn resolve_table(&self, name: &str) -> Option<&str> {
        if let Some((qualified, _)) = self.tables.get_key_value(name) {
            return Some(qualified);
        }
        let mut matches = TablePhase::ALL
            .into_iter()
            .filter_map(|phase| self.tables.get_key_value(&format!("{}/{name}", phase.name())));
        match (matches.next(), matches.next()) {
            (Some((qualified, _)), None) => Some(qualified),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct VersionOnly {
    format_version: u32,
}
