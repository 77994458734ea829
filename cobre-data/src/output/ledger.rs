use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::OutputError;
use super::document::DocumentRecord;
use super::manifest::{FileRecord, PolicyEntry, StageCommit};
use super::schema::TablePhase;
use super::simulation::SimulationTable;
use super::stage_record::is_bucket_file;

/// What the writers of a run have finished; shared between the run and its writers.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger(Arc<Mutex<Entries>>);

/// The content of a ledger.
#[derive(Debug, Clone, Default)]
pub(super) struct Entries {
    opened: Vec<TablePhase>,
    finished: Vec<TablePhase>,
    /// Simulation tables that were asked for.
    pub(super) simulation: Vec<SimulationTable>,
    pub(super) files: Vec<FileRecord>,
    pub(super) documents: Vec<DocumentRecord>,
    pub(super) stages: Vec<StageCommit>,
    pub(super) policy: Option<PolicyEntry>,
}

impl Entries {
    /// Phases whose tables are complete.
    pub(super) fn phases(&self) -> &[TablePhase] {
        &self.finished
    }
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
        if !entries.opened.contains(&phase) {
            entries.opened.push(phase); // Finished by an earlier attempt.
        }
        entries.finished.push(phase);
        entries.files.extend_from_slice(files);
    }

    pub(super) fn add_documents(&self, documents: impl IntoIterator<Item = DocumentRecord>) {
        self.entries().documents.extend(documents);
    }

    /// Notes which simulation tables were asked for.
    pub(super) fn describe(&self, tables: &[SimulationTable]) {
        self.entries().simulation = tables.to_vec();
    }

    /// Every table file that was written.
    pub(super) fn files(&self) -> Vec<FileRecord> {
        self.entries().files.clone()
    }

    pub(super) fn documents(&self) -> Vec<DocumentRecord> {
        self.entries().documents.clone()
    }

    pub(super) fn document(&self, path: &str) -> Option<DocumentRecord> {
        self.entries().documents.iter().find(|document| document.path == path).cloned()
    }

    /// Notes the commit of a part; a checkpoint takes the place of an earlier one.
    pub(super) fn add_stage(&self, stage: StageCommit) {
        let mut entries = self.entries();
        entries.stages.retain(|earlier| earlier.stage != stage.stage);
        entries.stages.push(stage);
    }

    /// Whether a part of the run was committed: training up to an iteration, or a bucket of the simulation.
    pub(super) fn has_progress(&self) -> bool {
        let entries = self.entries();
        !entries.stages.is_empty() || entries.documents.iter().any(|document| is_bucket_file(&document.path))
    }

    /// Notes the newest policy; it takes the place of an earlier one.
    pub(super) fn set_policy(&self, policy: PolicyEntry) -> Option<PolicyEntry> {
        self.entries().policy.replace(policy)
    }

    /// What was finished; files by table and partition, those of a partition as they were written.
    ///
    /// # Errors
    /// When a writer that was given out was not finished.
    pub(super) fn close(&self, run: &Path) -> Result<Entries, OutputError> {
        let mut entries = self.entries().clone();
        if let Some(phase) = entries.opened.iter().find(|phase| !entries.finished.contains(phase)) {
            return Err(OutputError::manifest(
                run,
                format!("the writer of the {} tables was not finished, the run cannot be committed", phase.name()),
            ));
        }
        // Stable: the files of a partition stay in the order in which they were written.
        entries.files.sort_by(|a, b| (&a.table, &a.partition).cmp(&(&b.table, &b.partition)));
        entries.documents.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // A panic elsewhere cannot leave the lists half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
