//! Facts about the phases of a run, for people and for programs that list runs.

mod hydro_models;
mod phase;
mod provenance;
mod scaling;
mod simulation;
mod training;

use serde::Serialize;

use super::document::DocumentRecord;
use super::{OutputError, RunWriter};

pub use hydro_models::{HydroModels, Plant};
pub use phase::{Distribution, Host, PhaseRecord, SolveStatistics};
pub use provenance::{HydroProductionProvenance, InflowProvenance, ModelProvenance, Source};
pub use scaling::{CoefficientRanges, Dimensions, ScaleFactors, ScalingReport, ScalingSummary, StageScaling};
pub use simulation::{ScenarioCounts, SimulatedCost, SimulationMetadata};
pub use training::{
    Bounds, Configuration, Convergence, IterationCounts, ProblemDimensions, RowPool, SetupTimes, TrainingMetadata,
};

/// A document about a run that has its place in the run's folder.
pub trait RunDocument: Serialize {
    /// Where it is written, relative to the folder of the run.
    const PATH: &'static str;
}

impl RunDocument for TrainingMetadata {
    const PATH: &'static str = "training/metadata.json";
}

impl RunDocument for SimulationMetadata {
    const PATH: &'static str = "simulation/metadata.json";
}

impl RunDocument for HydroModels {
    const PATH: &'static str = "training/hydro_models.json";
}

impl RunDocument for ModelProvenance {
    const PATH: &'static str = "training/model_provenance.json";
}

impl RunDocument for ScalingReport {
    const PATH: &'static str = "training/scaling_report.json";
}

/// Writes a document about a run as JSON, at its [place](RunDocument::PATH).
///
/// # Errors
/// [`OutputError::IoError`] when the file cannot be written, or has been written already.
pub fn write_metadata<D: RunDocument>(run: &RunWriter, document: &D) -> Result<DocumentRecord, OutputError> {
    DocumentRecord::write_json(&run.destination(), D::PATH, document)
}
