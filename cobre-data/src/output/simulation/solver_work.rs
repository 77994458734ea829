use std::iter::repeat_n;

use cobre_engine::sddp::{Phase, SolverStatistics};

use super::super::schema::{SIMULATION_SOLVER_ITERATIONS, Table};
use super::super::table_rows::TableRows;
use super::bucket_table::{BucketTable, Frame, Span};
use super::grid::Grid;

/// The work of the solver in a bucket.
pub(super) struct SolverWork<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) grid: &'a Grid<SolverStatistics>,
}

impl BucketTable for SolverWork<'_> {
    fn table(&self) -> &'static Table {
        &SIMULATION_SOLVER_ITERATIONS
    }

    fn n_entities(&self) -> usize {
        1
    }

    fn n_rows(&self, span: &Span) -> usize {
        span.scenarios.len()
    }

    fn fill(&self, rows: &mut TableRows, span: &Span) {
        let work = self.grid.span(span);
        let n = work.len();
        // One problem each, so every count but that of iterations is small.
        let counts = |count: fn(&SolverStatistics) -> u64| work.iter().map(move |one| count(one) as u32);
        rows.null("iteration")
            .ids_with("scenario_id", |out| out.extend(self.frame.scenario_ids(span)))
            .text("phase", Phase::Simulation.name())
            .id("stage_id", self.frame.stage_id(span))
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
    }
}
