use std::ops::Range;

use super::bucket_table::Span;

/// Rows of a table in their final order: entity, stage, scenario, block.
///
/// Outcomes arrive stage by stage; each goes straight to its place, so nothing is sorted afterwards. Tables without
/// blocks have one row per (entity, stage, scenario).
pub(super) struct Grid<T> {
    rows: Vec<T>,
    n_scenarios: usize,
    /// Rows per scenario of each stage.
    widths: Vec<usize>,
    /// Sum of the widths of earlier stages.
    offsets: Vec<usize>,
    /// Sum of all widths.
    total_width: usize,
}

impl<T: Copy + Default> Grid<T> {
    pub(super) fn new(n_entities: usize, n_scenarios: usize, widths: &[usize]) -> Self {
        let mut offsets = Vec::with_capacity(widths.len());
        let mut total_width = 0;
        for width in widths {
            offsets.push(total_width);
            total_width += width;
        }
        let rows = vec![T::default(); n_entities * n_scenarios * total_width];
        Self { rows, n_scenarios, widths: widths.to_vec(), offsets, total_width }
    }

    /// Puts the rows of one (entity, stage, scenario) in place; `rows` holds one per block.
    pub(super) fn put(&mut self, entity: usize, stage: usize, scenario: usize, rows: &[T]) {
        let at = self.range(entity, stage).start + scenario * self.widths[stage];
        self.rows[at..at + self.widths[stage]].copy_from_slice(rows);
    }

    /// Rows of a span: scenarios in order, blocks in order within each.
    pub(super) fn span(&self, span: &Span) -> &[T] {
        let width = self.widths[span.stage];
        let rows = &self.rows[self.range(span.entity, span.stage)];
        &rows[span.scenarios.start * width..span.scenarios.end * width]
    }

    fn range(&self, entity: usize, stage: usize) -> Range<usize> {
        let start = self.n_scenarios * (entity * self.total_width + self.offsets[stage]);
        start..start + self.n_scenarios * self.widths[stage]
    }
}

#[cfg(test)]
mod tests {
    use super::{Grid, Span};

    #[test]
    fn orders_by_entity_stage_scenario_block() {
        let mut grid = Grid::new(2, 3, &[2, 1]);
        for stage in [1, 0] {
            for scenario in [2, 0, 1] {
                for entity in [1, 0] {
                    let rows: Vec<(usize, usize, usize, usize)> =
                        (0..[2, 1][stage]).map(|block| (entity, stage, scenario, block)).collect();
                    grid.put(entity, stage, scenario, &rows);
                }
            }
        }
        assert!(grid.rows.is_sorted());
        assert_eq!(grid.rows.len(), 2 * 3 * 3);
        let span = |stage, scenarios| Span { entity: 1, stage, scenarios };
        assert_eq!(grid.span(&span(1, 0..3)), [(1, 1, 0, 0), (1, 1, 1, 0), (1, 1, 2, 0)]);
        assert_eq!(grid.span(&span(0, 1..2)), [(1, 0, 1, 0), (1, 0, 1, 1)]);
    }
}
