//! The folded form of a stage problem: structural columns by column and by row, and one convex cost per variable.

use super::DUAL;
use super::piecewise::{Component, Cost, Piecewise, row_components};
use crate::simd;
use crate::solver::{LpColumn, LpModel};
use std::sync::{Arc, Weak};

/// No position.
pub(super) const NONE: u32 = u32::MAX;

/// A problem with more columns is not small.
const SMALL: usize = 64;

/// What depends on the model alone.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) n_columns: usize,
    pub(super) n_rows: usize,
    /// Variables are the columns, the logicals of the rows from here on, and those of the cuts; each kind begins a group of
    /// lanes, what fills up the groups is fixed at zero.
    pub(super) logicals: usize,
    pub(super) cut_logicals: usize,
    /// Costs and bounds of the columns; zero beyond them.
    pub(super) column_cost: Vec<f64>,
    pub(super) column_lower: Vec<f64>,
    pub(super) column_upper: Vec<f64>,
    /// Costs of the columns and of the logicals of the rows.
    pub(super) costs: Piecewise,
    /// Piece of finite slope of every column.
    pub(super) column_pieces: Vec<u32>,
    /// Components of every row, sorted by slope.
    pub(super) components: Vec<Vec<Component>>,
    /// Row-wise copy of the structural columns.
    row_starts: Vec<u32>,
    row_entries: Vec<(u32, f64)>,
    /// Column-wise copy.
    column_starts: Vec<u32>,
    column_entries: Vec<(u32, f64)>,
    /// What counts as a unit of the price of a row: the price of what has the largest entry is no finer than it.
    pub(super) price_unit: Vec<f64>,
    /// Rows of a small problem with their zeros, [`logicals`](Self::logicals) numbers each.
    pub(super) lines: Vec<f64>,
    pub(super) state_columns: Vec<u32>,
    /// Place among the state columns; [`NONE`] for the others.
    pub(super) state_of: Vec<u32>,
    /// The column of the cost-to-go, or [`NONE`].
    pub(super) theta: u32,
    /// Value and slopes of every variable at its first breakpoint.
    pub(super) first_value: Vec<f64>,
    pub(super) first_below: Vec<f64>,
    pub(super) first_above: Vec<f64>,
    /// Whether no row alone makes the problem unbounded.
    pub(super) can_fold: bool,
}

