mod convergence;
mod cut_activity;
mod cut_selection;
mod iteration_timing;
mod parts;
mod rank_timing;
mod retry_histogram;
mod solver_iterations;
mod tables;
#[cfg(test)]
mod tests;
mod totals;
mod visited_states;

use cobre_engine::cuts::CutPool;
use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::{IterationRecord, TrainingSnapshot};
use cobre_engine::system::System;

use super::OutputError;
use super::destination::Destination;
use super::manifest::FileRecord;
use super::schema::{
    CONVERGENCE, CUT_ACTIVITY, CUT_SELECTION, ITERATION_TIMING, RANK_TIMING, RETRY_HISTOGRAM,
    TRAINING_SOLVER_ITERATIONS, TablePhase, VISITED_STATES,
};
use parts::Parts;
use visited_states::VisitedStates;

pub(super) use convergence::gap_percent;
pub use rank_timing::RankTimingRecord;
pub use tables::TrainingTables;
pub use totals::TrainingTotals;

/// Writes the training tables of a run.
///
/// Rows are gathered until [`flush`](Self::flush) writes them as a further part of each table; a part is never changed
/// afterwards. What a checkpoint names is therefore complete whatever happens later, and a resumed writer
/// continues after it.
pub struct TrainingParquetWriter {
    parts: Parts,
    stage_ids: Vec<i32>,
    /// Positions of the stages in the order of their labels.
    stage_order: Vec<usize>,
    risk_averse: bool,
    totals: TrainingTotals,
    records: Vec<IterationRecord>,
    rank_timings: Vec<RankTimingRecord>,
    /// (iteration, rank) that came last.
    last_timing: Option<(u32, u32)>,
    states: VisitedStates,
    /// (iteration, trajectory) whose states came last.
    last_states: Option<(u32, u32)>,
}

impl TrainingParquetWriter {
    /// A writer that starts with the first iteration.
    pub(super) fn new(to: impl Into<Destination>, system: &System) -> Self {
        Self::with_parts(Parts::new(to.into()), system, TrainingTotals::default())
    }

    /// A writer that continues after the iterations that `files` and `totals` tell of: what
    /// [`flush`](Self::flush) and [`totals`](Self::totals) gave when the checkpoint was written.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] when a file is no part of a training table of this run,
    /// [`OutputError::IoError`] when the folder of the run cannot be read.
    pub(super) fn resume(
        to: impl Into<Destination>,
        system: &System,
        files: Vec<FileRecord>,
        totals: TrainingTotals,
    ) -> Result<Self, OutputError> {
        Ok(Self::with_parts(Parts::resume(to.into(), files)?, system, totals))
    }

    fn with_parts(parts: Parts, system: &System, totals: TrainingTotals) -> Self {
        let stages = system.stages();
        let mut stage_order: Vec<usize> = (0..stages.len()).collect();
        stage_order.sort_by_key(|&stage| stages[stage].id);
        Self {
            parts,
            stage_ids: stages.iter().map(|stage| stage.id).collect(),
            stage_order,
            risk_averse: stages.iter().any(|stage| stage.risk_measure != RiskMeasure::Expectation),
            totals,
            records: Vec::new(),
            rank_timings: Vec::new(),
            last_timing: None,
            states: VisitedStates::default(),
            last_states: None,
        }
    }

    /// Sums over the iterations so far.
    pub fn totals(&self) -> &TrainingTotals {
        &self.totals
    }

