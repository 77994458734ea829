use super::super::schema::{HYDRO_BUS_GENERATION, Table};
use super::super::table_rows::TableRows;
use super::bucket_table::{BucketTable, Frame, Span};
use super::grid::Grid;

/// The plants of a bucket by bus, from turbined flow (m³/s) and generation (MW).
pub(super) struct Cells<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) grid: &'a Grid<(f64, f64)>,
}

impl BucketTable for Cells<'_> {
    fn table(&self) -> &'static Table {
        &HYDRO_BUS_GENERATION
    }

    fn n_entities(&self) -> usize {
        self.frame.layout.cells.len()
    }

    fn n_rows(&self, span: &Span) -> usize {
        self.frame.n_block_rows(span)
    }

    fn fill(&self, rows: &mut TableRows, span: &Span) {
        let (frame, layout, stage) = (&self.frame, self.frame.layout, span.stage);
        let run = self.grid.span(span);
        let cell = layout.cells[span.entity];
        frame
            .fill_block_labels(rows, span)
            .id("hydro_id", cell.hydro_id)
            .id("bus_id", cell.bus_id)
            .floats("turbined_m3s", run.iter().map(|&(turbined, _)| turbined))
            .floats("generation_mw", run.iter().map(|&(_, generation)| generation))
            .floats_with("generation_mwh", |out| {
                frame.by_hours(out, stage, run, |&(_, generation), hours| generation * hours);
            });
    }
}
