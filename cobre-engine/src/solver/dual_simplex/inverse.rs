//! The inverse of the basis, in the form that its size asks for.

use super::explicit::Explicit;
use super::factors::Factors;
use super::markowitz::Columns;

/// A sparse vector: places and values.
#[derive(Debug, Default)]
pub(super) struct Sparse {
    pub(super) places: Vec<u32>,
    pub(super) values: Vec<f64>,
}

impl Sparse {
    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.values.clear();
    }
    #[inline]
    pub(super) fn push(&mut self, place: u32, value: f64) {
        self.places.push(place);
        self.values.push(value);
    }
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.places.iter().zip(&self.values).map(|(&place, &value)| (place as usize, value))
    }
}

/// From this many rows of the model on a basis is factored.
const LARGE: usize = 512;

/// `B⁻¹`: a row per basic variable (position), a column per row of the LP.
///
/// Of a small basis it is [`Explicit`]; a large one is kept as [`Factors`]. Which of them is decided by the rows of the
/// model alone, so that a chain of solves keeps to one.
#[derive(Debug)]
pub(super) struct Inverse {
    large: usize,
    is_factored: bool,
    explicit: Explicit,
    factors: Factors,
}

impl Default for Inverse {
    fn default() -> Self {
        Self::new(LARGE)
    }
}

impl Inverse {
    /// One that is factored from `large` rows of the model on.
    pub(super) fn new(large: usize) -> Self {
        Self { large, is_factored: large == 0, explicit: Explicit::default(), factors: Factors::default() }
    }

    /// Chooses the form for a model of `n_rows` rows.
    pub(super) fn choose(&mut self, n_rows: usize) {
        self.is_factored = n_rows >= self.large;
    }

    /// Whether the basis is factored: it is made anew by [`factor`](Self::factor), and has no
    /// [`remove`](Self::remove).
    #[inline]
    pub(super) fn is_factored(&self) -> bool {
        self.is_factored
    }

    /// Steps after which it is to be made anew.
    #[inline]
    pub(super) fn most_updates(&self) -> u32 {
        if self.is_factored { Factors::MOST_UPDATES } else { Explicit::MOST_UPDATES }
    }

    /// Size in whole groups of lanes: the length of vectors over positions.
    #[inline]
    pub(super) fn padded(&self) -> usize {
        if self.is_factored { self.factors.padded() } else { self.explicit.padded() }
    }

    /// Squared norms of the rows.
    #[inline]
    pub(super) fn norms(&self) -> &[f64] {
        if self.is_factored { self.factors.norms() } else { self.explicit.norms() }
    }

    /// Squared norms of the rows of a factored basis, to be told what is known of them.
    pub(super) fn norms_mut(&mut self) -> &mut [f64] {
        self.factors.norms_mut()
    }

    /// Becomes the identity; not for a factored basis.
    pub(super) fn reset(&mut self, size: usize) {
        self.explicit.reset(size);
    }

    /// Factors a basis of `size` rows: the logicals of the rows that are not `free`, and `columns`. `taken` receives the
    /// position of every column, [`NONE`](super::form::NONE) for those that depend on the others; `free` keeps the rows
    /// that found no column, whose logicals are basic.
    pub(super) fn factor(&mut self, size: usize, columns: &Columns, free: &mut [bool], taken: &mut Vec<u32>) {
        self.factors.factor(size, columns, free, taken);
    }

    /// Computes the norms of a factored basis from its rows.
    pub(super) fn compute_norms(&mut self) {
        self.factors.compute_norms();
    }

    /// Writes the nonzeros of a row.
    #[inline]
    pub(super) fn write_row(&mut self, position: usize, row: &mut Sparse) {
        if self.is_factored {
            self.factors.write_row(position, row);
        } else {
            self.explicit.write_row(position, row);
        }
    }

    /// `out = B⁻¹·v` for a sparse `v` over the rows of the LP.
    #[inline]
    pub(super) fn combine(&mut self, v: &Sparse, out: &mut [f64]) {
        if self.is_factored {
            self.factors.combine(v, out);
        } else {
            self.explicit.combine(v, out);
        }
    }

    /// `out_k = c·(column k)` for every row `k` of the LP; `c` over positions.
    #[inline]
    pub(super) fn price(&mut self, c: &[f64], out: &mut [f64]) {
        if self.is_factored {
            self.factors.price(c, out);
        } else {
            self.explicit.price(c, out);
        }
    }

    /// The inverse after the variable at `position` made way for one whose column is `alpha` (over positions), `row`
    /// being row `position` before the change. `row` is overwritten.
    #[inline]
    pub(super) fn pivot(&mut self, position: usize, row: &mut Sparse, alpha: &mut [f64]) {
        if self.is_factored {
            self.factors.pivot(position, row, alpha);
        } else {
            self.explicit.pivot(position, row, alpha);
        }
    }

    /// Adds a row of the LP whose logical becomes basic: `entries` are those of the row over the basic variables, by
    /// position, [`padded`](Self::padded) long.
    pub(super) fn append(&mut self, entries: &[f64], scratch: &mut Vec<f64>) {
        if self.is_factored {
            self.factors.append(entries);
        } else {
            self.explicit.append(entries, scratch);
        }
    }

    /// Removes a row of the LP whose logical is basic at `position`; the last row and the last position take the
    /// freed places. Not for a factored basis.
    pub(super) fn remove(&mut self, position: usize, row: usize) {
        self.explicit.remove(position, row);
    }
}
