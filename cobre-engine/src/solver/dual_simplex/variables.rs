//! Columns, logicals of rows and logicals of cuts: where each of them stands.

use super::form::{Form, NONE};
use super::piecewise::Piece;
use crate::simd;

/// All variables: columns, logicals of the rows, logicals of the cut slots.
#[derive(Debug, Default)]
pub(super) struct Variables {
    /// Position in the basis, or [`NONE`].
    pub(super) position: Vec<u32>,
    /// Breakpoint of a nonbasic variable, piece of a basic one.
    pub(super) place: Vec<u32>,
    /// Value of a nonbasic variable; 0 for a basic one.
    pub(super) value: Vec<f64>,
    /// Slopes of the cost to either side of a nonbasic variable: its price lies between them. Of a basic one −∞ and ∞.
    pub(super) below: Vec<f64>,
    pub(super) above: Vec<f64>,
    /// What a unit of the variable is worth at the prices of the rows: `y·a_j`.
    pub(super) price: Vec<f64>,
}

impl Variables {
    /// Everything nonbasic at its first breakpoint, cuts out of the basis.
    pub(super) fn reset(&mut self, form: &Form, n_cuts: usize) {
        let n = form.cut_logicals + simd::padded(n_cuts);
        self.position.clear();
        self.position.resize(n, NONE);
        self.place.clear();
        self.place.resize(n, 0);
        self.price.clear();
        self.price.resize(n, 0.0);
        for (values, first) in [
            (&mut self.value, &form.first_value),
            (&mut self.below, &form.first_below),
            (&mut self.above, &form.first_above),
        ] {
            values.clear();
            values.extend_from_slice(first);
        }
        self.value.resize(n, 0.0);
        self.below.resize(n, 0.0);
        self.above.resize(n, f64::INFINITY);
    }

    /// Number of variables, with those that fill up groups of lanes.
    pub(super) fn len(&self) -> usize {
        self.position.len()
    }

    /// Makes room for `n_cuts` cuts; new ones are out of the basis.
    pub(super) fn fit_cuts(&mut self, form: &Form, n_cuts: usize) {
        let n = form.cut_logicals + simd::padded(n_cuts);
        if n > self.position.len() {
            self.position.resize(n, NONE);
            self.place.resize(n, 0);
            self.value.resize(n, 0.0);
            self.below.resize(n, 0.0);
            self.above.resize(n, f64::INFINITY);
            self.price.resize(n, 0.0);
        }
    }

    /// Puts a variable into the basis. No step of the prices is limited by it.
    #[inline]
    pub(super) fn enter(&mut self, variable: usize, position: usize) {
        self.position[variable] = position as u32;
        (self.below[variable], self.above[variable]) = (f64::NEG_INFINITY, f64::INFINITY);
        self.value[variable] = 0.0;
    }

    /// Number of breakpoints of a variable.
    #[inline]
    pub(super) fn n_breakpoints(form: &Form, variable: usize) -> usize {
        if variable < form.cut_logicals { form.costs.cost(variable).n_breakpoints() } else { 1 }
    }

    /// Puts a nonbasic variable at a breakpoint; returns by how much its value changes.
    #[inline]
    pub(super) fn rest_at(&mut self, form: &Form, variable: usize, breakpoint: usize) -> f64 {
        self.place[variable] = breakpoint as u32;
        if variable >= form.cut_logicals {
            (self.below[variable], self.above[variable]) = (0.0, f64::INFINITY);
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
        if variable < form.cut_logicals {
            form.costs.piece(variable, piece)
        } else {
            Piece { low: f64::NEG_INFINITY, high: 0.0, slope: 0.0 }
        }
    }

    /// The slope behind a piece, going up or down; ∞ where there is none, of either sign.
    #[inline]
    pub(super) fn slope_behind(form: &Form, variable: usize, piece: usize, up: bool) -> f64 {
        if variable < form.cut_logicals {
            form.costs.slope_behind(variable, piece, up).unwrap_or(f64::INFINITY)
        } else {
            f64::INFINITY
        }
    }
}
