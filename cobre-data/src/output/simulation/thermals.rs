use super::super::schema::{THERMALS, Table};
use super::super::table_rows::TableRows;
use super::bucket_table::{BucketTable, Frame, Span};
use super::grid::Grid;
use super::operative_state::thermal_state;

/// The thermal plants of a bucket, from their generation (MW).
pub(super) struct Thermals<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) grid: &'a Grid<f64>,
}

impl BucketTable for Thermals<'_> {
    fn table(&self) -> &'static Table {
        &THERMALS
    }

    fn n_entities(&self) -> usize {
        self.frame.layout.thermals.len()
    }

    fn n_rows(&self, span: &Span) -> usize {
        self.frame.n_block_rows(span)
    }

    fn fill(&self, rows: &mut TableRows, span: &Span) {
        let (frame, layout, stage) = (&self.frame, self.frame.layout, span.stage);
        let run = self.grid.span(span);
        let thermal = &layout.system.thermals()[layout.thermals[span.entity]];
        let data = &thermal.stages[stage];
        let cost = data.cost_per_mwh;
        frame
            .fill_block_labels(rows, span)
            .id("thermal_id", thermal.id)
            .floats_with("generation_mw", |out| out.extend_from_slice(run))
            .floats_with("generation_mwh", |out| frame.by_hours(out, stage, run, |mw, hours| mw * hours))
            .floats_with("generation_cost", |out| frame.by_hours(out, stage, run, |mw, hours| cost * (mw * hours)))
            .flag("is_anticipated", false)
            .null("anticipated_committed_mw")
            .null("anticipated_decision_mw")
            .codes(
                "operative_state_code",
                run.iter().zip(data.generation_mw.iter().cycle()).map(|(&mw, &limits)| thermal_state((mw, limits))),
            );
    }
}
