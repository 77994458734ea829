use std::collections::BTreeMap;
use std::iter::repeat_n;

use cobre_engine::sddp::{Phase, SolverStatistics};
use cobre_engine::simulation::Bucket;

use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::run::RunFolder;
use super::super::schema::{SCENARIO_SUMMARY, SIMULATION_SOLVER_ITERATIONS, Table};
use super::super::table_file::TableFile;
use super::layout::Layout;

/// What is kept of every scenario until the simulation ends: its cost, and the work of the solver per stage.
#[derive(Default)]
pub(super) struct Scenarios {
    entries: Vec<(i32, f64)>,
    /// Element `scenario·n_stages + stage`.
    solver: Vec<SolverStatistics>,
}

impl Scenarios {
    /// Takes the scenarios of a finished bucket; `solver[scenario·n_stages + stage]`.
    pub(super) fn append(&mut self, bucket: Bucket, discounted_costs: &[f64], solver: &[SolverStatistics]) {
        let ids = bucket.first_scenario..bucket.first_scenario + bucket.n_scenarios;
        self.entries.extend(ids.map(|id| id as i32).zip(discounted_costs.iter().copied()));
        self.solver.extend_from_slice(solver);
    }

    /// Writes the tables of the whole simulation; none without scenarios.
    pub(super) fn write(&self, run: &RunFolder, layout: &Layout) -> Result<Vec<FileRecord>, OutputError> {
        if self.entries.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![self.write_summary(run)?, self.write_solver(run, layout)?])
    }

    fn write_summary(&self, run: &RunFolder) -> Result<FileRecord, OutputError> {
        let mut file = create(run, &SCENARIO_SUMMARY)?;
        file.begin(self.entries.len())
            .ids_with("scenario_id", |out| out.extend(self.entries.iter().map(|(id, _)| *id)))
            .null("probability")
            .floats("discounted_immediate_cost", self.entries.iter().map(|(_, cost)| *cost));
        file.end()?;
        file.publish()
    }

    fn write_solver(&self, run: &RunFolder, layout: &Layout) -> Result<FileRecord, OutputError> {
        let mut file = create(run, &SIMULATION_SOLVER_ITERATIONS)?;
        let n = layout.n_stages();
        for ((id, _), work) in self.entries.iter().zip(self.solver.chunks_exact(n)) {
            // One problem each, so every count but that of iterations is small.
            let counts = |count: fn(&SolverStatistics) -> u64| work.iter().map(move |one| count(one) as u32);
            file.begin(n)
                .null("iteration")
                .id("scenario_id", *id)
                .text("phase", Phase::Simulation.name())
                .ids_with("stage_id", |out| out.extend(layout.system.stages().iter().map(|stage| stage.id)))
                .null("opening_index")
                .null("rank")
                .null("worker_id")
                .counts("lp_solves", repeat_n(1, n))
                .counts("lp_successes", repeat_n(1, n))
                .counts("lp_retries", counts(|one| one.retries))
                .counts("lp_failures", repeat_n(0, n))
                .counts("retry_attempts", counts(|one| one.retry_attempts))
                .counts("basis_offered", counts(|one| one.basis_offered))
                .counts("basis_consistency_failures", repeat_n(0, n))
                .long_counts("simplex_iterations", work.iter().map(|one| one.simplex_iterations))
                .floats("solve_time_ms", work.iter().map(|one| one.solve_seconds * 1e3))
                .float("load_model_time_ms", 0.0)
                .float("set_bounds_time_ms", 0.0)
                .float("basis_set_time_ms", 0.0);
            file.end()?;
        }
        file.publish()
    }
}

fn create(run: &RunFolder, table: &'static Table) -> Result<TableFile, OutputError> {
    let relative = format!("{}/simulation/{}/part-0.parquet", run.relative, table.name);
    TableFile::create(&run.store, &run.origin, table, table.sort_by, relative, BTreeMap::new())
}
