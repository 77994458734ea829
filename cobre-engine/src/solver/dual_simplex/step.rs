//! One step of the dual simplex.

use super::form::NONE;
use super::perturbation::STANDS;
use super::piecewise::Piece;
use super::ratio::{Candidate, Found};
use super::variables::Variables;
use super::{DualSimplex, PRIMAL, Scratch};
use crate::simd;
use crate::solver::CutSource;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The basis has changed.
    Done,
    /// No step of the prices makes the leaving variable feasible.
    Infeasible,
    /// The pivot is not what it should be.
    Unstable,
}

/// The two ways to compute a pivot element may differ by this much, relative.
const MISMATCH: f64 = 1e-7;
/// Slack cuts that a factored basis keeps.
const MOST_SLACK_CUTS: usize = 16;

impl DualSimplex {
    /// The position of the variable to leave: largest squared violation over the squared norm of its row.
    #[inline]
    pub(super) fn choose_leaving(&self) -> Option<usize> {
        let n = self.inverse.padded();
        simd::most_violated(&self.x[..n], &self.low[..n], &self.high[..n], &self.inverse.norms()[..n], PRIMAL)
    }

    /// Lets the variable at `position`, which is beyond an end of its piece, leave that piece.
    pub(super) fn step(&mut self, position: usize) -> Step {
        let leaving = self.basic[position] as usize;
        let piece = self.vars.place[leaving] as usize;
        let up = self.x[position] > self.high[position];
        let direction = if up { 1.0 } else { -1.0 };
        let end = if up { self.high[position] } else { self.low[position] };
        self.inverse.write_row(position, &mut self.scratch.rho);
        self.price_row(direction);
        let own = if up { piece } else { piece - 1 };
        let next = Variables::slope_behind(&self.form, leaving, piece, up);
        if next.is_finite() {
            let ratio = (next - self.cost[position]).abs();
            self.ratio.candidates.push(Candidate::new(&self.form, leaving, own as u32, up, 1.0, ratio));
        }
        let tolerance = PRIMAL * (1.0 + end.abs());
        let slope = (self.x[position] - end).abs();
        let Found::Blocking(found) = self.ratio.walk(&self.form, &self.vars, slope, tolerance) else {
            return Step::Infeasible;
        };
        let blocking = self.ratio.candidates[found];
        let entering = blocking.variable as usize;
        if entering != leaving {
            self.write_column(entering);
            let Self { scratch, inverse, .. } = self;
            inverse.combine(&scratch.residual, &mut scratch.alpha[..inverse.padded()]);
            let expected = if blocking.up { direction * blocking.size } else { -direction * blocking.size };
            if (scratch.alpha[position] - expected).abs() > MISMATCH * blocking.size.max(1e-2) && self.updates > 0 {
                return Step::Unstable;
            }
        }
        self.solution.simplex_iterations += 1;
        self.iterations += 1;
        let ratio = blocking.ratio;
        self.still += u32::from(ratio <= STANDS);
        if ratio > 0.0 {
            self.ratio.move_prices(ratio, &mut self.vars.price);
        }
        let target = self.apply_passed(leaving, own);
        if entering == leaving {
            // Over the breakpoint into the next piece, without a change of the basis.
            let piece = if up { target + 1 } else { target };
            let Piece { low, high, slope: cost } = Variables::piece(&self.form, leaving, piece);
            self.vars.place[leaving] = piece as u32;
            (self.low[position], self.high[position], self.cost[position]) = (low, high, cost);
            return Step::Done;
        }
        self.exchange(position, entering, blocking.up, target, direction * ratio);
        if self.is_perturbed {
            self.cost[position] = self.vars.price[entering];
            self.perturb_slopes(leaving);
        } else if self.still >= self.patience {
            self.perturb();
        }
        Step::Done
    }

