//! From a named basis to an inverse, prices and places.

use super::DualSimplex;
use super::form::NONE;
use super::piecewise::Piece;
use super::variables::Variables;
use crate::simd;
use crate::solver::{Basis, BasisStatus};

/// A pivot of a new inverse is at least this large, relative to its column.
const SMALLEST: f64 = 1e-9;

impl DualSimplex {
    /// Starts a chain from a basis, or from the slack basis. Names of cuts that are not here are ignored; a basis that
    /// is singular or has too few columns is mended with logicals.
    pub(super) fn start(&mut self, basis: Option<&Basis>) {
        self.is_perturbed = false;
        self.vars.reset(&self.form, self.cuts.len());
        self.ratio.reset(self.vars.len());
        self.row_slots.clear();
        self.cuts.rows.fill(NONE);
        let (n_columns, n_rows) = (self.form.n_columns, self.form.n_rows);
        let mut columns = std::mem::take(&mut self.scratch.touched);
        columns.clear();
        match basis {
            None => {
                for row in 0..n_rows {
                    let logical = self.form.logicals + row;
                    let piece = self.form.costs.cost(logical).piece_near(0.0);
                    self.make_basic(logical, piece);
                }
            }
            Some(basis) => {
                let shape = (basis.columns.len(), basis.segments.len(), basis.rows.len());
                let expected = (n_columns, self.model.segments.len(), n_rows);
                assert_eq!(shape, expected, "a basis has one status per column, segment and row of its model");
                for (j, &status) in basis.columns.iter().enumerate() {
                    match status {
                        BasisStatus::Basic => {
                            self.make_basic(j, self.form.column_pieces[j] as usize);
                            columns.push(j as u32);
                        }
                        BasisStatus::Upper => {
                            let last = self.form.costs.cost(j).n_breakpoints() - 1;
                            self.vars.rest_at(&self.form, j, last);
                        }
                        BasisStatus::Lower | BasisStatus::Free => {}
                    }
                }
                for row in 0..n_rows {
                    self.place_logical(row, basis);
                }
                for id in &basis.cuts {
                    if let Some(slot) = self.cuts.ids.iter().position(|other| other == id)
                        && self.cuts.rows[slot] == NONE
                    {
                        self.cuts.rows[slot] = (n_rows + self.row_slots.len()) as u32;
                        self.row_slots.push(slot as u32);
                    }
                }
            }
        }
        self.factor(&columns);
        self.scratch.touched = columns;
        if self.inverse.is_factored() {
            self.inverse.compute_norms();
        }
    }

    /// Marks a variable as basic in a piece; its position is found later.
    fn make_basic(&mut self, variable: usize, piece: usize) {
        self.vars.position[variable] = 0;
        self.vars.place[variable] = piece as u32;
    }

    /// Where the statuses of a row and its segments put its logical.
    fn place_logical(&mut self, row: usize, basis: &Basis) {
        let logical = self.form.logicals + row;
        let mut breakpoint = 0;
        let mut piece = None;
        for component in &self.form.components[row] {
            let status = component.segment.map_or(basis.rows[row], |segment| basis.segments[segment as usize]);
            if status == BasisStatus::Basic {
                piece = Some(component.piece);
            } else if status == component.statuses().0 && component.has_room() {
                breakpoint = component.filled_at;
            }
        }
        match piece {
            Some(piece) => self.make_basic(logical, piece as usize),
            None => _ = self.vars.rest_at(&self.form, logical, breakpoint as usize),
        }
    }

    /// Makes the inverse of the current basis anew. Norms of a factored one and perturbed costs stay with their variables.
    pub(super) fn refactor(&mut self) {
        let mut columns = std::mem::take(&mut self.scratch.touched);
        columns.clear();
        columns.extend((0..self.form.n_columns as u32).filter(|&j| self.vars.position[j as usize] != NONE));
        let mut norms = std::mem::take(&mut self.scratch.kept);
        norms.clear();
        norms.resize(self.vars.len(), 1.0);
        for (position, &variable) in self.basic.iter().enumerate() {
            norms[variable as usize] = self.inverse.norms()[position];
            self.vars.price[variable as usize] = self.cost[position];
        }
        self.factor(&columns);
        if self.inverse.is_factored() {
            for (norm, &variable) in self.inverse.norms_mut().iter_mut().zip(&self.basic) {
                *norm = norms[variable as usize];
            }
        }
        self.scratch.kept = norms;
        self.scratch.touched = columns;
    }

