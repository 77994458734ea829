use cobre_engine::sddp::{IterationRecord, Phase};
use serde::{Deserialize, Serialize};

/// Sums over the iterations of a training, those before a resume included.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TrainingTotals {
    /// Last iteration, 1-based; 0 before the first.
    pub iterations: u32,
    /// Lower bound after the last iteration ($).
    pub lower_bound: Option<f64>,
    /// Mean cost of the trajectories of the last iteration ($).
    pub upper_bound: Option<f64>,
    /// Sample standard deviation of those costs ($).
    pub upper_bound_std: Option<f64>,
    /// Cuts that were made.
    pub cuts_added: u64,
    /// Cuts that left: merged away as dominated, or taken out by cut selection.
    pub cuts_removed: u64,
    /// Active cuts in all pools after the last iteration.
    pub cuts_active: u64,
    /// Most active cuts in all pools after any iteration.
    pub peak_cuts_active: u64,
    /// Stage problems solved.
    pub lp_solves: u64,
    /// Stage problems that needed the recovery ladder.
    pub lp_retries: u64,
    /// Cut rows in the LP at optimality, summed over stage problems.
    pub cut_rows: u64,
    /// Time in the solver during forward passes (s), summed over workers.
    pub forward_solve_seconds: f64,
    /// Time in the solver during backward passes (s), summed over workers.
    pub backward_solve_seconds: f64,
    /// Time in the solver (s), summed over workers.
    pub solve_seconds: f64,
    /// Wall time of the iterations (s).
    pub total_seconds: f64,
}

impl TrainingTotals {
    /// Adds an iteration.
    pub(super) fn add(&mut self, record: &IterationRecord) {
        self.iterations = record.iteration;
        self.lower_bound = Some(record.lower_bound);
        self.upper_bound = Some(record.upper_bound);
        self.upper_bound_std = record.upper_bound_std;
        self.cuts_added += u64::from(record.cuts_added);
        self.cuts_removed += u64::from(record.cuts_removed);
        self.cuts_active = record.cuts_active;
        self.peak_cuts_active = self.peak_cuts_active.max(record.cuts_active);
        for (phase, _, work) in &record.solver {
            self.lp_solves += work.lp_solves;
            self.lp_retries += work.retries;
            self.cut_rows += work.cut_rows;
            self.solve_seconds += work.solve_seconds;
            match phase {
                Phase::Forward => self.forward_solve_seconds += work.solve_seconds,
                Phase::Backward => self.backward_solve_seconds += work.solve_seconds,
                Phase::LowerBound | Phase::Simulation => {}
            }
        }
        self.total_seconds += record.total_seconds;
    }
}