    /// Fills `ratio` with the row of the leaving variable over all variables, times `direction`.
    fn price_row(&mut self, direction: f64) {
        let Self { form, cuts, lines, scratch, ratio, row_slots, .. } = self;
        ratio.clear();
        let row = &mut ratio.row[..];
        if form.is_small() {
            let named = &mut scratch.named;
            named.clear();
            row[form.logicals..].fill(0.0);
            for (place, value) in scratch.rho.iter() {
                let value = direction * value;
                let (line, logical) = match place.checked_sub(form.n_rows) {
                    None => (place, form.logicals + place),
                    Some(i) => (form.n_rows + row_slots[i] as usize, form.cut_logicals + row_slots[i] as usize),
                };
                row[logical] = value;
                named.push(line as u32, value);
            }
            lines.combine(named, &mut row[..form.logicals]);
            return;
        }
        let named = &mut scratch.named;
        named.clear();
        for (place, value) in scratch.rho.iter() {
            let value = direction * value;
            let logical = match place.checked_sub(form.n_rows) {
                None => {
                    for &(column, entry) in form.row(place) {
                        row[column as usize] += value * entry;
                    }
                    form.logicals + place
                }
                Some(i) => {
                    named.push(row_slots[i], value);
                    row[form.theta as usize] += value;
                    form.cut_logicals + row_slots[i] as usize
                }
            };
            row[logical] = value;
        }
        if !named.places.is_empty() {
            cuts.combine(named, &mut scratch.cut_slope);
            for (&column, slope) in form.state_columns.iter().zip(&scratch.cut_slope) {
                row[column as usize] -= slope;
            }
        }
    }

    /// Writes the column of a variable over the rows of the LP into `scratch.residual`.
    pub(super) fn write_column(&mut self, variable: usize) {
        self.scratch.residual.clear();
        self.add_column(variable, 1.0);
    }

    /// Adds a multiple of the column of a variable to `scratch.residual`.
    pub(super) fn add_column(&mut self, variable: usize, factor: f64) {
        let Self { form, cuts, scratch, row_slots, .. } = self;
        let out = &mut scratch.residual;
        if variable < form.n_columns {
            for &(row, value) in form.column(variable) {
                out.push(row, factor * value);
            }
            if variable as u32 == form.theta {
                for i in 0..row_slots.len() {
                    out.push((form.n_rows + i) as u32, factor);
                }
            } else if form.state_of[variable] != NONE {
                let state = form.state_of[variable] as usize;
                for (i, &slot) in row_slots.iter().enumerate() {
                    out.push((form.n_rows + i) as u32, -factor * cuts.coefficient(slot as usize, state));
                }
            }
        } else if variable < form.cut_logicals {
            out.push((variable - form.logicals) as u32, factor);
        } else {
            out.push(cuts.rows[variable - form.cut_logicals], factor);
        }
    }

    /// Moves the variables that were passed, and the basic ones with them; returns the breakpoint the leaving
    /// variable heads for.
    fn apply_passed(&mut self, leaving: usize, own: usize) -> usize {
        let mut target = own;
        let mut moved = false;
        // The column of the entering variable waits in `alpha`; its entries are needed no more.
        self.scratch.residual.clear();
        let passed = std::mem::take(&mut self.ratio);
        for (variable, breakpoint) in passed.passed() {
            if variable == leaving {
                target = breakpoint;
                continue;
            }
            let change = self.vars.rest_at(&self.form, variable, breakpoint);
            if change != 0.0 {
                self.add_column(variable, -change);
                moved = true;
            }
        }
        self.ratio = passed;
        if moved {
            let Self { scratch, inverse, x, .. } = self;
            let n = inverse.padded();
            inverse.combine(&scratch.residual, &mut scratch.vector[..n]);
            for (x, change) in x.iter_mut().zip(&scratch.vector[..n]) {
                *x += change;
            }
        }
        target
    }

    /// Exchanges the variable at `position` for `entering`, whose column is in `scratch.alpha`; `shift` is the change of
    /// the price of the leaving variable.
    pub(super) fn exchange(&mut self, position: usize, entering: usize, up: bool, target: usize, shift: f64) {
        let leaving = self.basic[position] as usize;
        self.vars.position[leaving] = NONE;
        self.vars.price[leaving] = self.cost[position] + shift;
        self.vars.rest_at(&self.form, leaving, target);
        let Self { scratch, inverse, x, vars, form, .. } = self;
        let n = inverse.padded();
        let alpha = &mut scratch.alpha[..n];
        let change = (x[position] - vars.value[leaving]) / alpha[position];
        for (x, alpha) in x.iter_mut().zip(alpha.iter()) {
            *x -= change * alpha;
        }
        x[position] = vars.value[entering] + change;
        let piece = vars.place[entering] as usize + usize::from(up);
        let Piece { low, high, slope: cost } = Variables::piece(form, entering, piece);
        vars.place[entering] = piece as u32;
        vars.enter(entering, position);
        self.basic[position] = entering as u32;
        (self.low[position], self.high[position], self.cost[position]) = (low, high, cost);
        self.inverse.pivot(position, &mut self.scratch.rho, &mut self.scratch.alpha[..n]);
        self.updates += 1;
    }

