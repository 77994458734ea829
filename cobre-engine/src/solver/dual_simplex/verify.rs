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

/// What one pass over all columns and rows finds.
#[derive(Debug, Clone, Copy)]
struct Sweep {
    /// Largest error of the price of a basic variable, relative.
    dual: f64,
    /// Largest error of a row, relative to its terms.
    primal: f64,
    /// A price lies outside of its slopes.
    wrong_sign: bool,
    /// The Lagrangian bound of the prices, and whether it is one.
    bound: f64,
    certain: bool,
    objective: f64,
}

impl DualSimplex {
    /// Checks the basis that no step improves. The cuts have been evaluated at its values.
    pub(super) fn verify(&mut self) -> Verdict {
        let n = self.inverse.padded();
        self.collect_prices();
        let mut sweep = self.sweep();
        if sweep.dual > REFINE {
            self.inverse.price(&self.cost[..n], &mut self.scratch.prices);
            sweep = self.sweep();
        }
        if sweep.dual > REFINE {
            let Self { inverse, scratch, .. } = self;
            scratch.entries.resize(n, 0.0);
            inverse.price(&scratch.missing[..n], &mut scratch.entries);
            for (price, change) in scratch.prices.iter_mut().zip(&scratch.entries) {
                *price += change;
            }
            sweep = self.sweep();
            if sweep.dual > DUAL {
                return Verdict::Inaccurate;
            }
        }
        if sweep.wrong_sign {
            self.publish_prices();
            let (moved, all) = self.settle();
            if !all {
                return Verdict::NotDualFeasible;
            }
            if moved {
                self.compute_values();
                return Verdict::Changed;
            }
        }
        if sweep.primal > REFINE {
            let Self { inverse, scratch, x, .. } = self;
            inverse.combine(&scratch.residual, &mut scratch.vector[..n]);
            for (x, change) in x.iter_mut().zip(&scratch.vector[..n]) {
                *x += change;
            }
            self.evaluate_cuts();
            sweep = self.sweep();
            if sweep.primal > PRIMAL {
                return Verdict::Inaccurate;
            }
            if self.choose_leaving().is_some() {
                return Verdict::Changed;
            }
        }
        self.publish_prices();
        self.solution.objective = sweep.objective;
        let dual_bound = if sweep.certain { sweep.bound } else { f64::NEG_INFINITY };
        self.certificate = Certificate { primal_residual: sweep.primal, dual_residual: sweep.dual, dual_bound };
        Verdict::Optimal
    }

    /// One pass over columns and rows at the prices in `scratch.prices`: errors of the basic prices into
    /// `scratch.missing`, of the rows into `scratch.residual`, values into the solution, and the Lagrangian bound
    /// `y·b + Σ_v min_x (cost_v(x) − price_v·x)` (Neumaier and Shcherbina 2004).
    fn sweep(&mut self) -> Sweep {
        self.add_up_cut_prices();
        let mut found = Sweep { dual: 0.0, primal: 0.0, wrong_sign: false, bound: 0.0, certain: true, objective: 0.0 };
        let Self { form, vars, scratch, rhs, cuts, row_slots, x, cost, solution, .. } = self;
        let prices = &scratch.prices[..];
        let missing = &mut scratch.missing;
        missing.clear();
        missing.resize(x.len(), 0.0);
        let (activity, magnitude) = (&mut scratch.activity, &mut scratch.magnitude);
        activity.clear();
        activity.extend_from_slice(rhs);
        magnitude.clear();
        magnitude.extend(rhs.iter().map(|b| 1.0 + b.abs()));
        solution.columns.clear();
        for j in 0..form.n_columns {
            let position = vars.position[j];
            let basic = position != NONE;
            let value = if basic { x[position as usize] } else { vars.value[j] };
            let mut price = if form.state_of[j] == NONE { 0.0 } else { -scratch.cut_slope[form.state_of[j] as usize] };
            if j as u32 == form.theta {
                price = scratch.cut_price;
            }
            for &(row, entry) in form.column(j) {
                let row = row as usize;
                price += prices[row] * entry;
                let term = entry * value;
                activity[row] -= term;
                magnitude[row] += term.abs();
            }
            vars.price[j] = price;
            solution.columns.push(value);
            let column = form.bounds[j];
            let reduced = column.cost - price;
            found.objective += column.cost * value;
            if basic {
                let rest = cost[position as usize] - price;
                missing[position as usize] = rest;
                found.dual = found.dual.max(rest.abs() / (1.0 + column.cost.abs()));
            } else {
                let tolerance = DUAL * (1.0 + price.abs());
                found.wrong_sign |= price > vars.above[j] + tolerance || price < vars.below[j] - tolerance;
            }
            let end = if reduced >= 0.0 { column.lower } else { column.upper };
            if end.is_finite() {
                found.bound += reduced * end;
            } else {
                // A rounding residue towards an open end: of the size of the residue times the value.
                found.certain &= reduced.abs() <= DUAL * (1.0 + price.abs());
                found.bound -= (reduced * value).abs();
            }
        }
        let residual = &mut scratch.residual;
        residual.clear();
        for row in 0..form.n_rows {
            let v = form.n_columns + row;
            let position = vars.position[v];
            let place = vars.place[v] as usize;
            let price = prices[row];
            let of = form.costs.cost(v);
            let value;
            if position == NONE {
                value = vars.value[v];
                let tolerance = DUAL * (1.0 + price.abs());
                found.wrong_sign |= price > vars.above[v] + tolerance || price < vars.below[v] - tolerance;
                found.objective += of.heights[place];
            } else {
                value = x[position as usize];
                let rest = cost[position as usize] - price;
                missing[position as usize] = rest;
                found.dual = found.dual.max(rest.abs() / (1.0 + price.abs()));
                found.objective += of.at(place, value);
            }
            let rest = activity[row] - value;
            found.primal = found.primal.max(rest.abs() / (magnitude[row] + value.abs()));
            residual.push(row as u32, rest);
            let (term, excess, breakpoint) = of.conjugate(place, price);
            found.bound += price * rhs[row] + term;
            if excess > 0.0 {
                found.certain &= excess <= DUAL * (1.0 + price.abs());
                found.bound -= excess * (value - breakpoint).abs();
            }
        }
        if !row_slots.is_empty() {
            let theta = solution.columns[form.theta as usize];
            for (i, &slot) in row_slots.iter().enumerate() {
                let slot = slot as usize;
                let price = prices[form.n_rows + i];
                let position = vars.position[form.n_columns + form.n_rows + slot];
                let height = cuts.heights()[slot];
                let mut value = 0.0;
                if position == NONE {
                    found.wrong_sign |= price < -DUAL;
                } else {
                    value = x[position as usize];
                    missing[position as usize] = -price;
                    found.dual = found.dual.max(price.abs());
                }
                let rest = height - theta - value;
                found.primal = found.primal.max(rest.abs() / (1.0 + theta.abs() + cuts.rhs(slot).abs()));
                residual.push((form.n_rows + i) as u32, rest);
                if price >= 0.0 {
                    found.bound += price * cuts.rhs(slot);
                } else {
                    // A rounding residue below zero: the cut is met with equality, so the term is of its height.
                    found.certain &= price > -DUAL;
                    found.bound += price * height;
                }
            }
        }
        found
    }

