use super::super::schema::{SCENARIO_SUMMARY, Table};
use super::super::table_rows::TableRows;
use super::bucket_table::{BucketTable, Frame, Span};

/// The discounted costs of the scenarios of a bucket ($).
pub(super) struct ScenarioSummary<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) discounted_costs: &'a [f64],
}

impl BucketTable for ScenarioSummary<'_> {
    fn table(&self) -> &'static Table {
        &SCENARIO_SUMMARY
    }

    fn n_entities(&self) -> usize {
        1
    }

    fn n_rows(&self, span: &Span) -> usize {
        if span.stage == 0 { span.scenarios.len() } else { 0 }
    }

    fn fill(&self, rows: &mut TableRows, span: &Span) {
        rows.ids_with("scenario_id", |out| out.extend(self.frame.scenario_ids(span))).null("probability").floats_with(
            "discounted_immediate_cost",
            |out| {
                out.extend_from_slice(&self.discounted_costs[span.scenarios.clone()]);
            },
        );
    }
}