    /// Takes the record of one iteration.
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] when iterations are not increasing or a stage is not one of the study.
    pub fn write_iteration(&mut self, record: &IterationRecord) -> Result<(), OutputError> {
        if record.iteration <= self.totals.iterations {
            let message = format!("iteration {} after iteration {}", record.iteration, self.totals.iterations);
            return Err(self.misfit(message));
        }
        let stages = record.solver.iter().map(|(_, stage, _)| *stage);
        let mut stages = stages.chain(record.selection.iter().map(|selection| selection.stage));
        if let Some(stage) = stages.find(|stage| *stage >= self.stage_ids.len()) {
            let message = format!("stage position {stage}, the study has {} stages", self.stage_ids.len());
            return Err(self.misfit(message));
        }
        self.totals.add(record);
        self.records.push(record.clone());
        Ok(())
    }

    /// Takes the times of the ranks in one iteration, by rank.
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] when (iteration, rank) is not increasing.
    pub fn write_rank_timing(&mut self, records: &[RankTimingRecord]) -> Result<(), OutputError> {
        for record in records {
            let key = (record.iteration, record.rank);
            if let Some((iteration, rank)) = self.last_timing.filter(|&last| last >= key) {
                let message = format!("rank {} of iteration {} after rank {rank} of {iteration}", key.1, key.0);
                return Err(self.misfit(message));
            }
            self.last_timing = Some(key);
            self.rank_timings.push(*record);
        }
        Ok(())
    }

    /// Takes the states that all trajectories of an iteration reached: its trial points, and the states at the end of
    /// the study.
    ///
    /// # Errors
    /// See [`write_visited_states`](Self::write_visited_states).
    pub fn write_trial_points(&mut self, snapshot: &TrainingSnapshot<'_>) -> Result<(), OutputError> {
        for trajectory in 0..snapshot.n_trajectories() {
            // The first state is the one the study starts from.
            let states = snapshot.trial_points(trajectory).get(1..).unwrap_or_default();
            self.write_visited_states(snapshot.iteration(), trajectory as u32, states)?;
        }
        Ok(())
    }

    /// Takes the states that a trajectory (0-based) reached: `states[t]` at the end of the stage at position `t`, for
    /// every stage.
    ///
    /// Many states are written as a part of their own before the next flush, so that memory stays bounded.
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] when (iteration, trajectory) is not increasing or the states do not fit the study,
    /// [`OutputError::IoError`] when a file cannot be written.
    pub fn write_visited_states(
        &mut self,
        iteration: u32,
        trajectory: u32,
        states: &[Vec<f64>],
    ) -> Result<(), OutputError> {
        if let Some((i, m)) = self.last_states.filter(|&last| last >= (iteration, trajectory)) {
            let message = format!("states of trajectory {trajectory} of iteration {iteration} after {m} of {i}");
            return Err(self.misfit(message));
        }
        if states.len() != self.stage_ids.len() {
            let message = format!("{} states, the study has {} stages", states.len(), self.stage_ids.len());
            return Err(self.misfit(message));
        }
        if let Some(state) = states.iter().find(|state| state.len() != states[0].len()) {
            let message = format!("states of {} and of {} components", states[0].len(), state.len());
            return Err(self.misfit(message));
        }
        self.states.take(iteration, trajectory, states);
        self.last_states = Some((iteration, trajectory));
        if self.states.n_values() >= visited_states::MAX_VALUES {
            let file = self.write_states()?;
            self.parts.append(file.into_iter().collect());
        }
        Ok(())
    }

    /// Writes the rows gathered since the last flush as a further part of each table. The answer are all parts so far;
    /// a table without rows has none.
    ///
    /// # Errors
    /// [`OutputError::IoError`] when a file cannot be written, [`OutputError::SchemaError`] when a count is out of
    /// range.
    pub fn flush(&mut self) -> Result<Vec<FileRecord>, OutputError> {
        let mut files = Vec::new();
        if !self.records.is_empty() {
            files.push(convergence::write(self.parts.create(&CONVERGENCE)?, &self.records, self.risk_averse)?);
            files.push(iteration_timing::write(self.parts.create(&ITERATION_TIMING)?, &self.records)?);
        }
        if self.records.iter().any(|record| !record.solver.is_empty()) {
            let file = self.parts.create(&TRAINING_SOLVER_ITERATIONS)?;
            files.push(solver_iterations::write(file, &self.records, &self.stage_ids, &self.folder_path())?);
        }
        if retry_histogram::has_rows(&self.records) {
            let file = self.parts.create(&RETRY_HISTOGRAM)?;
            files.push(retry_histogram::write(file, &self.records, &self.stage_ids)?);
        }
        if cut_selection::has_rows(&self.records) {
            let file = self.parts.create(&CUT_SELECTION)?;
            files.push(cut_selection::write(file, &self.records, &self.stage_ids, &self.stage_order)?);
        }
        if !self.rank_timings.is_empty() {
            files.push(rank_timing::write(self.parts.create(&RANK_TIMING)?, &self.rank_timings)?);
        }
        files.extend(self.write_states()?);
        self.records.clear();
        self.rank_timings.clear();
        if !files.is_empty() {
            self.parts.append(files);
        }
        Ok(self.parts.files().to_vec())
    }

    fn write_states(&mut self) -> Result<Option<FileRecord>, OutputError> {
        if self.states.is_empty() {
            return Ok(None);
        }
        let file = self.states.write(self.parts.create(&VISITED_STATES)?, &self.stage_ids, &self.stage_order)?;
        self.states.clear();
        Ok(Some(file))
    }

    /// Writes the activity of the cuts of the trained policy (`pools`: by stage), once training has ended.
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] when there are pools of other stages than the study's, [`OutputError::IoError`]
    /// when the file cannot be written.
    pub fn write_cut_activity(&mut self, pools: &[CutPool]) -> Result<(), OutputError> {
        if pools.len() != self.stage_ids.len() {
            let message = format!("{} pools of cuts, the study has {} stages", pools.len(), self.stage_ids.len());
            return Err(self.misfit(message));
        }
        // Parts are numbered in the order of writing: the rows of the iterations come first.
        self.flush()?;
        if pools.iter().any(|pool| !pool.is_empty()) {
            let file = self.parts.create(&CUT_ACTIVITY)?;
            self.parts.append(vec![cut_activity::write(file, pools, &self.stage_ids, &self.stage_order)?]);
        }
        Ok(())
    }

    /// Writes what is left and ends the training tables of the run.
    ///
    /// # Errors
    /// See [`flush`](Self::flush).
    pub fn finalize(mut self) -> Result<TrainingTables, OutputError> {
        let files = self.flush()?;
        self.parts.to.finish(TablePhase::Training, &files);
        Ok(TrainingTables { files, totals: self.totals })
    }

    fn folder_path(&self) -> std::path::PathBuf {
        self.parts.to.location("training")
    }

    fn misfit(&self, message: String) -> OutputError {
        OutputError::schema(&self.folder_path(), message)
    }
}

fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1e3).round() as i64
}
