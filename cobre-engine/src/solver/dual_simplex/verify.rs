//! The check at every optimum: rows, prices and signs from the original columns, and a bound that no error can spoil.

use super::form::NONE;
use super::variables::Variables;
use super::{DUAL, DualSimplex, PRIMAL};
use crate::solver::certificate::Certificate;

/// What the check of an optimum found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is one.
    Optimal,
    /// A price had the wrong sign and its variable was moved, or values were refined: go on.
    Changed,
    /// The inverse has drifted.
    Inaccurate,
    /// A price has the wrong sign and its variable nowhere to go.
    NotDualFeasible,
}

/// Residuals above this are refined with the inverse before they are judged.
const REFINE: f64 = 1e-11;

impl DualSimplex {
    /// Prices of all rows and variables from the costs of the basic variables.
    pub(super) fn compute_prices(&mut self) {
        let n = self.inverse.padded();
        let Self { inverse, cost, scratch, .. } = self;
        inverse.price(&cost[..n], &mut scratch.prices);
        if self.price_columns() > REFINE {
            // One step of refinement with the residuals of the basic columns.
            let Self { inverse, scratch, .. } = self;
            scratch.activity.clear();
            scratch.activity.resize(inverse.size(), 0.0);
            inverse.price(&scratch.vector[..n], &mut scratch.activity);
            for (price, change) in scratch.prices.iter_mut().zip(&scratch.activity) {
                *price += change;
            }
            self.price_columns();
        }
        let Self { vars, form, scratch, row_slots, .. } = self;
        for row in 0..form.n_rows {
            vars.price[form.n_columns + row] = scratch.prices[row];
        }
        for (&slot, &price) in row_slots.iter().zip(&scratch.prices[form.n_rows..]) {
            vars.price[form.n_columns + form.n_rows + slot as usize] = price;
        }
    }

    /// Prices of the columns from those of the rows; writes what is missing to the costs of the basic variables into
    /// `scratch.vector` and returns the largest, relative to the terms it is a difference of.
    fn price_columns(&mut self) -> f64 {
        let Self { vars, form, cuts, scratch, row_slots, basic, cost, inverse, .. } = self;
        let prices = &scratch.prices;
        let slopes = &mut scratch.cut_slope;
        slopes.clear();
        slopes.resize(form.state_columns.len(), 0.0);
        let mut total = 0.0;
        for (&slot, &price) in row_slots.iter().zip(&prices[form.n_rows..]) {
            total += price;
            if price != 0.0 {
                for (slope, beta) in slopes.iter_mut().zip(cuts.coefficients(slot as usize)) {
                    *slope += price * beta;
                }
            }
        }
        for (j, price) in vars.price[..form.n_columns].iter_mut().enumerate() {
            let mut sum = if j as u32 == form.theta {
                total
            } else if form.state_of[j] != NONE {
                -slopes[form.state_of[j] as usize]
            } else {
                0.0
            };
            for &(row, entry) in form.column(j) {
                sum += prices[row as usize] * entry;
            }
            *price = sum;
        }
        let n = inverse.padded();
        let missing = &mut scratch.vector[..n];
        missing.fill(0.0);
        let mut largest = 0.0f64;
        for (position, &variable) in basic.iter().enumerate() {
            let variable = variable as usize;
            let price = if variable < form.n_columns {
                vars.price[variable]
            } else if variable < form.n_columns + form.n_rows {
                prices[variable - form.n_columns]
            } else {
                prices[cuts.rows[variable - form.n_columns - form.n_rows] as usize]
            };
            let rest = cost[position] - price;
            missing[position] = rest;
            largest = largest.max(rest.abs() / (1.0 + cost[position].abs()));
        }
        self.dual_residual = largest;
        largest
    }

    /// Moves nonbasic variables whose price has left their slopes to where it belongs; says whether any moved, and
    /// whether all could.
    pub(super) fn settle(&mut self) -> (bool, bool) {
        let (mut moved, mut all) = (false, true);
        let n = self.form.n_columns + self.form.n_rows;
        let Self { vars, form, row_slots, .. } = self;
        for v in (0..n).chain(row_slots.iter().map(|&slot| n + slot as usize)) {
            if vars.position[v] != NONE {
                continue;
            }
            let price = vars.price[v];
            let tolerance = DUAL * (1.0 + price.abs());
            if price <= vars.above[v] + tolerance && price >= vars.below[v] - tolerance {
                continue;
            }
            let last = Variables::n_breakpoints(form, v) - 1;
            let mut place = vars.place[v] as usize;
            if v < n {
                let slopes = form.costs.cost(v).slopes;
                while place < last && price > slopes[place + 1] {
                    place += 1;
                }
                while place > 0 && price < slopes[place] {
                    place -= 1;
                }
            }
            if place != vars.place[v] as usize {
                vars.rest_at(form, v, place);
                moved = true;
            }
            all &= price <= vars.above[v] + tolerance && price >= vars.below[v] - tolerance;
        }
        (moved, all)
    }

