use super::super::schema::{PATHS, Table};
use super::super::table_rows::TableRows;
use super::bucket_table::{BucketTable, Frame, Span};
use super::grid::Grid;

/// The openings that the scenarios of a bucket drew.
pub(super) struct Paths<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) grid: &'a Grid<i32>,
}

impl BucketTable for Paths<'_> {
    fn table(&self) -> &'static Table {
        &PATHS
    }

    fn n_entities(&self) -> usize {
        1
    }

    fn n_rows(&self, span: &Span) -> usize {
        span.scenarios.len()
    }

    fn fill(&self, rows: &mut TableRows, span: &Span) {
        self.frame
            .fill_labels(rows, span, 1)
            .ids_with("opening_index", |out| out.extend_from_slice(self.grid.span(span)));
    }
}
