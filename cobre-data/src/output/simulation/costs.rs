use cobre_engine::simulation::CostBreakdown;

use super::super::schema::{COSTS, Table};
use super::super::table_rows::TableRows;
use super::bucket_table::{BucketTable, Frame, Span};
use super::grid::Grid;

/// The costs of a bucket by stage.
pub(super) struct Costs<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) grid: &'a Grid<CostBreakdown>,
}

impl BucketTable for Costs<'_> {
    fn table(&self) -> &'static Table {
        &COSTS
    }

    fn n_entities(&self) -> usize {
        1
    }

    fn n_rows(&self, span: &Span) -> usize {
        span.scenarios.len()
    }

    fn fill(&self, rows: &mut TableRows, span: &Span) {
        let run = self.grid.span(span);
        self.frame
            .fill_labels(rows, span, 1)
            .null("block_id")
            .floats("total_cost", run.iter().map(|cost| cost.total_cost))
            .floats("immediate_cost", run.iter().map(|cost| cost.immediate_cost))
            .floats("future_cost", run.iter().map(|cost| cost.future_cost))
            .floats("discount_factor", run.iter().map(|cost| cost.discount_factor))
            .floats("thermal_cost", run.iter().map(|cost| cost.thermal_cost))
            .float("anticipated_thermal_cost", 0.0)
            .float("contract_cost", 0.0)
            .floats("deficit_cost", run.iter().map(|cost| cost.deficit_cost))
            .floats("excess_cost", run.iter().map(|cost| cost.excess_cost))
            .float("storage_violation_cost", 0.0)
            .float("filling_target_cost", 0.0)
            .floats("hydro_violation_cost", run.iter().map(hydro_violation))
            .floats("outflow_violation_below_cost", run.iter().map(|cost| cost.outflow_violation_below_cost))
            .floats("outflow_violation_above_cost", run.iter().map(|cost| cost.outflow_violation_above_cost))
            .floats("turbined_violation_cost", run.iter().map(|cost| cost.turbined_violation_cost))
            .floats("generation_violation_cost", run.iter().map(|cost| cost.generation_violation_cost))
            .float("evaporation_violation_cost", 0.0)
            .floats("withdrawal_violation_cost", run.iter().map(|cost| cost.withdrawal_violation_cost))
            .floats("inflow_penalty_cost", run.iter().map(|cost| cost.inflow_penalty_cost))
            .float("generic_violation_cost", 0.0)
            .floats("spillage_cost", run.iter().map(|cost| cost.spillage_cost))
            .floats("turbined_cost", run.iter().map(|cost| cost.turbined_cost))
            .float("curtailment_cost", 0.0)
            .floats("exchange_cost", run.iter().map(|cost| cost.exchange_cost))
            .float("pumping_cost", 0.0);
    }
}

fn hydro_violation(cost: &CostBreakdown) -> f64 {
    cost.outflow_violation_below_cost
        + cost.outflow_violation_above_cost
        + cost.turbined_violation_cost
        + cost.generation_violation_cost
        + cost.withdrawal_violation_cost
}
