use super::form::{Form, NONE};
use super::inverse::Sparse;
use crate::simd;

/// The rows of a small problem over all its columns, with the zeros: those of the model, then the cuts by slot.
///
/// Where a row has a few groups of lanes, sums over whole rows cost less than finding out which entries there are.
#[derive(Debug, Default)]
pub(super) struct Lines {
    stride: usize,
    values: Vec<f64>,
}

impl Lines {
    /// Takes over the rows of a model; none where the problem is not small.
    pub(super) fn reset(&mut self, form: &Form) {
        self.stride = form.logicals;
        self.values.clear();
        self.values.extend_from_slice(&form.lines);
    }

    /// Adds the row `θ − β·x` of a cut.
    pub(super) fn push(&mut self, form: &Form, coefficients: &[f64]) {
        if !form.is_small() {
            return;
        }
        let first = self.values.len();
        self.values.resize(first + self.stride, 0.0);
        let line = &mut self.values[first..];
        for (&column, beta) in form.state_columns.iter().zip(coefficients) {
            line[column as usize] = -beta;
        }
        if form.theta != NONE {
            line[form.theta as usize] = 1.0;
        }
    }

    /// `row_k·x` and `Σ_j |row_kj·x_j|` for the first `sums.len()` rows.
    #[inline]
    pub(super) fn activities(&self, x: &[f64], sums: &mut [f64], sizes: &mut [f64]) {
        simd::activities(&self.values, self.stride, x, sums, sizes);
    }

    /// `row_k·x` for the rows from `first` on.
    #[inline]
    pub(super) fn dot(&self, first: usize, x: &[f64], out: &mut [f64]) {
        simd::dot_columns(&self.values[first * self.stride..], self.stride, x, out);
    }

    /// `out = Σ_k v_k·row_k`.
    #[inline]
    pub(super) fn combine(&self, v: &Sparse, out: &mut [f64]) {
        simd::combine(&self.values, self.stride, &v.places, &v.values, out);
    }
}
