//! The primal simplex, for what the dual one cannot: prices of the wrong sign whose variables have nowhere to go.
//!
//! Stage problems as such start dual feasible; costs below zero on columns without an end, and bases made for other
//! costs, do not. The dual simplex has run first as if those prices were right, so the values are feasible.

use super::form::NONE;
use super::piecewise::Piece;
use super::variables::Variables;
use super::{DUAL, DualSimplex, PRIMAL};

/// A change of a basic variable per unit of the entering one below this is none.
const SMALLEST: f64 = 1e-8;

/// How the primal simplex ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PrimalEnd {
    /// All prices have the right sign.
    DualFeasible,
    /// The objective falls without end.
    Unbounded,
    /// Values have left their pieces, by what the last ones were wrong: steps of the dual simplex come first.
    Infeasible,
    /// The step limit was reached, or a pivot was no pivot.
    GaveUp,
}

impl DualSimplex {
    /// Steps of the primal simplex until all prices have the right sign.
    pub(super) fn mend_prices(&mut self) -> PrimalEnd {
        let limit = 200 + 10 * (self.size() + self.form.n_columns);
        for n_steps in 0..limit {
            if self.updates >= self.inverse.most_updates() {
                self.refactor();
                self.compute_values();
            }
            // Largest violation first; in the end lowest index first, which cannot cycle (Bland 1977).
            let Some((entering, up)) = self.wrong_price(n_steps > limit / 2) else { return PrimalEnd::DualFeasible };
            self.write_column(entering);
            let n = self.inverse.padded();
            let Self { inverse, scratch, .. } = self;
            inverse.combine(&scratch.residual, &mut scratch.alpha[..n]);
            let piece = self.vars.place[entering] as usize + usize::from(up);
            let Piece { low, high, .. } = Variables::piece(&self.form, entering, piece);
            let (most, leaving) = self.limiting(high - low, up);
            self.solution.simplex_iterations += 1;
            self.iterations += 1;
            match leaving {
                None if most.is_infinite() => {
                    if self.activate_met(entering, up) {
                        continue;
                    }
                    return if self.is_certain(entering) { PrimalEnd::Unbounded } else { PrimalEnd::GaveUp };
                }
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
            if self.choose_leaving().is_some() {
                return PrimalEnd::Infeasible;
            }
        }
        PrimalEnd::GaveUp
    }

    /// How far the entering variable, whose column is in `scratch.alpha`, can go up to `room`, and the position of the
    /// variable that stops it, with whether that meets its upper end: of those that are met within a tolerance the one
    /// with the largest pivot (Harris 1973).
    fn limiting(&self, room: f64, up: bool) -> (f64, Option<(usize, bool)>) {
        let rates = self.scratch.alpha[..self.size()].iter().map(|&alpha| if up { -alpha } else { alpha });
        let moving = rates.enumerate().filter(|(_, rate)| rate.abs() >= SMALLEST).map(|(position, rate)| {
            let end = if rate > 0.0 { self.high[position] } else { self.low[position] };
            (position, rate, end, ((end - self.x[position]) / rate).max(0.0))
        });
        let limit = moving.clone().fold(room, |limit, (_, rate, end, distance)| {
            limit.min(distance + PRIMAL * (1.0 + end.abs()) / rate.abs())
        });
        let mut found = (room, None);
        let mut largest = 0.0;
        for (position, rate, _, distance) in moving {
            if distance <= limit && distance < room && rate.abs() > largest {
                largest = rate.abs();
                found = (distance, Some((position, rate > 0.0)));
            }
        }
        found
    }

    /// Lets in the cut out of the basis that the ray of `entering` runs into fastest, the ray's column being in
    /// `scratch.alpha`; false when there is none.
    fn activate_met(&mut self, entering: usize, up: bool) -> bool {
        if self.form.theta == NONE {
            return false;
        }
        let rate_of = |column: u32| {
            let position = self.vars.position[column as usize];
            let rate = if column as usize == entering {
                1.0
            } else if position == NONE {
                0.0
            } else {
                -self.scratch.alpha[position as usize]
            };
            if up { rate } else { -rate }
        };
        let rates: Vec<f64> = self.form.state_columns.iter().map(|&column| rate_of(column)).collect();
        let theta = rate_of(self.form.theta);
        let mut found = (SMALLEST, None);
        for slot in (0..self.cuts.len()).filter(|&slot| self.cuts.rows[slot] == NONE) {
            let rise: f64 = self.cuts.coefficients(slot).iter().zip(&rates).map(|(beta, rate)| beta * rate).sum();
            if rise - theta > found.0 {
                found = (rise - theta, Some(slot));
            }
        }
        let Some(slot) = found.1 else { return false };
        self.evaluate_cuts(f64::INFINITY);
        let slack = self.cuts.heights()[slot] - self.column_value(self.form.theta as usize);
        self.activate(slot, slack);
        true
    }

    /// Whether the price of a variable has the wrong sign for certain, not by the rounding of what it is the sum of.
    fn is_certain(&self, variable: usize) -> bool {
        let vars = &self.vars;
        let wrong = (vars.price[variable] - vars.above[variable]).max(vars.below[variable] - vars.price[variable]);
        if variable >= self.form.n_columns {
            return true;
        }
        let entries = self.form.column(variable).iter();
        let terms: f64 = entries.map(|&(row, entry)| (entry * self.scratch.prices[row as usize]).abs()).sum();
        wrong > DUAL * (1.0 + terms)
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
            let wrong = over.max(under) / self.form.price_tolerance(v, vars.price[v]);
            if wrong > 1.0 && found.is_none_or(|best| wrong > best.0) {
                found = Some((wrong, v, over > under));
                if first {
                    break;
                }
            }
        }
        found.map(|(_, v, up)| (v, up))
    }
}
