//! The primal simplex, for what the dual one cannot: prices of the wrong sign whose variables have nowhere to go.
//!
//! Stage problems as such start dual feasible; costs below zero on columns without an end, and bases made for other
//! costs, do not. The dual simplex has run first as if those prices were right, so the values are feasible.

use super::form::NONE;
use super::piecewise::Piece;
use super::variables::Variables;
use super::{DUAL, DualSimplex};

/// A change of a basic variable per unit of the entering one below this is none.
const SMALLEST: f64 = 1e-9;

/// How the primal simplex ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PrimalEnd {
    /// All prices have the right sign.
    DualFeasible,
    /// The objective falls without end.
    Unbounded,
    /// The step limit was reached, or a pivot was no pivot.
    GaveUp,
}

impl DualSimplex {
    /// Steps of the primal simplex until all prices have the right sign.
    pub(super) fn mend_prices(&mut self) -> PrimalEnd {
        let limit = 200 + 10 * (self.size() + self.form.n_columns);
        for n_steps in 0..limit {
            // Largest violation first; in the end lowest index first, which cannot cycle (Bland 1977).
            let Some((entering, up)) = self.wrong_price(n_steps > limit / 2) else { return PrimalEnd::DualFeasible };
            self.write_column(entering);
            let n = self.inverse.padded();
            let Self { inverse, scratch, .. } = self;
            inverse.combine(&scratch.residual, &mut scratch.alpha[..n]);
            let piece = self.vars.place[entering] as usize + usize::from(up);
            let Piece { low, high, .. } = Variables::piece(&self.form, entering, piece);
            let mut most = high - low;
            let mut leaving = None;
            for position in 0..self.size() {
                let rate = if up { -self.scratch.alpha[position] } else { self.scratch.alpha[position] };
                if rate.abs() < SMALLEST {
                    continue;
                }
                let end = if rate > 0.0 { self.high[position] } else { self.low[position] };
                let room = ((end - self.x[position]) / rate).max(0.0);
                let larger = leaving.is_some_and(|(other, _): (usize, bool)| {
                    room <= most && rate.abs() > self.scratch.alpha[other].abs()
                });
                if room < most || larger {
                    most = most.min(room);
                    leaving = Some((position, rate > 0.0));
                }
            }
            self.solution.simplex_iterations += 1;
            self.iterations += 1;
            match leaving {
                None if most.is_infinite() => return PrimalEnd::Unbounded,
                None => {
                    let place = if up { piece } else { piece - 1 };
                    self.vars.rest_at(&self.form, entering, place);
                }
                Some((position, to_high)) => {
                    let variable = self.basic[position] as usize;
                    let piece = self.vars.place[variable] as usize;
                    let target = if to_high { piece } else { piece - 1 };
                    self.inverse.write_row(position, &mut self.scratch.rho);
                    self.exchange(position, entering, up, target, 0.0);
                }
            }
            self.compute_values();
            self.compute_prices();
        }
        PrimalEnd::GaveUp
    }

    /// A nonbasic variable whose price has the wrong sign, and whether it wants to grow.
    fn wrong_price(&self, first: bool) -> Option<(usize, bool)> {
        let n = self.form.cut_logicals;
        let vars = &self.vars;
        let mut found: Option<(f64, usize, bool)> = None;
        for v in (0..n).chain(self.row_slots.iter().map(|&slot| n + slot as usize)) {
            if vars.position[v] != NONE {
                continue;
            }
            let (over, under) = (vars.price[v] - vars.above[v], vars.below[v] - vars.price[v]);
            let wrong = over.max(under) / (1.0 + vars.price[v].abs());
            if wrong > DUAL && found.is_none_or(|best| wrong > best.0) {
                found = Some((wrong, v, over > under));
                if first {
                    break;
                }
            }
        }
        found.map(|(_, v, up)| (v, up))
    }
}
