//! The stochastic process of a run, in the form of the inputs it could be given as.

mod correlation;
mod tables;

use super::destination::Destination;
use super::document::{DocumentRecord, WrittenFiles};
use super::schema::{INFLOW_AR_COEFFICIENTS, INFLOW_SEASONAL_STATS, LOAD_SEASONAL_STATS, NOISE_OPENINGS, TablePhase};
use super::{OutputError, RunWriter};
use crate::case::Case;

/// Writes the stochastic process of a case into the folder `stochastic/` of a run.
///
/// | file | what it holds |
/// |---|---|
/// | `noise_openings.parquet` | the noise of every opening; none when nothing is stochastic |
/// | `inflow_seasonal_stats.parquet` | statistics of the inflow |
/// | `inflow_ar_coefficients.parquet` | its autoregressive coefficients; none when there are none |
/// | `load_seasonal_stats.parquet` | statistics of the demand |
/// | `correlation.json` | the correlation of the noise; none when it is independent |
///
/// Every file has the form of the input of the same name below `scenarios/`, stages by their declared labels, so that
/// it can be copied there: with `noise_openings.parquet` and openings from a file, training gives the same bits.
///
/// # Errors
/// [`OutputError::IoError`] when a file cannot be written, or has been written already.
pub fn write_stochastic(run: &RunWriter, case: &Case) -> Result<WrittenFiles, OutputError> {
    write_into(&run.destination(), case)
}

/// Makes the tables and documents of the stochastic process.
pub(super) fn write_into(to: &Destination, case: &Case) -> Result<WrittenFiles, OutputError> {
    let mut written = WrittenFiles::default();
    let (study, inputs) = (&case.study, &case.stochastic);
    if study.openings.dimension() > 0 {
        let file = tables::create(to, &NOISE_OPENINGS)?;
        written.tables.push(tables::write_openings(file, study)?);
    }
    if inputs.inflow.plants.iter().any(|plant| !plant.is_empty()) {
        let file = tables::create(to, &INFLOW_SEASONAL_STATS)?;
        written.tables.push(tables::write_inflow_statistics(file, study, &inputs.inflow)?);
    }
    if inputs.inflow.plants.iter().flatten().any(|row| !row.coefficients.is_empty()) {
        let file = tables::create(to, &INFLOW_AR_COEFFICIENTS)?;
        written.tables.push(tables::write_coefficients(file, study, &inputs.inflow)?);
    }
    if !study.system.buses().is_empty() {
        written.tables.push(tables::write_load(tables::create(to, &LOAD_SEASONAL_STATS)?, study)?);
    }
    if let Some(document) = correlation::document(study, &inputs.correlation) {
        written.documents.push(DocumentRecord::write_json(to, "stochastic/correlation.json", &document)?);
    }
    to.finish(TablePhase::Stochastic, &written.tables);
    Ok(written)
}
