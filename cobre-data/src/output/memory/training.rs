use std::time::SystemTime;

use cobre_engine::cuts::CutPool;
use cobre_engine::sddp::{IterationRecord, TrainingObserver, TrainingSnapshot, Wanted};

use super::super::OutputError;
use super::super::destination::Destination;
use super::super::schema::{CUT_ACTIVITY, TablePhase};
use super::super::training::{RankTimingRecord, TrainingParquetWriter, TrainingTotals};
use super::file::FileRows;
use super::folder::MemoryFolder;
use super::tables::MemoryTables;
use crate::case::{Case, Checkpointing};
use crate::policy::{PolicyStage, StageStates};

/// Keeps the training tables in memory: an observer of training.
///
/// The rows of a table come in one batch, or in one for every part that a run with the checkpoints of the case would
/// write.
pub struct TrainingCollector {
    writer: TrainingParquetWriter,
    folder: MemoryFolder,
    stages: Vec<PolicyStage>,
    exports_states: bool,
    checkpointing: Option<Checkpointing>,
    trial_points: Vec<StageStates>,
    started: SystemTime,
}

/// The tables of a training in memory, and what a policy stores beside cuts and bases.
#[derive(Debug, Clone)]
pub struct TrainingOutput {
    /// The training tables.
    pub tables: MemoryTables,
    /// Sums over the iterations.
    pub totals: TrainingTotals,
    /// Trial points that are stored with the policy, by stage: those that cut selection remembers; where it remembers none
    /// and the case exports states, those of the last iteration.
    pub trial_points: Vec<StageStates>,
    pub(in super::super) started: SystemTime,
    pub(in super::super) completed: SystemTime,
}

impl TrainingCollector {
    /// A collector that starts with the first iteration of a training of `case`, whose exports decide whether states are
    /// kept.
    pub fn new(case: &Case) -> Self {
        let folder = MemoryFolder::default();
        let writer = TrainingParquetWriter::new(Destination::Memory(folder.clone()), &case.study.system);
        Self::with_writer(case, folder, writer)
    }

    /// A collector that continues the tables of an earlier training, after the iterations of which training goes on. The
    /// activity of cuts is left out: it is that of the policy in the end.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] when the output is not one of training.
    pub fn resume(case: &Case, earlier: &TrainingOutput) -> Result<Self, OutputError> {
        let folder = MemoryFolder::default();
        let kept = earlier.tables.files().iter().filter(|rows| rows.shape.table != &CUT_ACTIVITY);
        kept.cloned().for_each(|rows| folder.add_rows(rows));
        let files = earlier.tables.files().iter().filter(|rows| rows.shape.table != &CUT_ACTIVITY);
        let files = files.map(FileRows::record).collect();
        let (to, system) = (Destination::Memory(folder.clone()), &case.study.system);
        let writer = TrainingParquetWriter::resume(to, system, files, earlier.totals.clone())?;
        Ok(Self::with_writer(case, folder, writer))
    }

    fn with_writer(case: &Case, folder: MemoryFolder, writer: TrainingParquetWriter) -> Self {
        Self {
            writer,
            folder,
            stages: PolicyStage::of_study(&case.study),
            exports_states: case.exports.states,
            checkpointing: case.checkpointing,
            trial_points: Vec::new(),
            started: SystemTime::now(),
        }
    }

    /// Takes an iteration that has ended.
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] when iterations are not increasing or the states do not fit the study.
    pub fn write_iteration(
        &mut self,
        record: &IterationRecord,
        snapshot: &TrainingSnapshot<'_>,
    ) -> Result<(), OutputError> {
        self.writer.write_iteration(record)?;
        self.writer.write_rank_timing(&RankTimingRecord::of_ranks(record))?;
        if self.exports_states {
            self.writer.write_trial_points(snapshot)?;
        }
        let is_last = snapshot.stop_reason().is_some();
        if is_last {
            self.trial_points = StageStates::of_snapshot(&self.stages, snapshot, self.exports_states);
        }
        if is_last || self.checkpointing.is_some_and(|checkpointing| checkpointing.is_due(record.iteration)) {
            self.writer.flush()?;
        }
        Ok(())
    }

    /// Takes the cuts that training has ended with, by stage, and makes the tables.
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] when there are pools of other stages than the study's, or a count is out of range.
    pub fn finish(mut self, pools: &[CutPool]) -> Result<TrainingOutput, OutputError> {
        self.writer.write_cut_activity(pools)?;
        let totals = self.writer.finalize()?.totals;
        Ok(TrainingOutput {
            tables: MemoryTables::of_phase(TablePhase::Training, self.folder.take().files)?,
            totals,
            trial_points: self.trial_points,
            started: self.started,
            completed: SystemTime::now(),
        })
    }
}

impl TrainingObserver for TrainingCollector {
    type Error = OutputError;

    fn wants(&self, _iteration: u32, _is_last: bool) -> Wanted {
        Wanted { bases: false, trial_points: self.exports_states }
    }

    fn finish_iteration(
        &mut self,
        record: &IterationRecord,
        snapshot: &TrainingSnapshot<'_>,
    ) -> Result<(), OutputError> {
        self.write_iteration(record, snapshot)
    }
}