    /// Values of the basic variables from the right-hand sides and the nonbasic ones.
    pub(super) fn compute_values(&mut self) {
        let size = self.size();
        let Self { scratch, form, lines, rhs, cuts, vars, row_slots, .. } = self;
        let Scratch { activity, residual, .. } = scratch;
        activity.clear();
        activity.resize(size, 0.0);
        let columns = &vars.value[..form.logicals];
        if form.is_small() {
            let (of_rows, of_cuts) = activity.split_at_mut(form.n_rows);
            lines.dot(0, columns, of_rows);
            for (activity, &slot) in of_cuts.iter_mut().zip(row_slots.iter()) {
                lines.dot(form.n_rows + slot as usize, columns, std::slice::from_mut(activity));
            }
        } else {
            for (j, &value) in columns[..form.n_columns].iter().enumerate() {
                if value == 0.0 {
                    continue;
                }
                for &(row, entry) in form.column(j) {
                    activity[row as usize] += entry * value;
                }
                if j as u32 == form.theta {
                    activity[form.n_rows..].iter_mut().for_each(|row| *row += value);
                } else if form.state_of[j] != NONE {
                    let state = form.state_of[j] as usize;
                    for (row, &slot) in activity[form.n_rows..].iter_mut().zip(row_slots.iter()) {
                        *row -= cuts.coefficient(slot as usize, state) * value;
                    }
                }
            }
        }
        residual.clear();
        for (row, (rhs, activity)) in rhs.iter().zip(activity.iter()).enumerate() {
            let rest = rhs - activity - vars.value[form.logicals + row];
            if rest != 0.0 {
                residual.push(row as u32, rest);
            }
        }
        for (i, (&slot, activity)) in row_slots.iter().zip(&activity[form.n_rows..]).enumerate() {
            residual.push((form.n_rows + i) as u32, cuts.rhs(slot as usize) - activity);
        }
        let n = self.inverse.padded();
        self.inverse.combine(&self.scratch.residual, &mut self.x[..n]);
    }

    /// Value of a column.
    #[inline]
    pub(super) fn column_value(&self, column: usize) -> f64 {
        let position = self.vars.position[column];
        if position == NONE { self.vars.value[column] } else { self.x[position as usize] }
    }

    /// Evaluates all cuts of the chain at the values of the state columns; the highest slot above `limit`.
    pub(super) fn evaluate_cuts(&mut self, limit: f64) -> Option<(f64, usize)> {
        let mut state = std::mem::take(&mut self.scratch.state);
        state.clear();
        state.extend(self.form.state_columns.iter().map(|&column| self.column_value(column as usize)));
        let highest = self.cuts.evaluate(&state, limit);
        self.scratch.state = state;
        highest
    }

    /// Lets in the most violated of the cuts that are out of the basis, or else those that `source` has; false when all
    /// cuts hold.
    pub(super) fn activate_violated(&mut self, source: &mut dyn CutSource) -> bool {
        if self.form.theta == NONE {
            return false;
        }
        let theta = self.column_value(self.form.theta as usize);
        let limit = theta + PRIMAL * (1.0 + theta.abs());
        let mut highest = self.evaluate_cuts(limit);
        if highest.is_some_and(|(_, slot)| self.cuts.rows[slot] != NONE) {
            // A row of the basis that holds within its tolerance hides the others.
            highest = self.highest_outside(limit);
        }
        let Some((height, slot)) = highest else { return self.take_from(source, theta) };
        self.activate(slot, height - theta);
        true
    }

    /// The highest cut above `limit` that is out of the basis.
    fn highest_outside(&self, limit: f64) -> Option<(f64, usize)> {
        let mut found: Option<(f64, usize)> = None;
        for (slot, (&height, &row)) in self.cuts.heights().iter().zip(&self.cuts.rows).enumerate() {
            if row == NONE && height > found.map_or(limit, |(highest, _)| highest) {
                found = Some((height, slot));
            }
        }
        found
    }

    /// Asks `source` for cuts that are violated; false when there is none.
    fn take_from(&mut self, source: &mut dyn CutSource, theta: f64) -> bool {
        let state = std::mem::take(&mut self.scratch.state);
        let (rows, rhs) = source.separate(&state, theta);
        for (row, &rhs) in rows.iter().zip(rhs) {
            let slot = self.push_cut(row);
            self.cuts.set_rhs_of(slot, rhs);
            let height: f64 = row.coefficients.iter().zip(&state).map(|(beta, x)| beta * x).sum();
            self.activate(slot, rhs + height - theta);
        }
        self.scratch.state = state;
        !rows.is_empty()
    }

