use cobre_engine::simulation::BusBlockOutcome;

use super::super::schema::{BUSES, Table};
use super::super::table_rows::TableRows;
use super::bucket_table::{BucketTable, Frame, Span};
use super::grid::Grid;

/// The buses of a bucket.
pub(super) struct Buses<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) grid: &'a Grid<BusBlockOutcome>,
}

impl BucketTable for Buses<'_> {
    fn table(&self) -> &'static Table {
        &BUSES
    }

    fn n_entities(&self) -> usize {
        self.frame.layout.buses.len()
    }

    fn n_rows(&self, span: &Span) -> usize {
        self.frame.n_block_rows(span)
    }

    fn fill(&self, rows: &mut TableRows, span: &Span) {
        let (frame, layout, stage) = (&self.frame, self.frame.layout, span.stage);
        let run = self.grid.span(span);
        frame
            .fill_block_labels(rows, span)
            .id("bus_id", layout.system.buses()[layout.buses[span.entity]].id)
            .floats("load_mw", run.iter().map(|row| row.load_mw))
            .floats_with("load_mwh", |out| frame.by_hours(out, stage, run, |row, hours| row.load_mw * hours))
            .floats("deficit_mw", run.iter().map(|row| row.deficit_mw))
            .floats_with("deficit_mwh", |out| frame.by_hours(out, stage, run, |row, hours| row.deficit_mw * hours))
            .floats("excess_mw", run.iter().map(|row| row.excess_mw))
            .floats_with("excess_mwh", |out| frame.by_hours(out, stage, run, |row, hours| row.excess_mw * hours))
            .floats("spot_price", run.iter().map(|row| row.spot_price));
    }
}
