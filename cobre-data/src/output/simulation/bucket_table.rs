use std::ops::Range;

use cobre_engine::simulation::Bucket;

use super::super::schema::Table;
use super::super::table_rows::TableRows;
use super::layout::Layout;

/// Rows that are made in one go: one entity at one stage, for a range of the bucket's scenarios.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) entity: usize,
    pub(super) stage: usize,
    /// Positions within the bucket.
    pub(super) scenarios: Range<usize>,
}

/// A table of one bucket. Its rows can be made span by span in any order; within a span they are ordered by scenario
/// and block.
///
/// Entities are counted in the order of their labels. A table without entities has one; a table without stages has its
/// rows at stage 0.
pub(super) trait BucketTable {
    fn table(&self) -> &'static Table;

    fn n_entities(&self) -> usize;

    /// Rows of a span. Tables with a scenario in their rows have the same number for each of its scenarios.
    fn n_rows(&self, span: &Span) -> usize;

    /// Fills the columns of a span, in schema order.
    fn fill(&self, rows: &mut TableRows, span: &Span);
}

/// What the tables of a bucket have in common: the study and the labels of rows.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) layout: &'a Layout,
    pub(super) bucket: Bucket,
}

impl Frame<'_> {
    /// Rows of a span with one row per block.
    pub(super) fn n_block_rows(&self, span: &Span) -> usize {
        span.scenarios.len() * self.layout.n_blocks[span.stage]
    }

    /// Fills the labels every table starts with, `width` rows for each scenario.
    pub(super) fn fill_labels<'r>(&self, rows: &'r mut TableRows, span: &Span, width: usize) -> &'r mut TableRows {
        rows.ids_with("scenario_id", |out| {
            for scenario in self.scenario_ids(span) {
                out.resize(out.len() + width, scenario);
            }
        })
        .id("stage_id", self.stage_id(span))
        .id("node_id", span.stage as i32)
    }

    /// Fills the labels of a table with one row per block.
    pub(super) fn fill_block_labels<'r>(&self, rows: &'r mut TableRows, span: &Span) -> &'r mut TableRows {
        let n_blocks = self.layout.n_blocks[span.stage];
        self.fill_labels(rows, span, n_blocks).ids_with("block_id", |out| {
            for _ in span.scenarios.clone() {
                out.extend(0..n_blocks as i32);
            }
        })
    }

    pub(super) fn stage_id(&self, span: &Span) -> i32 {
        self.layout.system.stages()[span.stage].id
    }

    pub(super) fn scenario_ids(&self, span: &Span) -> Range<i32> {
        let first = self.bucket.first_scenario;
        (first + span.scenarios.start) as i32..(first + span.scenarios.end) as i32
    }

    /// One value per (scenario, block) from rows of that shape and the block durations.
    pub(super) fn by_hours<T>(&self, out: &mut Vec<f64>, stage: usize, rows: &[T], value: impl Fn(&T, f64) -> f64) {
        let hours = &self.layout.hours[stage];
        out.reserve(rows.len());
        for scenario in rows.chunks_exact(hours.len()) {
            out.extend(scenario.iter().zip(hours).map(|(row, &hours)| value(row, hours)));
        }
    }
}

/// Repeats the value of every scenario in each of its `n_blocks` rows.
pub(super) fn repeat<T>(out: &mut Vec<f64>, n_blocks: usize, rows: &[T], value: impl Fn(&T) -> f64) {
    out.reserve(rows.len() * n_blocks);
    for row in rows {
        let value = value(row);
        for _ in 0..n_blocks {
            out.push(value);
        }
    }
}