    /// Lets a cut in: its logical is basic with the value `value`.
    pub(super) fn activate(&mut self, slot: usize, value: f64) {
        let n = self.inverse.padded();
        let entries = &mut self.scratch.entries;
        entries.clear();
        entries.resize(n, 0.0);
        for (&column, beta) in self.form.state_columns.iter().zip(self.cuts.coefficients(slot)) {
            let position = self.vars.position[column as usize];
            if position != NONE {
                entries[position as usize] = -beta;
            }
        }
        let theta = self.vars.position[self.form.theta as usize];
        if theta != NONE {
            entries[theta as usize] = 1.0;
        }
        self.inverse.append(entries, &mut self.scratch.vector);
        let position = self.basic.len();
        let logical = self.form.cut_logicals + slot;
        self.basic.push(logical as u32);
        self.cuts.rows[slot] = (self.form.n_rows + self.row_slots.len()) as u32;
        self.row_slots.push(slot as u32);
        self.vars.enter(logical, position);
        self.vars.place[logical] = 0;
        self.fit_positions();
        (self.x[position], self.low[position]) = (value, f64::NEG_INFINITY);
        (self.high[position], self.cost[position]) = (0.0, 0.0);
    }

    /// Makes the vectors over positions and rows as long as the basis asks for; what is beyond the basis is at rest.
    pub(super) fn fit_positions(&mut self) {
        let n = self.inverse.padded();
        self.x.resize(n, 0.0);
        self.low.resize(n, f64::NEG_INFINITY);
        self.high.resize(n, f64::INFINITY);
        self.cost.resize(n, 0.0);
        let scratch = &mut self.scratch;
        scratch.alpha.resize(n.max(scratch.alpha.len()), 0.0);
        scratch.vector.resize(n.max(scratch.vector.len()), 0.0);
        scratch.prices.resize(n.max(scratch.prices.len()), 0.0);
    }

    /// Takes cuts out of the basis whose logicals are basic. Of a factored basis they are taken when there are some of
    /// them, together, and it is made anew.
    pub(super) fn drop_slack_cuts(&mut self) {
        if self.inverse.is_factored() {
            let n_slack = self.row_slots.iter().filter(|&&slot| self.has_basic_cut(slot)).count();
            if n_slack < MOST_SLACK_CUTS {
                return;
            }
        }
        for i in (0..self.row_slots.len()).rev() {
            if self.has_basic_cut(self.row_slots[i]) {
                self.drop_cut(i);
            }
        }
        if self.inverse.is_factored() {
            self.refactor();
            // Segments are written from the values.
            self.compute_values();
            return;
        }
        let n = self.inverse.padded();
        for values in [&mut self.x, &mut self.low, &mut self.high, &mut self.cost] {
            values.truncate(n);
        }
    }

    /// Whether the logical of a cut is basic: the cut is slack.
    pub(super) fn has_basic_cut(&self, slot: u32) -> bool {
        self.vars.position[self.form.cut_logicals + slot as usize] != NONE
    }

    /// Takes the cut of row `n_rows + i` out of the basis.
    fn drop_cut(&mut self, i: usize) {
        let slot = self.row_slots[i] as usize;
        let logical = self.form.cut_logicals + slot;
        let (position, last) = (self.vars.position[logical] as usize, self.basic.len() - 1);
        if !self.inverse.is_factored() {
            self.inverse.remove(position, self.form.n_rows + i);
            for (values, rest) in [
                (&mut self.x, 0.0),
                (&mut self.low, f64::NEG_INFINITY),
                (&mut self.high, f64::INFINITY),
                (&mut self.cost, 0.0),
            ] {
                values[position] = values[last];
                values[last] = rest;
            }
            let moved = self.basic[last] as usize;
            self.basic.swap_remove(position);
            if position != last {
                self.vars.position[moved] = position as u32;
            }
        }
        self.vars.position[logical] = NONE;
        self.vars.rest_at(&self.form, logical, 0);
        self.cuts.rows[slot] = NONE;
        self.row_slots.swap_remove(i);
        if let Some(&moved) = self.row_slots.get(i) {
            self.cuts.rows[moved as usize] = (self.form.n_rows + i) as u32;
        }
        self.vars.price[logical] = 0.0;
    }
}
