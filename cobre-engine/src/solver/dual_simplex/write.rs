//! What a solve leaves behind: solution and basis in terms of the model.

use super::DualSimplex;
use super::form::NONE;
use super::piecewise::Component;
use crate::solver::{Basis, BasisStatus};

/// Share of a component in the logical of its row.
struct Share {
    value: f64,
    status: BasisStatus,
}

impl DualSimplex {
    /// Duals of the optimum; values and objective were written when it was verified.
    pub(super) fn write_solution(&mut self) {
        let Self { form, cuts, scratch, row_slots, solution, .. } = self;
        solution.row_duals.clear();
        solution.row_duals.extend_from_slice(&scratch.prices[..form.n_rows]);
        solution.cut_duals.clear();
        solution.cut_duals.resize(cuts.len(), 0.0);
        for (&slot, &price) in row_slots.iter().zip(&scratch.prices[form.n_rows..]) {
            // A residue below zero stays: without it the prices of the columns would not add up any more.
            solution.cut_duals[slot as usize] = price;
        }
        solution.segments.clear();
        self.segments_written = false;
    }

    /// Values of all segments.
    pub(super) fn write_segments(&mut self) {
        let mut segments = std::mem::take(&mut self.solution.segments);
        segments.clear();
        segments.resize(self.model.segments.len(), 0.0);
        for row in 0..self.form.n_rows {
            self.share_out(row, &mut |component, share| {
                if let Some(segment) = component.segment {
                    segments[segment as usize] = share.value / component.coefficient;
                }
            });
        }
        self.solution.segments = segments;
        self.segments_written = true;
    }

    /// Divides the logical of a row among its components: those cheaper than its price are full, those dearer empty.
    fn share_out(&self, row: usize, visit: &mut dyn FnMut(&Component, Share)) {
        let logical = self.form.logicals + row;
        let cost = self.form.costs.cost(logical);
        let position = self.vars.position[logical];
        let place = self.vars.place[logical] as usize;
        let components = &self.form.components[row];
        let basic = position != NONE;
        let (below, above) =
            if basic { (cost.slopes[place], cost.slopes[place]) } else { (cost.slopes[place], cost.slopes[place + 1]) };
        let at_rest = |c: &Component| {
            // Equal slopes on both sides: a price without room, whose components are shared out.
            if below == above && c.slope == below {
                if c.low.is_finite() {
                    c.low
                } else if c.high.is_finite() {
                    c.high
                } else {
                    0.0
                }
            } else if c.slope <= below && c.high.is_finite() {
                c.high
            } else {
                c.low
            }
        };
        let value = if basic { self.x[position as usize] } else { self.vars.value[logical] };
        let mut rest = if below == above { value - components.iter().map(at_rest).sum::<f64>() } else { 0.0 };
        let mut named = !basic;
        let last = components.iter().rposition(|c| c.slope == below);
        for (i, component) in components.iter().enumerate() {
            let mut value = at_rest(component);
            let mut status = if value == component.low { BasisStatus::Lower } else { BasisStatus::Upper };
            if below == above && component.slope == below {
                let room = if rest > 0.0 { component.high - value } else { component.low - value };
                let taken = if rest > 0.0 { rest.min(room) } else { rest.max(room) };
                value += taken;
                rest -= taken;
                status = if value == component.low {
                    BasisStatus::Lower
                } else if value == component.high {
                    BasisStatus::Upper
                } else {
                    BasisStatus::Free
                };
                if !named && (status == BasisStatus::Free || Some(i) == last) {
                    status = BasisStatus::Basic;
                    named = true;
                }
            }
            if component.coefficient < 0.0 {
                status = match status {
                    BasisStatus::Lower => BasisStatus::Upper,
                    BasisStatus::Upper => BasisStatus::Lower,
                    other => other,
                };
            }
            visit(component, Share { value, status });
        }
    }

    /// Statuses of the last optimal basis; the slack basis when there is none.
    pub(super) fn write_statuses(&self, basis: &mut Basis) {
        let form = &self.form;
        basis.columns.clear();
        basis.columns.extend((0..form.n_columns).map(|j| {
            let cost = form.costs.cost(j);
            if self.vars.position[j] != NONE {
                BasisStatus::Basic
            } else if cost.slopes[0] == cost.slopes[1] {
                BasisStatus::Free
            } else if self.vars.place[j] == 0 && cost.slopes[0] == f64::NEG_INFINITY {
                BasisStatus::Lower
            } else {
                BasisStatus::Upper
            }
        }));
        basis.segments.clear();
        basis.segments.resize(self.model.segments.len(), BasisStatus::Lower);
        basis.rows.clear();
        basis.rows.resize(form.n_rows, BasisStatus::Basic);
        for row in 0..form.n_rows {
            let logical = form.logicals + row;
            if self.vars.position[logical] == NONE && self.vars.below[logical] < self.vars.above[logical] {
                let below = self.vars.below[logical];
                for component in &form.components[row] {
                    let is_full = component.slope <= below && component.high.is_finite() && component.has_room();
                    let (full, empty) = component.statuses();
                    let status = if is_full { full } else { empty };
                    match component.segment {
                        Some(segment) => basis.segments[segment as usize] = status,
                        None => basis.rows[row] = status,
                    }
                }
                continue;
            }
            self.share_out(row, &mut |component, share| match component.segment {
                Some(segment) => basis.segments[segment as usize] = share.status,
                None => basis.rows[row] = share.status,
            });
        }
        basis.cuts.clear();
        let tight = self.row_slots.iter().filter(|&&slot| !self.has_basic_cut(slot));
        basis.cuts.extend(tight.map(|&slot| self.cuts.ids[slot as usize]));
    }
}
