use cobre_engine::sddp::{Phase, RETRY_LEVELS, SolverStatistics};

use super::super::schema::{SIMULATION_RETRY_HISTOGRAM, Table};
use super::super::table_rows::TableRows;
use super::bucket_table::{BucketTable, Frame, Span};
use super::grid::Grid;

/// Problems of a bucket that needed the recovery ladder; entities are the steps of the ladder. A span has at most one
/// row, for all of its scenarios.
pub(super) struct Retries<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) grid: &'a Grid<SolverStatistics>,
}

impl Retries<'_> {
    fn count(&self, span: &Span) -> u64 {
        let whole = Span { entity: 0, ..span.clone() };
        self.grid.span(&whole).iter().map(|work| work.retries_by_level[span.entity]).sum()
    }
}

impl BucketTable for Retries<'_> {
    fn table(&self) -> &'static Table {
        &SIMULATION_RETRY_HISTOGRAM
    }

    fn n_entities(&self) -> usize {
        RETRY_LEVELS
    }

    fn n_rows(&self, span: &Span) -> usize {
        usize::from(self.count(span) > 0)
    }

    fn fill(&self, rows: &mut TableRows, span: &Span) {
        rows.text("phase", Phase::Simulation.name())
            .id("stage_id", self.frame.stage_id(span))
            .counts("retry_level", std::iter::once(span.entity as u32 + 1))
            .long_counts("count", std::iter::once(self.count(span)));
    }
}
