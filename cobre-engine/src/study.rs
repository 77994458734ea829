use crate::stochastic::{OpeningTree, ParModel};
use crate::system::System;

/// Treatment of negative natural inflow `y = base + Σ ψ·lag + σ·η`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InflowNonNegativity {
    /// The water balance takes the inflow as it comes.
    None,
    /// The inflow is `z = max(0, y)`; the lag carries the truncated value.
    Truncation,
    /// Water may be made up at a penalty in the water balance of any plant; the lag carries the natural value.
    Penalty,
    /// Both: truncated inflow, and the penalised source of water.
    TruncationWithPenalty,
}

impl InflowNonNegativity {
    /// Whether negative natural inflow is cut off at zero.
    pub fn truncates(self) -> bool {
        matches!(self, Self::Truncation | Self::TruncationWithPenalty)
    }
    /// Whether the water balance has a penalised source.
    pub fn penalises(self) -> bool {
        matches!(self, Self::Penalty | Self::TruncationWithPenalty)
    }
}

/// Everything that defines the optimisation problem: what [`train`](crate::sddp::train) and
/// [`simulate`](crate::simulation::simulate) work on.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// The system, resolved per stage.
    pub system: System,
    /// The inflow model.
    pub inflow: ParModel,
    /// The noise realisations of every stage.
    pub openings: OpeningTree,
    /// Treatment of negative inflow.
    pub inflow_non_negativity: InflowNonNegativity,
    /// Divisor of all costs inside the solver; results are unscaled.
    pub cost_scale_factor: f64,
}
