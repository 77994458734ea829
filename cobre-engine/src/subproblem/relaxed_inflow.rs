//! Inflow as a column, where truncation at zero makes the stage value non-convex in the lags.

use super::builder::{ModelBuilder, Slot, Variable};
use super::reach::ReachableInflow;
use super::rows::Rows;
use crate::study::Study;

/// The inflow `z` of one plant as a column between `z ≥ low` and `z ≤ high`.
#[derive(Debug)]
pub(super) struct RelaxedInflow {
    pub(super) hydro: usize,
    pub(super) low_row: usize,
    pub(super) high_row: usize,
    pub(super) slot: Slot,
    /// Reachable natural inflow per opening.
    pub(super) reach: Vec<ReachableInflow>,
}

/// [`RelaxedInflow`] before slots are known.
pub(super) struct RelaxedVariable {
    hydro: usize,
    low_row: usize,
    high_row: usize,
    pub(super) variable: Variable,
    reach: Vec<ReachableInflow>,
}

/// Adds a column for every plant whose inflow depends on the state and may be cut off; `reach[hydro][opening]` is
/// empty when the study does not truncate.
pub(super) fn add_relaxed(
    builder: &mut ModelBuilder,
    rows: &Rows,
    study: &Study,
    t: usize,
    reach: &[Vec<ReachableInflow>],
    zeta: f64,
) -> Vec<RelaxedVariable> {
    let mut all = Vec::new();
    for (hydro, openings) in reach.iter().enumerate() {
        let depends_on_state = t > 0 && !study.inflow.stages[t][hydro].psi.is_empty();
        if !depends_on_state || openings.iter().all(|interval| interval.low >= 0.0) {
            continue;
        }
        let low_row = builder.add_row(0.0, f64::INFINITY);
        let high_row = builder.add_row(f64::NEG_INFINITY, 0.0);
        let entries = [(rows.water[hydro], -zeta), (low_row, 1.0), (high_row, 1.0)];
        let variable = builder.add_state(0.0, 0.0, f64::INFINITY, &entries);
        all.push(RelaxedVariable { hydro, low_row, high_row, variable, reach: openings.clone() });
    }
    all
}

impl RelaxedVariable {
    /// The same by its slot.
    pub(super) fn resolve(self, slots: &[Slot]) -> RelaxedInflow {
        RelaxedInflow {
            hydro: self.hydro,
            low_row: self.low_row,
            high_row: self.high_row,
            slot: self.variable.slot(slots),
            reach: self.reach,
        }
    }
}
