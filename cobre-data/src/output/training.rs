use std::collections::BTreeMap;
use std::iter::once;

use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::IterationRecord;
use cobre_engine::system::System;

use super::OutputError;
use super::manifest::FileRecord;
use super::run::RunFolder;
use super::schema::{CONVERGENCE, ITERATION_TIMING, TRAINING_SOLVER_ITERATIONS, Table, TablePhase};
use super::table_file::TableFile;

/// Writes the training tables of a run.
///
/// Records are kept until [`finish`](Self::finish): one per iteration, with one entry per (phase, stage) each.
pub struct TrainingParquetWriter {
    folder: RunFolder,
    stage_ids: Vec<i32>,
    risk_averse: bool,
    records: Vec<IterationRecord>,
}

impl TrainingParquetWriter {
    pub(super) fn new(folder: RunFolder, system: &System) -> Self {
        let stages = system.stages();
        Self {
            folder,
            stage_ids: stages.iter().map(|stage| stage.id).collect(),
            risk_averse: stages.iter().any(|stage| stage.risk_measure != RiskMeasure::Expectation),
            records: Vec::new(),
        }
    }

    /// Takes the record of one iteration.
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] when iterations are not increasing or a stage is not one of the study.
    pub fn write_iteration(&mut self, record: &IterationRecord) -> Result<(), OutputError> {
        let misfit = |message: String| OutputError::schema(&self.folder.store.path(&self.folder.relative), message);
        if let Some(last) = self.records.last().filter(|last| last.iteration >= record.iteration) {
            return Err(misfit(format!("iteration {} after iteration {}", record.iteration, last.iteration)));
        }
        if let Some((_, stage, _)) = record.solver.iter().find(|(_, stage, _)| *stage >= self.stage_ids.len()) {
            return Err(misfit(format!("stage position {stage}, the study has {} stages", self.stage_ids.len())));
        }
        self.records.push(record.clone());
        Ok(())
    }

    /// Writes the tables. A table without rows has no file.
    ///
    /// # Errors
    /// [`OutputError::IoError`] when a file cannot be written, [`OutputError::SchemaError`] when a count is out of
    /// range.
    pub fn finish(self) -> Result<Vec<FileRecord>, OutputError> {
        let mut files = Vec::new();
        if !self.records.is_empty() {
            files.push(self.write_convergence()?);
            files.push(self.write_timing()?);
        }
        if self.records.iter().any(|record| !record.solver.is_empty()) {
            files.push(self.write_solver()?);
        }
        self.folder.ledger.finish(TablePhase::Training, &files);
        Ok(files)
    }

    fn create(&self, table: &'static Table) -> Result<TableFile, OutputError> {
        let relative = format!("{}/training/{}/part-0.parquet", self.folder.relative, table.name);
        TableFile::create(&self.folder.store, &self.folder.origin, table, table.sort_by, relative, BTreeMap::new())
    }

    fn write_convergence(&self) -> Result<FileRecord, OutputError> {
        let mut file = self.create(&CONVERGENCE)?;
        for record in &self.records {
            file.begin(1)
                .id("iteration", record.iteration as i32)
                .float("lower_bound", record.lower_bound)
                .float("upper_bound", record.upper_bound)
                .optional_float("upper_bound_std", record.upper_bound_std)
                .text("upper_bound_kind", "statistical")
                .optional_float("gap_percent", self.gap_percent(record))
                .id("cuts_added", record.cuts_added as i32)
                .id("cuts_removed", record.cuts_removed as i32)
                .longs("cuts_active", once(record.cuts_active as i64))
                .longs("time_forward_ms", once(milliseconds(record.forward_seconds)))
                .longs("time_backward_ms", once(milliseconds(record.backward_seconds)))
                .longs("time_total_ms", once(milliseconds(record.total_seconds)))
                .id("forward_passes", record.forward_passes as i32)
                .longs("lp_solves", once(record.lp_solves as i64))
                .float("mean_rows_in_lp", record.mean_rows_in_lp);
            file.end()?;
        }
        file.publish()
    }

    /// Distance of the bounds; none where it has no meaning.
    fn gap_percent(&self, record: &IterationRecord) -> Option<f64> {
        let (lower, upper) = (record.lower_bound, record.upper_bound);
        (lower > 0.0 && !self.risk_averse).then(|| 100.0 * (upper - lower) / lower.abs().max(1.0))
    }

    fn write_timing(&self) -> Result<FileRecord, OutputError> {
        let mut file = self.create(&ITERATION_TIMING)?;
        for record in &self.records {
            let forward = milliseconds(record.forward_seconds);
            let backward = milliseconds(record.backward_seconds);
            let lower_bound = milliseconds(record.lower_bound_seconds);
            let rest = milliseconds(record.total_seconds) - forward - backward - lower_bound;
            let rows = file.begin(1).id("iteration", record.iteration as i32).null("rank").null("worker_id");
            rows.longs("forward_wall_ms", once(forward)).longs("backward_wall_ms", once(backward));
            for name in ["cut_selection_ms", "mpi_allreduce_ms", "cut_sync_ms"] {
                rows.longs(name, once(0));
            }
            rows.longs("lower_bound_ms", once(lower_bound));
            for name in [
                "state_exchange_ms",
                "cut_batch_build_ms",
                "bwd_setup_ms",
                "bwd_load_imbalance_ms",
                "bwd_scheduling_overhead_ms",
                "fwd_setup_ms",
                "fwd_load_imbalance_ms",
                "fwd_scheduling_overhead_ms",
            ] {
                rows.longs(name, once(0));
            }
            // Each part is rounded on its own, so the rest may fall one short of nothing.
            rows.longs("overhead_ms", once(rest.max(0))).longs("lazy_scoring_ms", once(0));
            file.end()?;
        }
        file.publish()
    }

    fn write_solver(&self) -> Result<FileRecord, OutputError> {
        let mut file = self.create(&TRAINING_SOLVER_ITERATIONS)?;
        let path = self.folder.store.path(&self.folder.relative);
        for record in &self.records {
            for (phase, stage, work) in &record.solver {
                let count = |name: &str, value: u64| {
                    u32::try_from(value).map_err(|_| {
                        let (iteration, phase) = (record.iteration, phase.name());
                        OutputError::schema(
                            &path,
                            format!("{name} of iteration {iteration}, {phase}, stage {stage}: {value} exceeds 32 bits"),
                        )
                    })
                };
                let solves = count("lp_solves", work.lp_solves)?;
                let retries = count("lp_retries", work.retries)?;
                let attempts = count("retry_attempts", work.retry_attempts)?;
                let offered = count("basis_offered", work.basis_offered)?;
                file.begin(1)
                    .id("iteration", record.iteration as i32)
                    .null("scenario_id")
                    .text("phase", phase.name())
                    .id("stage_id", self.stage_ids[*stage])
                    .null("opening_index")
                    .null("rank")
                    .null("worker_id")
                    .counts("lp_solves", once(solves))
                    .counts("lp_successes", once(solves))
                    .counts("lp_retries", once(retries))
                    .counts("lp_failures", once(0))
                    .counts("retry_attempts", once(attempts))
                    .counts("basis_offered", once(offered))
                    .counts("basis_consistency_failures", once(0))
                    .long_counts("simplex_iterations", once(work.simplex_iterations))
                    .float("solve_time_ms", work.solve_seconds * 1e3)
                    .float("load_model_time_ms", 0.0)
                    .float("set_bounds_time_ms", 0.0)
                    .float("basis_set_time_ms", 0.0);
                file.end()?;
            }
        }
        file.publish()
    }
}

fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1e3).round() as i64
}
