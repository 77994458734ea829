//! The explicit inverse of a basis.
//!
//! Stage problems have tens to a few hundred rows, of which most basic columns touch two or three. Their inverse is
//! sparse enough that its explicit form, kept by columns, costs less than solves with factors: the row of a leaving
//! variable is read off, an entering column is a sum of a few columns, an update touches `nnz(row)·nnz(column)` numbers,
//! and the squared norms of the rows, which steepest-edge pricing divides by (Forrest and Goldfarb 1992), come out of
//! the update exactly.

use super::inverse::Sparse;
use super::places::Places;
use crate::simd;

/// `B⁻¹`: a row per basic variable (position), a column per row of the LP.
#[derive(Debug, Default)]
pub(super) struct Explicit {
    size: usize,
    stride: usize,
    matrix: Vec<f64>,
    /// Squared norm of every row; a multiple of the lanes long.
    norms: Vec<f64>,
    /// Where the rows of a large inverse have entries.
    entries: Places,
    /// Groups of lanes of the entering column that are not zero, and the places of its nonzeros.
    groups: Vec<u32>,
    touched: Vec<u32>,
}

/// Rows that may be added before the storage is laid out anew.
const HEADROOM: usize = 8;
/// A smaller inverse has its rows read in whole.
const SMALL: usize = 32;
/// Entries of a row below this are taken for zero.
const TINY: f64 = 1e-14;
/// No squared norm is taken to be below this.
const SMALLEST_NORM: f64 = 1e-20;

impl Explicit {
    /// Steps after which it is made anew.
    pub(super) const MOST_UPDATES: u32 = 200;

    /// Size in whole groups of lanes: the length of vectors over positions.
    #[inline]
    pub(super) fn padded(&self) -> usize {
        simd::padded(self.size)
    }

    /// Squared norms of the rows.
    #[inline]
    pub(super) fn norms(&self) -> &[f64] {
        &self.norms
    }

    /// Becomes the identity.
    pub(super) fn reset(&mut self, size: usize) {
        self.size = size;
        let wanted = simd::padded(size + HEADROOM);
        self.stride = wanted;
        if self.matrix.len() < wanted * wanted {
            self.matrix.resize(wanted * wanted, 0.0);
        }
        // The columns behind are cleared when they are needed.
        self.matrix[..size * wanted].fill(0.0);
        self.norms.clear();
        self.norms.resize(wanted, 0.0);
        for i in 0..size {
            self.matrix[i * wanted + i] = 1.0;
            self.norms[i] = 1.0;
        }
        self.entries.reset(if size < SMALL { 0 } else { wanted }, size);
    }

    /// Writes the nonzeros of a row.
    pub(super) fn write_row(&mut self, position: usize, row: &mut Sparse) {
        let Self { size, stride, matrix, entries, .. } = self;
        row.places.resize(*size, 0);
        row.values.resize(*size, 0.0);
        let (places, values) = (&mut row.places[..], &mut row.values[..]);
        let mut n = 0;
        // Without a branch on the value, which nobody could predict.
        let mut look_at = |place: usize, entry: &mut f64| {
            let value = *entry;
            let is_entry = value.abs() > TINY;
            places[n] = place as u32;
            values[n] = value;
            *entry = if is_entry { value } else { 0.0 };
            n += usize::from(is_entry);
            is_entry
        };
        if entries.is_kept() {
            entries.retain(position, |place| look_at(place, &mut matrix[place * *stride + position]));
        } else {
            for (place, column) in matrix.chunks_exact_mut(*stride).take(*size).enumerate() {
                look_at(place, &mut column[position]);
            }
        }
        row.places.truncate(n);
        row.values.truncate(n);
    }

    /// `out = B⁻¹·v` for a sparse `v` over the rows of the LP.
    #[inline]
    pub(super) fn combine(&self, v: &Sparse, out: &mut [f64]) {
        simd::combine(&self.matrix, self.stride, &v.places, &v.values, out);
    }

    /// `out_k = c·(column k)` for every row `k` of the LP; `c` over positions.
    #[inline]
    pub(super) fn price(&self, c: &[f64], out: &mut [f64]) {
        simd::dot_columns(&self.matrix, self.stride, c, &mut out[..self.size]);
    }

    /// The inverse after the variable at `position` made way for one whose column is `alpha` (over positions), `row`
    /// being row `position` before the change. `row` is overwritten.
    pub(super) fn pivot(&mut self, position: usize, row: &mut Sparse, alpha: &mut [f64]) {
        let pivot = alpha[position];
        for value in &mut row.values {
            *value /= pivot;
        }
        // The row itself is written afterwards.
        alpha[position] = 0.0;
        let Self { stride, matrix, norms, entries, groups, touched, .. } = self;
        let mut which = None;
        if entries.is_kept() {
            groups.resize(alpha.len() / simd::LANES, 0);
            touched.resize(alpha.len(), 0);
            let (n_groups, n_touched) = simd::nonzeros(alpha, groups, touched);
            entries.include(position, &touched[..n_touched]);
            which = Some(&groups[..n_groups]);
        }
        simd::rank_one(matrix, *stride, (&row.places, &row.values), which, alpha, norms, SMALLEST_NORM);
        let mut norm = 0.0;
        for (&place, &value) in row.places.iter().zip(&row.values) {
            matrix[place as usize * *stride + position] = value;
            norm += value * value;
        }
        norms[position] = norm.max(SMALLEST_NORM);
        alpha[position] = pivot;
    }

    /// Adds a row of the LP whose logical becomes basic: `entries` are those of the row over the basic variables, by
    /// position, [`padded`](Self::padded) long.
    pub(super) fn append(&mut self, entries: &[f64], scratch: &mut Vec<f64>) {
        scratch.resize(scratch.len().max(self.size), 0.0);
        simd::dot_columns(&self.matrix, self.stride, entries, &mut scratch[..self.size]);
        if self.size + 1 > self.stride {
            self.widen();
        }
        let at = self.size;
        let mut norm = 1.0;
        for (column, &value) in self.matrix.chunks_exact_mut(self.stride).zip(&scratch[..self.size]) {
            column[at] = -value;
            norm += value * value;
        }
        self.matrix[at * self.stride..][..self.stride].fill(0.0);
        self.matrix[at * self.stride + at] = 1.0;
        self.norms[at] = norm;
        self.entries.append(&scratch[..at]);
        self.size += 1;
    }

    fn widen(&mut self) {
        let stride = simd::padded(self.stride + HEADROOM);
        if self.matrix.len() < stride * stride {
            self.matrix.resize(stride * stride, 0.0);
        }
        for place in (0..self.size).rev() {
            let (from, to) = (place * self.stride, place * stride);
            self.matrix.copy_within(from..from + self.stride, to);
            self.matrix[to + self.stride..to + stride].fill(0.0);
        }
        self.norms.resize(stride, 0.0);
        self.stride = stride;
        self.entries.widen(stride);
    }

    /// Removes a row of the LP whose logical is basic at `position`; the last row and the last position take the
    /// freed places.
    pub(super) fn remove(&mut self, position: usize, row: usize) {
        let last = self.size - 1;
        if row != last {
            let (head, tail) = self.matrix.split_at_mut(last * self.stride);
            head[row * self.stride..][..self.size].copy_from_slice(&tail[..self.size]);
        }
        for column in self.matrix.chunks_exact_mut(self.stride).take(last) {
            column[position] = column[last];
            column[last] = 0.0;
        }
        self.norms[position] = self.norms[last];
        self.norms[last] = 0.0;
        self.entries.remove(position, row);
        self.size = last;
    }
}
