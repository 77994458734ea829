use std::collections::BTreeMap;

use bytes::Bytes;
use cobre_engine::Study;

use super::super::destination::Destination;
use super::super::schema::TablePhase;
use super::super::{OutputError, dictionaries, stochastic};
use super::folder::{Content, MemoryFolder};
use super::tables::MemoryTables;
use crate::case::Case;

/// What a run writes beside its results: tables, and files that are none.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles {
    /// Tables.
    pub tables: MemoryTables,
    /// JSON and CSV files by their path in the folder of a run, e.g. `dictionaries/entities.csv`.
    pub documents: BTreeMap<String, Bytes>,
}

/// Makes in memory what [`write_dictionaries`](super::super::write_dictionaries) writes: what labels, codes, columns and limits
/// mean.
///
/// # Errors
/// [`OutputError::SerializationError`] when a document cannot become JSON.
pub fn collect_dictionaries(study: &Study) -> Result<MemoryFiles, OutputError> {
    collect(TablePhase::Dictionaries, |to| dictionaries::write_into(to, study))
}

/// Makes in memory what [`write_stochastic`](super::super::write_stochastic) writes: the stochastic process of a case, whether
/// or not the case asks for it.
///
/// # Errors
/// [`OutputError::SerializationError`] when a document cannot become JSON.
pub fn collect_stochastic(case: &Case) -> Result<MemoryFiles, OutputError> {
    collect(TablePhase::Stochastic, |to| stochastic::write_into(to, case))
}

fn collect<T>(
    phase: TablePhase,
    write: impl FnOnce(&Destination) -> Result<T, OutputError>,
) -> Result<MemoryFiles, OutputError> {
    let folder = MemoryFolder::default();
    write(&Destination::Memory(folder.clone()))?;
    let Content { files, documents, .. } = folder.take();
    Ok(MemoryFiles { tables: MemoryTables::of_phase(phase, files)?, documents })
}
