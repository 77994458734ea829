//! Columns, logicals of rows and logicals of cuts: where each of them stands.

use super::form::{Form, NONE};

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

    /// Ends and slope of a piece of a variable.
    #[inline]
    pub(super) fn piece(form: &Form, variable: usize, piece: usize) -> (f64, f64, f64) {
        if variable < form.n_columns + form.n_rows {
            let cost = form.costs.cost(variable);
            let (low, high) = cost.ends(piece);
            (low, high, cost.slopes[piece])
        } else {
            (f64::NEG_INFINITY, 0.0, 0.0)
        }
    }

    /// Width of piece `piece` and the slope behind it, going up; `(∞, ∞)` at the end of the domain.
    #[inline]
    pub(super) fn beyond(form: &Form, variable: usize, piece: usize, up: bool) -> (f64, f64) {
        if variable >= form.n_columns + form.n_rows {
            return (f64::INFINITY, f64::INFINITY);
        }
        let cost = form.costs.cost(variable);
        let (low, high) = cost.ends(piece);
        let next = if up { cost.slopes.get(piece + 1).copied() } else { piece.checked_sub(1).map(|k| cost.slopes[k]) };
        match next {
            Some(slope) => (high - low, slope),
            None => (f64::INFINITY, f64::INFINITY),
        }
    }
}
