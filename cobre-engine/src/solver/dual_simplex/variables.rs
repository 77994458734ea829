//! Columns, logicals of rows and logicals of cuts: where each of them stands.

use super::form::{Form, NONE};
use super::piecewise::Piece;

/// A pivot element below this is no pivot.
const SMALLEST: f64 = 1e-9;

/// All variables: columns, logicals of the rows, logicals of the cut slots.
#[derive(Debug, Default)]
pub(super) struct Variables {
    /// Position in the basis, or [`NONE`].
    pub(super) position: Vec<u32>,
    /// Breakpoint of a nonbasic variable, piece of a basic one.
    pub(super) place: Vec<u32>,
    /// Value of a nonbasic variable.
    pub(super) value: Vec<f64>,
    /// Slopes of the cost to either side of a nonbasic variable: its price lies between them.
    pub(super) below: Vec<f64>,
    pub(super) above: Vec<f64>,
    /// What a unit of the variable is worth at the prices of the rows: `y·a_j`.
    pub(super) price: Vec<f64>,
}

impl Variables {
    /// Everything nonbasic at its first breakpoint, cuts out of the basis.
    pub(super) fn reset(&mut self, form: &Form, n_cuts: usize) {
        let n = form.n_columns + form.n_rows;
        self.position.clear();
        self.position.resize(n + n_cuts, NONE);
        self.place.clear();
        self.place.resize(n + n_cuts, 0);
        self.price.clear();
        self.price.resize(n + n_cuts, 0.0);
        for (values, first) in [
            (&mut self.value, &form.first_value),
            (&mut self.below, &form.first_below),
            (&mut self.above, &form.first_above),
        ] {
            values.clear();
            values.extend_from_slice(first);
        }
        self.value.resize(n + n_cuts, 0.0);
        self.below.resize(n + n_cuts, 0.0);
        self.above.resize(n + n_cuts, f64::INFINITY);
    }

    /// A cut more, out of the basis.
    pub(super) fn push_cut(&mut self) {
        self.position.push(NONE);
        self.place.push(0);
        self.value.push(0.0);
        self.below.push(0.0);
        self.above.push(f64::INFINITY);
        self.price.push(0.0);
    }

    /// The step at which the price of a nonbasic variable, moving by `a` per unit of it, meets the next slope of its
    /// cost; ∞ where there is none.
    #[inline]
    pub(super) fn ratio(&self, variable: usize, a: f64) -> f64 {
        let price = self.price[variable];
        let gap = if a > 0.0 { self.above[variable] - price } else { price - self.below[variable] };
        let size = a.abs();
        let ratio = if gap > 0.0 { gap / size } else { 0.0 };
        if size >= SMALLEST { ratio } else { f64::INFINITY }
    }

    /// Number of breakpoints of a variable.
    #[inline]
    pub(super) fn n_breakpoints(form: &Form, variable: usize) -> usize {
        if variable < form.n_columns + form.n_rows { form.costs.cost(variable).n_breakpoints() } else { 1 }
    }

    /// Puts a nonbasic variable at a breakpoint; returns by how much its value changes.
    #[inline]
    pub(super) fn rest_at(&mut self, form: &Form, variable: usize, breakpoint: usize) -> f64 {
        self.place[variable] = breakpoint as u32;
        if variable >= form.n_columns + form.n_rows {
            return 0.0;
        }
        let cost = form.costs.cost(variable);
        let before = self.value[variable];
        self.value[variable] = cost.breakpoints[breakpoint];
        self.below[variable] = cost.slopes[breakpoint];
        self.above[variable] = cost.slopes[breakpoint + 1];
        self.value[variable] - before
    }

    /// A piece of a variable.
    #[inline]
    pub(super) fn piece(form: &Form, variable: usize, piece: usize) -> Piece {
        if variable < form.n_columns + form.n_rows {
            form.costs.piece(variable, piece)
        } else {
            Piece { low: f64::NEG_INFINITY, high: 0.0, slope: 0.0 }
        }
    }

    /// The slope behind a piece, going up or down; ∞ where there is none, of either sign.
    #[inline]
    pub(super) fn slope_behind(form: &Form, variable: usize, piece: usize, up: bool) -> f64 {
        if variable < form.n_columns + form.n_rows {
            form.costs.slope_behind(variable, piece, up).unwrap_or(f64::INFINITY)
        } else {
            f64::INFINITY
        }
    }
}
