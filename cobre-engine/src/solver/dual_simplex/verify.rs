//! The check at every optimum: rows, prices and signs from the original columns, and a bound that no error can spoil.

use super::form::NONE;
use super::variables::Variables;
use super::{DUAL, DualSimplex, PRIMAL, Scratch};
use crate::simd::{self, Columns};
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
            self.collect_missing();
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
            if moved {
                self.compute_values();
                return Verdict::Changed;
            }
            if !all {
                return Verdict::NotDualFeasible;
            }
        }
        if sweep.primal > REFINE {
            let Self { inverse, scratch, x, .. } = self;
            inverse.combine(&scratch.residual, &mut scratch.vector[..n]);
            for (x, change) in x.iter_mut().zip(&scratch.vector[..n]) {
                *x += change;
            }
            self.evaluate_cuts(f64::INFINITY);
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
        self.solution.columns.clear();
        self.solution.columns.extend_from_slice(&self.scratch.columns[..self.form.n_columns]);
        let dual_bound = if sweep.certain { sweep.bound } else { f64::NEG_INFINITY };
        self.certificate = Certificate { primal_residual: sweep.primal, dual_residual: sweep.dual, dual_bound };
        Verdict::Optimal
    }

    /// One pass over columns and rows at the prices in `scratch.prices`: errors of the rows into `scratch.residual`, values
    /// into `scratch.columns`, and the Lagrangian bound `y·b + Σ_v min_x (cost_v(x) − price_v·x)` (Neumaier and
    /// Shcherbina 2004).
    fn sweep(&mut self) -> Sweep {
        self.collect_values();
        self.price_columns();
        self.add_up_activities();
        let Self { form, vars, scratch, rhs, cuts, row_slots, x, cost, .. } = self;
        let terms = simd::column_terms(
            Columns {
                cost: &form.column_cost,
                lower: &form.column_lower,
                upper: &form.column_upper,
                value: &scratch.columns,
                price: &vars.price[..form.logicals],
                below: &vars.below[..form.logicals],
                above: &vars.above[..form.logicals],
            },
            DUAL,
        );
        let mut found = Sweep {
            dual: terms.dual,
            primal: 0.0,
            wrong_sign: terms.wrong_sign,
            bound: terms.bound,
            certain: !terms.uncertain,
            objective: terms.objective,
        };
        let residual = &mut scratch.residual;
        residual.clear();
        let prices = &scratch.prices[..];
        let sums = scratch.activity.iter().zip(&scratch.magnitude).zip(rhs.iter());
        for (row, ((activity, magnitude), rhs)) in sums.enumerate() {
            let v = form.logicals + row;
            let position = vars.position[v];
            let place = vars.place[v] as usize;
            let price = prices[row];
            let of = form.costs.cost(v);
            let allowed = DUAL * (form.price_unit[row] + price.abs());
            let (value, near);
            if position == NONE {
                value = vars.value[v];
                let (below, above) = (vars.below[v], vars.above[v]);
                found.wrong_sign |= price > above + allowed || price < below - allowed;
                found.objective += of.heights[place];
                near = price <= above && price >= below;
            } else {
                value = x[position as usize];
                let distance = (cost[position as usize] - price).abs();
                found.dual = found.dual.max(distance / (1.0 + price.abs()));
                found.objective += of.at(place, value);
                near = false;
            }
            let rest = rhs - activity - value;
            found.primal = found.primal.max(rest.abs() / (1.0 + rhs.abs() + magnitude + value.abs()));
            residual.push(row as u32, rest);
            found.bound += price * rhs;
            if near {
                // Where it rests is where the term of the Lagrangian is least.
                found.bound += of.heights[place] - price * value;
                continue;
            }
            let (term, excess, breakpoint) = of.conjugate(place, price);
            found.bound += term;
            if excess > 0.0 {
                found.certain &= excess <= allowed;
                found.bound -= excess * (value - breakpoint).abs();
            }
        }
        if !row_slots.is_empty() {
            let theta = scratch.columns[form.theta as usize];
            for (i, &slot) in row_slots.iter().enumerate() {
                let slot = slot as usize;
                let price = prices[form.n_rows + i];
                let position = vars.position[form.cut_logicals + slot];
                let height = cuts.heights()[slot];
                let mut value = 0.0;
                if position == NONE {
                    found.wrong_sign |= price < -DUAL;
                } else {
                    value = x[position as usize];
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

    /// Values of all columns into `scratch.columns`.
    fn collect_values(&mut self) {
        let Self { form, vars, scratch, basic, x, .. } = self;
        let columns = &mut scratch.columns;
        columns.clear();
        columns.extend_from_slice(&vars.value[..form.logicals]);
        for (&variable, &value) in basic.iter().zip(x.iter()) {
            if let Some(column) = columns.get_mut(variable as usize) {
                *column = value;
            }
        }
    }

    /// Sums of the rows at the values in `scratch.columns`, and of the sizes of their terms.
    fn add_up_activities(&mut self) {
        let Self { form, lines, scratch, .. } = self;
        let Scratch { columns, activity, magnitude, .. } = scratch;
        activity.clear();
        activity.resize(form.n_rows, 0.0);
        magnitude.clear();
        magnitude.resize(form.n_rows, 0.0);
        if form.is_small() {
            lines.activities(columns, activity, magnitude);
            return;
        }
        for (j, &value) in columns[..form.n_columns].iter().enumerate() {
            if value == 0.0 {
                continue;
            }
            for &(row, entry) in form.column(j) {
                let term = entry * value;
                activity[row as usize] += term;
                magnitude[row as usize] += term.abs();
            }
        }
    }

    /// What the prices in `scratch.prices` lack at the basic variables, over positions into `scratch.missing`; those of the
    /// columns are known.
    fn collect_missing(&mut self) {
        let Self { form, vars, scratch, cuts, basic, cost, .. } = self;
        let Scratch { missing, prices, .. } = scratch;
        missing.clear();
        missing.resize(cost.len(), 0.0);
        for ((missing, &variable), &cost) in missing.iter_mut().zip(basic.iter()).zip(cost.iter()) {
            let variable = variable as usize;
            let price = if variable < form.logicals {
                vars.price[variable]
            } else if variable < form.cut_logicals {
                prices[variable - form.logicals]
            } else {
                prices[cuts.rows[variable - form.cut_logicals] as usize]
            };
            *missing = cost - price;
        }
    }

    /// Prices of the rows as the steps left them with their logicals.
    fn collect_prices(&mut self) {
        let Self { vars, form, scratch, row_slots, cost, .. } = self;
        let n = form.cut_logicals;
        let price_of = |v: usize| {
            let position = vars.position[v];
            if position == NONE { vars.price[v] } else { cost[position as usize] }
        };
        for (price, v) in scratch.prices.iter_mut().zip(form.logicals..form.logicals + form.n_rows) {
            *price = price_of(v);
        }
        for (price, &slot) in scratch.prices[form.n_rows..].iter_mut().zip(row_slots.iter()) {
            *price = price_of(n + slot as usize);
        }
    }

    /// Prices of all columns from those of the rows in `scratch.prices`.
    fn price_columns(&mut self) {
        let Self { form, vars, lines, cuts, scratch, row_slots, .. } = self;
        let Scratch { prices, named, cut_slope, .. } = scratch;
        let of_columns = &mut vars.price[..form.logicals];
        if form.is_small() {
            named.clear();
            for (row, &price) in prices[..form.n_rows].iter().enumerate() {
                named.push(row as u32, price);
            }
            for (&slot, &price) in row_slots.iter().zip(&prices[form.n_rows..]) {
                named.push(form.n_rows as u32 + slot, price);
            }
            lines.combine(named, of_columns);
            return;
        }
        named.clear();
        let mut of_theta = 0.0;
        for (&slot, &price) in row_slots.iter().zip(&prices[form.n_rows..]) {
            of_theta += price;
            if price != 0.0 {
                named.push(slot, price);
            }
        }
        cuts.combine(named, cut_slope);
        for (j, of_column) in of_columns[..form.n_columns].iter_mut().enumerate() {
            let mut price = if form.state_of[j] == NONE { 0.0 } else { -cut_slope[form.state_of[j] as usize] };
            if j as u32 == form.theta {
                price = of_theta;
            }
            for &(row, entry) in form.column(j) {
                price += prices[row as usize] * entry;
            }
            *of_column = price;
        }
    }

    /// Hands the prices of the rows to their logicals.
    fn publish_prices(&mut self) {
        let Self { vars, form, scratch, row_slots, .. } = self;
        vars.price[form.logicals..form.logicals + form.n_rows].copy_from_slice(&scratch.prices[..form.n_rows]);
        for (&slot, &price) in row_slots.iter().zip(&scratch.prices[form.n_rows..]) {
            vars.price[form.cut_logicals + slot as usize] = price;
        }
    }

    /// Prices of all rows and variables from the costs of the basic variables.
    pub(super) fn compute_prices(&mut self) {
        let n = self.inverse.padded();
        self.inverse.price(&self.cost[..n], &mut self.scratch.prices);
        self.price_columns();
        self.publish_prices();
    }

    /// Moves nonbasic variables whose price has left their slopes to where it belongs; says whether any moved, and
    /// whether all could.
    pub(super) fn settle(&mut self) -> (bool, bool) {
        let (mut moved, mut all) = (false, true);
        let n = self.form.cut_logicals;
        let Self { vars, form, row_slots, .. } = self;
        for v in (0..n).chain(row_slots.iter().map(|&slot| n + slot as usize)) {
            if vars.position[v] != NONE {
                continue;
            }
            let price = vars.price[v];
            let tolerance = form.price_tolerance(v, price);
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
