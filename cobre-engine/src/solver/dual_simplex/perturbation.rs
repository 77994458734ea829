//! Perturbed costs, for problems whose steps no longer move the prices.
//!
//! Interchangeable blocks and reservoirs without a cost of their own leave many prices exactly at a slope. The steps of
//! the dual simplex then exchange variables without a gain and may do so for ever. Slopes that are moved apart by a
//! little, each by another amount, make every step a gain (Wolfe 1963; Gill, Murray, Saunders and Wright 1989). At the
//! optimum of the perturbed problem the costs are put right again, and a few more steps lead to the optimum that was
//! asked for.

use super::DualSimplex;
use super::form::NONE;
use super::piecewise::Piece;
use super::variables::Variables;

/// A step of the prices below this moves none.
pub(super) const STANDS: f64 = 1e-12;
/// By how much a slope is moved at least, relative to it; a little more than what counts as met at the same time.
const SIZE: f64 = 5e-10;

impl DualSimplex {
    /// Moves the slopes of all nonbasic variables away from their prices.
    pub(super) fn perturb(&mut self) {
        self.is_perturbed = true;
        // Should that not have been enough, the next time is another one.
        self.n_perturbed += 1;
        for v in 0..self.form.cut_logicals {
            self.perturb_slopes(v);
        }
        for i in 0..self.row_slots.len() {
            self.perturb_slopes(self.form.cut_logicals + self.row_slots[i] as usize);
        }
    }

    /// Moves the slopes of a variable away from its price; of a basic one nothing.
    pub(super) fn perturb_slopes(&mut self, variable: usize) {
        let Self { vars, n_perturbed, .. } = self;
        if vars.position[variable] != NONE {
            return;
        }
        let share = SIZE * (1.0 + hash(variable, *n_perturbed));
        let (below, above, price) = (vars.below[variable], vars.above[variable], vars.price[variable]);
        vars.below[variable] = below.min(price) - share * (1.0 + below.abs());
        vars.above[variable] = above.max(price) + share * (1.0 + above.abs());
    }

    /// Puts the costs right, and variables where their prices then want them, as far as there is room; values have to be
    /// computed anew.
    pub(super) fn restore_costs(&mut self) {
        self.is_perturbed = false;
        self.still = 0;
        for position in 0..self.size() {
            let variable = self.basic[position] as usize;
            let Piece { slope, .. } = Variables::piece(&self.form, variable, self.vars.place[variable] as usize);
            self.cost[position] = slope;
        }
        for v in 0..self.form.cut_logicals {
            self.restore_slopes(v);
        }
        for i in 0..self.row_slots.len() {
            self.restore_slopes(self.form.cut_logicals + self.row_slots[i] as usize);
        }
        self.compute_prices();
        self.settle();
    }

    fn restore_slopes(&mut self, variable: usize) {
        if self.vars.position[variable] == NONE {
            let place = self.vars.place[variable] as usize;
            self.vars.rest_at(&self.form, variable, place);
        }
    }
}

/// A number in [0, 1) for a variable and a turn (the finalizer of `SplitMix64`; Steele, Lea and Flood 2014).
fn hash(variable: usize, turn: u32) -> f64 {
    let mut word = (variable as u64 + 1 + (u64::from(turn) << 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (word >> 11) as f64 / (1u64 << 53) as f64
}