impl Form {
    fn new(model: &LpModel) -> Self {
        let (n_columns, n_rows) = (model.n_columns(), model.n_rows());
        let mut costs = Piecewise::default();
        for column in &model.columns {
            costs.push_column(column.cost, column.lower, column.upper);
        }
        let logicals = simd::padded(n_columns);
        let cut_logicals = logicals + simd::padded(n_rows);
        for _ in n_columns..logicals {
            costs.push_column(0.0, 0.0, 0.0);
        }
        let of_column = |of: fn(&LpColumn) -> f64| {
            let mut values: Vec<f64> = model.columns.iter().map(of).collect();
            values.resize(logicals, 0.0);
            values
        };
        let mut can_fold = true;
        let mut components: Vec<Vec<Component>> = (0..n_rows).map(|row| row_components(model, row)).collect();
        for (row, components) in components.iter_mut().enumerate() {
            can_fold &= costs.push(components);
            let cost = costs.cost(logicals + row);
            for component in components {
                component.piece = cost.piece_near(component.slope) as u32;
                component.filled_at = cost.filled_at(component.slope) as u32;
            }
        }
        for _ in n_rows..simd::padded(n_rows) {
            costs.push_column(0.0, 0.0, 0.0);
        }
        let largest =
            |row: usize| model.row_segments(row).iter().map(|segment| segment.coefficient.abs()).fold(1.0, f64::max);
        let price_unit = (0..n_rows).map(|row| 1.0 / largest(row)).collect();
        let mut lines = Vec::new();
        if n_columns <= SMALL {
            lines.resize(n_rows * logicals, 0.0);
            for j in 0..n_columns {
                for (row, value) in model.entries(j) {
                    lines[row * logicals + j] = value;
                }
            }
        }
        let mut by_row: Vec<Vec<(u32, f64)>> = vec![Vec::new(); n_rows];
        let mut column_starts = vec![0];
        let mut column_entries = Vec::with_capacity(model.entry_rows.len());
        for j in 0..n_columns {
            for (row, value) in model.entries(j) {
                by_row[row].push((j as u32, value));
                column_entries.push((row as u32, value));
            }
            column_starts.push(column_entries.len() as u32);
        }
        let mut row_starts = vec![0];
        let mut row_entries = Vec::with_capacity(column_entries.len());
        for row in by_row {
            row_entries.extend(row);
            row_starts.push(row_entries.len() as u32);
        }
        let mut state_of = vec![NONE; n_columns];
        for (place, &column) in model.state_columns.iter().enumerate() {
            state_of[column] = place as u32;
        }
        let first = |of: fn(Cost<'_>) -> f64| (0..cut_logicals).map(|v| of(costs.cost(v))).collect::<Vec<f64>>();
        let (first_value, first_below) = (first(|cost| cost.breakpoints[0]), first(|cost| cost.slopes[0]));
        let first_above = first(|cost| cost.slopes[1]);
        let finite = |j: usize| costs.cost(j).slopes.iter().position(|slope| slope.is_finite()).unwrap_or(0) as u32;
        let column_pieces = (0..n_columns).map(finite).collect();
        Self {
            column_pieces,
            first_value,
            first_below,
            first_above,
            n_columns,
            n_rows,
            logicals,
            cut_logicals,
            column_cost: of_column(|column| column.cost),
            column_lower: of_column(|column| column.lower),
            column_upper: of_column(|column| column.upper),
            costs,
            components,
            row_starts,
            row_entries,
            column_starts,
            column_entries,
            price_unit,
            lines,
            state_columns: model.state_columns.iter().map(|&column| column as u32).collect(),
            state_of,
            theta: model.theta.map_or(NONE, |theta| theta as u32),
            can_fold,
        }
    }

    /// How far the price of a variable that is no cut may lie outside of its slopes.
    #[inline]
    pub(super) fn price_tolerance(&self, variable: usize, price: f64) -> f64 {
        let unit = variable.checked_sub(self.logicals).and_then(|row| self.price_unit.get(row)).copied().unwrap_or(1.0);
        DUAL * (unit + price.abs())
    }

    /// Whether rows are kept with their zeros.
    #[inline]
    pub(super) fn is_small(&self) -> bool {
        self.n_columns <= SMALL
    }

    /// Entries `(column, value)` of a row.
    #[inline]
    pub(super) fn row(&self, row: usize) -> &[(u32, f64)] {
        &self.row_entries[self.row_starts[row] as usize..self.row_starts[row + 1] as usize]
    }

    /// Entries `(row, value)` of a column.
    #[inline]
    pub(super) fn column(&self, column: usize) -> &[(u32, f64)] {
        &self.column_entries[self.column_starts[column] as usize..self.column_starts[column + 1] as usize]
    }
}

/// Forms of the models met so far; a model that is gone takes its form with it at the next miss.
#[derive(Default)]
pub(super) struct Cache(Vec<(Weak<LpModel>, Arc<Form>)>);

impl Cache {
    /// The form of `model`.
    pub(super) fn get(&mut self, model: &Arc<LpModel>) -> Arc<Form> {
        let known = self.0.iter().find(|(of, _)| std::ptr::eq(of.as_ptr(), Arc::as_ptr(model)));
        if let Some((_, form)) = known {
            return Arc::clone(form);
        }
        self.0.retain(|(of, _)| of.strong_count() > 0);
        let form = Arc::new(Form::new(model));
        self.0.push((Arc::downgrade(model), Arc::clone(&form)));
        form
    }
}