    /// Prices of the rows as the steps left them with their logicals.
    fn collect_prices(&mut self) {
        let Self { vars, form, scratch, row_slots, cost, .. } = self;
        let n = form.n_columns + form.n_rows;
        let price_of = |v: usize| {
            let position = vars.position[v];
            if position == NONE { vars.price[v] } else { cost[position as usize] }
        };
        for (price, v) in scratch.prices.iter_mut().zip(form.n_columns..n) {
            *price = price_of(v);
        }
        for (price, &slot) in scratch.prices[form.n_rows..].iter_mut().zip(row_slots.iter()) {
            *price = price_of(n + slot as usize);
        }
    }

    /// Sums of the prices of the cuts and of their coefficients.
    fn add_up_cut_prices(&mut self) {
        let Self { form, cuts, scratch, row_slots, .. } = self;
        let slopes = &mut scratch.cut_slope;
        slopes.clear();
        slopes.resize(form.state_columns.len(), 0.0);
        scratch.cut_price = 0.0;
        for (&slot, &price) in row_slots.iter().zip(&scratch.prices[form.n_rows..]) {
            scratch.cut_price += price;
            if price != 0.0 {
                for (slope, beta) in slopes.iter_mut().zip(cuts.coefficients(slot as usize)) {
                    *slope += price * beta;
                }
            }
        }
    }

    /// Hands the prices of the rows to their logicals.
    fn publish_prices(&mut self) {
        let Self { vars, form, scratch, row_slots, .. } = self;
        vars.price[form.n_columns..form.n_columns + form.n_rows].copy_from_slice(&scratch.prices[..form.n_rows]);
        for (&slot, &price) in row_slots.iter().zip(&scratch.prices[form.n_rows..]) {
            vars.price[form.n_columns + form.n_rows + slot as usize] = price;
        }
    }

    /// Prices of all rows and variables from the costs of the basic variables.
    pub(super) fn compute_prices(&mut self) {
        let n = self.inverse.padded();
        self.inverse.price(&self.cost[..n], &mut self.scratch.prices);
        self.add_up_cut_prices();
        let Self { vars, form, scratch, .. } = self;
        for (j, price) in vars.price[..form.n_columns].iter_mut().enumerate() {
            let mut sum = if form.state_of[j] == NONE { 0.0 } else { -scratch.cut_slope[form.state_of[j] as usize] };
            if j as u32 == form.theta {
                sum = scratch.cut_price;
            }
            for &(row, entry) in form.column(j) {
                sum += scratch.prices[row as usize] * entry;
            }
            *price = sum;
        }
        self.publish_prices();
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
}
