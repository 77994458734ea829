//! What a committed run says of itself: bounds, costs, violations, timing, files.

mod columns;
mod costs;
mod files;
mod text;
mod training;

use serde::Serialize;

use crate::output::{OutputError, Run, RunStatus, RunSummary};

pub use costs::{CauseCost, SimulationReport};
pub use files::{Damage, FileInventory, TableInventory, Verification, verify};
pub use training::{ConvergencePoint, PhaseWork, TrainingReport};

/// Everything worth knowing of a run, from its manifest and its tables.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunReport {
    /// Number of the run.
    pub run: u32,
    /// Identity of the run anywhere.
    pub run_id: String,
    /// How the run ended.
    pub status: RunStatus,
    /// How often the run was resumed.
    pub resumed: u32,
    /// Where the case was read from.
    pub case_path: String,
    /// Checksum of the case.
    pub case_hash: String,
    /// Version of the engine.
    pub engine_version: String,
    /// LP solver and its version.
    pub solver: String,
    /// Machine, if it told.
    pub host: Option<String>,
    /// Worker threads of a rank.
    pub threads: usize,
    /// Ranks.
    pub ranks: usize,
    /// UTC, RFC 3339.
    pub started_at: String,
    /// UTC, RFC 3339.
    pub completed_at: String,
    /// Bounds and costs of the manifest.
    pub summary: RunSummary,
    /// Training; none when the run trained nothing.
    pub training: Option<TrainingReport>,
    /// Simulation; none when the run simulated nothing.
    pub simulation: Option<SimulationReport>,
    /// Files.
    pub files: FileInventory,
    /// Whether every file is as it was written; none when that was not asked for.
    pub verification: Option<Verification>,
}

impl RunReport {
    /// Reads what the report tells. With `verified` every file is read whole and compared with the manifest.
    ///
    /// # Errors
    /// [`OutputError`] when a table the report is made from cannot be read. Damaged files found by the verification are
    /// no error: they are reported.
    pub fn read(run: &Run, verified: bool) -> Result<Self, OutputError> {
        // Damage is told even where it keeps the tables from being read.
        let verification = verified.then(|| verify(run));
        let intact = verification.as_ref().is_none_or(|verification| verification.damages.is_empty());
        let manifest = run.manifest();
        let info = &manifest.info;
        let version = info.solver_version.as_ref().map_or(String::new(), |version| format!(" {version}"));
        Ok(Self {
            run: manifest.run,
            run_id: manifest.run_id.clone(),
            status: manifest.status,
            resumed: manifest.attempt,
            case_path: info.case_path.clone(),
            case_hash: info.case_hash.clone(),
            engine_version: info.engine_version.clone(),
            solver: format!("{}{version}", info.solver_name),
            host: manifest.host.clone(),
            threads: info.threads,
            ranks: info.ranks,
            started_at: manifest.started_at.clone(),
            completed_at: manifest.completed_at.clone(),
            summary: manifest.summary.clone(),
            training: if intact { TrainingReport::read(run)? } else { None },
            simulation: if intact { SimulationReport::read(run)? } else { None },
            files: FileInventory::of(manifest),
            verification,
        })
    }

    /// Whether the verification found a file that is missing or not as it was written.
    pub fn is_damaged(&self) -> bool {
        self.verification.as_ref().is_some_and(|verification| !verification.damages.is_empty())
    }
}