    /// Checks the basis that no step improves.
    pub(super) fn verify(&mut self) -> Verdict {
        self.compute_prices();
        if self.dual_residual > DUAL {
            return Verdict::Inaccurate;
        }
        let (moved, all) = self.settle();
        if !all {
            return Verdict::NotDualFeasible;
        }
        if moved {
            self.compute_values();
            return Verdict::Changed;
        }
        let residual = self.row_residual();
        if residual > REFINE {
            let Self { inverse, scratch, x, .. } = self;
            let n = inverse.padded();
            inverse.combine(&scratch.residual, &mut scratch.vector[..n]);
            for (x, change) in x.iter_mut().zip(&scratch.vector[..n]) {
                *x += change;
            }
            let refined = self.row_residual();
            if refined > PRIMAL {
                return Verdict::Inaccurate;
            }
            if self.choose_leaving().is_some() {
                return Verdict::Changed;
            }
            self.certify(refined);
        } else {
            self.certify(residual);
        }
        Verdict::Optimal
    }

    /// What the rows are off, into `scratch.residual`; the largest, relative to the terms of its row.
    fn row_residual(&mut self) -> f64 {
        let Self { form, vars, scratch, rhs, cuts, row_slots, x, .. } = self;
        let (activity, magnitude) = (&mut scratch.activity, &mut scratch.magnitude);
        activity.clear();
        activity.extend_from_slice(rhs);
        magnitude.clear();
        magnitude.extend(rhs.iter().map(|b| 1.0 + b.abs()));
        let value_of = |variable: usize| {
            let position = vars.position[variable];
            if position == NONE { vars.value[variable] } else { x[position as usize] }
        };
        for j in 0..form.n_columns {
            let value = value_of(j);
            if value != 0.0 {
                for &(row, entry) in form.column(j) {
                    let term = entry * value;
                    activity[row as usize] -= term;
                    magnitude[row as usize] += term.abs();
                }
            }
        }
        let residual = &mut scratch.residual;
        residual.clear();
        let mut largest = 0.0f64;
        for row in 0..form.n_rows {
            let logical = value_of(form.n_columns + row);
            let rest = activity[row] - logical;
            largest = largest.max(rest.abs() / (magnitude[row] + logical.abs()));
            residual.push(row as u32, rest);
        }
        if !row_slots.is_empty() {
            let theta = value_of(form.theta as usize);
            scratch.state.clear();
            scratch.state.extend(form.state_columns.iter().map(|&column| value_of(column as usize)));
            cuts.evaluate(&scratch.state);
            for (i, &slot) in row_slots.iter().enumerate() {
                let height = cuts.heights()[slot as usize];
                let logical = value_of(form.n_columns + form.n_rows + slot as usize);
                let rest = height - theta - logical;
                largest = largest.max(rest.abs() / (1.0 + theta.abs() + cuts.rhs(slot as usize).abs()));
                residual.push((form.n_rows + i) as u32, rest);
            }
        }
        largest
    }

    /// The Lagrangian bound of the prices (Neumaier and Shcherbina 2004).
    fn certify(&mut self, primal_residual: f64) {
        let Self { form, vars, scratch, rhs, cuts, row_slots, x, .. } = self;
        let mut bound = 0.0;
        let mut certain = true;
        let mut dual_residual = self.dual_residual;
        for (b, price) in rhs.iter().zip(&scratch.prices) {
            bound += b * price;
        }
        for (&slot, &price) in row_slots.iter().zip(&scratch.prices[form.n_rows..]) {
            if price >= 0.0 {
                bound += price * cuts.rhs(slot as usize);
            } else {
                // A rounding residue below zero: the cut is met with equality, so the term is of the size of its height.
                dual_residual = dual_residual.max(-price);
                certain &= price > -DUAL;
                bound += price * cuts.heights()[slot as usize];
            }
        }
        for v in 0..form.n_columns + form.n_rows {
            let price = vars.price[v];
            let place = vars.place[v] as usize;
            let (term, excess) = form.costs.cost(v).conjugate(place, price);
            bound += term;
            if excess > 0.0 {
                let position = vars.position[v];
                let value = if position == NONE { vars.value[v] } else { x[position as usize] };
                let relative = excess / (1.0 + price.abs());
                dual_residual = dual_residual.max(relative);
                certain &= relative <= DUAL;
                let breakpoint = form.costs.cost(v).breakpoints[place.min(form.costs.cost(v).n_breakpoints() - 1)];
                bound -= excess * (value - breakpoint).abs();
            }
        }
        let dual_bound = if certain { bound } else { f64::NEG_INFINITY };
        self.certificate = Certificate { primal_residual, dual_residual, dual_bound };
    }
}
