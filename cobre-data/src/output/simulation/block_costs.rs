use cobre_engine::simulation::BlockCost;

use super::super::schema::{BLOCK_COSTS, Table};
use super::super::table_rows::TableRows;
use super::bucket_table::{BucketTable, Frame, Span};
use super::grid::Grid;

/// The costs of a bucket by block.
pub(super) struct BlockCosts<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) grid: &'a Grid<BlockCost>,
}

impl BucketTable for BlockCosts<'_> {
    fn table(&self) -> &'static Table {
        &BLOCK_COSTS
    }

    fn n_entities(&self) -> usize {
        1
    }

    fn n_rows(&self, span: &Span) -> usize {
        self.frame.n_block_rows(span)
    }

    fn fill(&self, rows: &mut TableRows, span: &Span) {
        let run = self.grid.span(span);
        self.frame
            .fill_block_labels(rows, span)
            .floats("block_cost", run.iter().map(sum))
            .floats("thermal_cost", run.iter().map(|cost| cost.thermal_cost))
            .floats("deficit_cost", run.iter().map(|cost| cost.deficit_cost))
            .floats("excess_cost", run.iter().map(|cost| cost.excess_cost))
            .floats("outflow_violation_below_cost", run.iter().map(|cost| cost.outflow_violation_below_cost))
            .floats("outflow_violation_above_cost", run.iter().map(|cost| cost.outflow_violation_above_cost))
            .floats("turbined_violation_cost", run.iter().map(|cost| cost.turbined_violation_cost))
            .floats("generation_violation_cost", run.iter().map(|cost| cost.generation_violation_cost))
            .floats("spillage_cost", run.iter().map(|cost| cost.spillage_cost))
            .floats("turbined_cost", run.iter().map(|cost| cost.turbined_cost))
            .floats("exchange_cost", run.iter().map(|cost| cost.exchange_cost));
    }
}

fn sum(cost: &BlockCost) -> f64 {
    cost.thermal_cost
        + cost.deficit_cost
        + cost.excess_cost
        + cost.outflow_violation_below_cost
        + cost.outflow_violation_above_cost
        + cost.turbined_violation_cost
        + cost.generation_violation_cost
        + cost.spillage_cost
        + cost.turbined_cost
        + cost.exchange_cost
}