    /// Builds the inverse for the rows of the model and the cuts in `row_slots`: the basis holds the logicals that have
    /// a position, and `columns`.
    fn factor(&mut self, columns: &[u32]) {
        let size = self.form.n_rows + self.row_slots.len();
        self.basic.clear();
        let mut free = std::mem::take(&mut self.scratch.free);
        free.clear();
        for row in 0..size {
            let logical = self.logical(row);
            self.basic.push(logical as u32);
            free.push(self.vars.position[logical] == NONE);
        }
        for values in [&mut self.x, &mut self.low, &mut self.high, &mut self.cost] {
            values.clear();
        }
        if self.inverse.is_factored() {
            self.factor_at_once(columns, &mut free);
            self.fit_positions();
        } else {
            self.inverse.reset(size);
            self.fit_positions();
            self.pivot_in(columns, &mut free);
        }
        for position in 0..size {
            let variable = self.basic[position] as usize;
            if free[position] {
                // Nothing took its place, so the logical stays.
                let known = variable < self.form.cut_logicals;
                let piece = if known { self.form.costs.cost(variable).piece_near(0.0) } else { 0 };
                self.vars.place[variable] = piece as u32;
            }
            self.vars.enter(variable, position);
            let Piece { low, high, slope: cost } =
                Variables::piece(&self.form, variable, self.vars.place[variable] as usize);
            let cost = if self.is_perturbed { self.vars.price[variable] } else { cost };
            (self.low[position], self.high[position], self.cost[position]) = (low, high, cost);
        }
        self.scratch.free = free;
        self.updates = 0;
        self.compute_prices();
        self.settle();
    }

    /// Factors the basis.
    fn factor_at_once(&mut self, columns: &[u32], free: &mut [bool]) {
        let mut of_basis = std::mem::take(&mut self.scratch.columns_of_basis);
        of_basis.clear();
        for &column in columns {
            self.write_column(column as usize);
            for (row, value) in self.scratch.residual.iter() {
                of_basis.push(row as u32, value);
            }
            of_basis.end();
        }
        let Self { inverse, scratch, basic, vars, form, .. } = self;
        inverse.factor(free.len(), &of_basis, free, &mut scratch.taken);
        for (&column, &position) in columns.iter().zip(&scratch.taken) {
            if position == NONE {
                vars.position[column as usize] = NONE;
                vars.rest_at(form, column as usize, 0);
            } else {
                basic[position as usize] = column;
            }
        }
        scratch.columns_of_basis = of_basis;
    }

    /// Lets the columns into an identity, one after the other.
    fn pivot_in(&mut self, columns: &[u32], free: &mut [bool]) {
        // Short columns first: they have the least to fill in.
        let n_cuts = self.row_slots.len();
        let length = |column: u32, free: &[bool]| {
            let entries = self.form.column(column as usize);
            let in_cuts =
                if self.form.state_of[column as usize] != NONE || column == self.form.theta { n_cuts } else { 0 };
            in_cuts + entries.iter().filter(|(row, _)| free[*row as usize]).count()
        };
        let mut order = std::mem::take(&mut self.scratch.order);
        order.clear();
        order.extend(columns.iter().map(|&column| (length(column, free) as u32, column)));
        order.sort_unstable();
        let mut open = std::mem::take(&mut self.scratch.open);
        open.clear();
        open.extend(free.iter().map(|&free| if free { 1.0 } else { 0.0 }));
        open.resize(self.inverse.padded(), 0.0);
        for &(_, column) in &order {
            self.write_column(column as usize);
            let n = self.inverse.padded();
            let Self { scratch, inverse, .. } = self;
            inverse.combine(&scratch.residual, &mut scratch.alpha[..n]);
            if let Some(position) = pivot_row(&scratch.alpha[..n], &open) {
                inverse.write_row(position, &mut scratch.rho);
                inverse.pivot(position, &mut scratch.rho, &mut scratch.alpha[..n]);
                self.basic[position] = column;
                free[position] = false;
                open[position] = 0.0;
            } else {
                self.vars.position[column as usize] = NONE;
                self.vars.rest_at(&self.form, column as usize, 0);
            }
        }
        self.scratch.order = order;
        self.scratch.open = open;
    }
}

/// The position to give to a column: that of a large pivot among those that are open, the first of them.
fn pivot_row(alpha: &[f64], open: &[f64]) -> Option<usize> {
    let (largest, largest_open, position) = simd::largest_open(alpha, open);
    (largest_open >= SMALLEST * largest.max(1e-3)).then_some(position)
}
