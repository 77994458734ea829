use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::OutputError;
use super::manifest::FileRecord;
use super::schema::TablePhase;
use super::simulation::SimulationTable;

/// What the writers of a run have finished; shared between the run and its writers.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    opened: Vec<TablePhase>,
    finished: Vec<TablePhase>,
    files: Vec<FileRecord>,
    tables: Vec<SimulationTable>,
}

impl Ledger {
    /// Notes that a writer was given out; a phase has one writer.
    pub(super) fn open(&self, phase: TablePhase, run: &Path) -> Result<(), OutputError> {
        let mut entries = self.entries();
        if entries.opened.contains(&phase) {
            return Err(OutputError::manifest(run, format!("the {} tables already have a writer", phase.name())));
        }
        entries.opened.push(phase);
        Ok(())
    }

    /// Notes the files of a finished writer.
    pub(super) fn finish(&self, phase: TablePhase, files: &[FileRecord]) {
        let mut entries = self.entries();
        entries.finished.push(phase);
        entries.files.extend_from_slice(files);
    }

    /// Notes which simulation tables were asked for.
    pub(super) fn describe(&self, tables: &[SimulationTable]) {
        self.entries().tables = tables.to_vec();
    }

    /// The simulation tables that were asked for.
    pub(super) fn simulation_tables(&self) -> Vec<SimulationTable> {
        self.entries().tables.clone()
    }

    /// Phases and files of the run; files by table and partition, those of a partition as they were written.
    ///
    /// # Errors
    /// When a writer that was given out was not finished.
    pub(super) fn close(&self, run: &Path) -> Result<(Vec<TablePhase>, Vec<FileRecord>), OutputError> {
        let mut entries = self.entries();
        if let Some(phase) = entries.opened.iter().find(|phase| !entries.finished.contains(phase)) {
            return Err(OutputError::manifest(
                run,
                format!("the writer of the {} tables was not finished, the run cannot be committed", phase.name()),
            ));
        }
        let mut files = std::mem::take(&mut entries.files);
        files.sort_by(|a, b| (&a.table, &a.partition).cmp(&(&b.table, &b.partition)));
        Ok((entries.finished.clone(), files))
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // A panic elsewhere cannot leave the lists half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
