//! The expanded form of a stage problem: structural columns, then one column per segment; rows, then cut rows.

use super::raw::RawLp;
use crate::solver::LpModel;
use std::sync::{Arc, Weak};

/// The parts of the expanded form that depend on the model alone.
pub(super) struct Expanded {
    cost: Vec<f64>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    starts: Vec<i32>,
    rows: Vec<i32>,
    values: Vec<f64>,
    /// Column of every cut coefficient, then θ last; empty without θ.
    cut_columns: Vec<i32>,
    /// Place in `cut_columns` of every structural column that has one.
    cut_places: Vec<Option<usize>>,
}

impl Expanded {
    pub(super) fn new(model: &LpModel) -> Self {
        let n_columns = model.n_columns();
        let n_expanded = n_columns + model.segments.len();
        let mut form = Self {
            cost: Vec::with_capacity(n_expanded),
            lower: Vec::with_capacity(n_expanded),
            upper: Vec::with_capacity(n_expanded),
            starts: Vec::with_capacity(n_expanded + 1),
            rows: Vec::with_capacity(model.entry_rows.len() + model.segments.len()),
            values: Vec::with_capacity(model.entry_rows.len() + model.segments.len()),
            cut_columns: Vec::new(),
            cut_places: vec![None; n_columns],
        };
        form.starts.push(0);
        for (j, column) in model.columns.iter().enumerate() {
            form.cost.push(column.cost);
            form.lower.push(column.lower);
            form.upper.push(column.upper);
            for (row, value) in model.entries(j) {
                form.rows.push(row as i32);
                form.values.push(value);
            }
            form.starts.push(form.rows.len() as i32);
        }
        for row in 0..model.n_rows() {
            for segment in model.row_segments(row) {
                form.cost.push(segment.cost);
                form.lower.push(segment.lower);
                form.upper.push(segment.upper);
                form.rows.push(row as i32);
                form.values.push(segment.coefficient);
                form.starts.push(form.rows.len() as i32);
            }
        }
        if let Some(theta) = model.theta {
            form.cut_columns.extend(model.state_columns.iter().map(|&column| column as i32));
            form.cut_columns.push(theta as i32);
            for (place, &column) in form.cut_columns.iter().enumerate() {
                form.cut_places[column as usize] = Some(place);
            }
        }
        form
    }

    /// Entries per cut row: one per state column and one for θ; 0 without θ.
    pub(super) fn cut_width(&self) -> usize {
        self.cut_columns.len()
    }

    /// Appends the entries of a cut row in the order of [`cut_columns`](Self::cut_columns): `−β`, then 1 for θ.
    pub(super) fn push_cut(&self, coefficients: &[f64], entries: &mut Vec<f64>) {
        if self.cut_columns.is_empty() {
            return;
        }
        entries.extend(coefficients.iter().map(|beta| -beta));
        entries.push(1.0);
    }

    /// The columns of the entries of a cut row.
    pub(super) fn cut_columns(&self) -> &[i32] {
        &self.cut_columns
    }

    /// The whole LP with cut rows whose entries lie row by row in `cut_entries`; `matrix` is working space.
    pub(super) fn with_cuts<'a>(
        &'a self,
        cut_entries: &[f64],
        row_lower: &'a [f64],
        row_upper: &'a [f64],
        matrix: &'a mut Matrix,
    ) -> RawLp<'a> {
        let width = self.cut_width();
        let (starts, rows, values) = if width == 0 || cut_entries.is_empty() {
            (&self.starts, &self.rows, &self.values)
        } else {
            let first_cut_row = row_lower.len() - cut_entries.len() / width;
            matrix.starts.clear();
            matrix.rows.clear();
            matrix.values.clear();
            matrix.starts.push(0);
            for column in 0..self.cost.len() {
                let range = self.starts[column] as usize..self.starts[column + 1] as usize;
                matrix.rows.extend_from_slice(&self.rows[range.clone()]);
                matrix.values.extend_from_slice(&self.values[range]);
                if let Some(place) = self.cut_places.get(column).copied().flatten() {
                    for (cut, entries) in cut_entries.chunks_exact(width).enumerate() {
                        if entries[place] != 0.0 {
                            matrix.rows.push((first_cut_row + cut) as i32);
                            matrix.values.push(entries[place]);
                        }
                    }
                }
                matrix.starts.push(matrix.rows.len() as i32);
            }
            (&matrix.starts, &matrix.rows, &matrix.values)
        };
        RawLp { cost: &self.cost, lower: &self.lower, upper: &self.upper, row_lower, row_upper, starts, rows, values }
    }
}

/// Working space for a matrix with cut rows.
#[derive(Default)]
pub(super) struct Matrix {
    starts: Vec<i32>,
    rows: Vec<i32>,
    values: Vec<f64>,
}

/// Expanded forms of the models that are alive, so that a chain does not rebuild them.
///
/// A weak reference keeps the address of a model from being given to another one.
#[derive(Default)]
pub(super) struct Cache {
    forms: Vec<(Weak<LpModel>, Arc<Expanded>)>,
}

impl Cache {
    /// The expanded form of `model`.
    pub(super) fn get(&mut self, model: &Arc<LpModel>) -> Arc<Expanded> {
        let address = Arc::as_ptr(model);
        if let Some((_, form)) = self.forms.iter().find(|(known, _)| std::ptr::eq(known.as_ptr(), address)) {
            return Arc::clone(form);
        }
        self.forms.retain(|(known, _)| known.strong_count() > 0);
        let form = Arc::new(Expanded::new(model));
        self.forms.push((Arc::downgrade(model), Arc::clone(&form)));
        form
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.forms.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_forgets_models_that_are_gone() {
        let mut cache = Cache::default();
        let first = Arc::new(LpModel { column_starts: vec![0], segment_starts: vec![0], ..LpModel::default() });
        let form = cache.get(&first);
        assert!(Arc::ptr_eq(&form, &cache.get(&first)));
        drop(first);
        let second = Arc::new(LpModel { column_starts: vec![0], segment_starts: vec![0], ..LpModel::default() });
        assert!(!Arc::ptr_eq(&form, &cache.get(&second)));
        assert_eq!(cache.len(), 1);
    }
}
