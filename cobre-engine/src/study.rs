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

/// The divisor of costs that suits a system: a power of ten that brings the cost of the study to the order of 10⁵.
///
/// A solver compares reduced costs with an absolute tolerance. Too large a divisor lets columns of wide range stop short
/// of the optimum; too small a one makes the cost-to-go so large that its rounding exceeds the tolerance of the cut
/// rows. The cost is estimated as all demand at the median price of the thermal plants.
pub fn natural_cost_scale(system: &System) -> f64 {
    const TARGET: i32 = 5;
    let mut prices: Vec<f64> =
        system.thermals().iter().map(|thermal| thermal.stages[0].cost_per_mwh).filter(|price| *price > 0.0).collect();
    prices.sort_by(f64::total_cmp);
    let price = match prices.get(prices.len() / 2) {
        Some(&price) => price,
        None => system.buses().iter().map(|bus| bus.deficit_segments[0].cost_per_mwh).fold(0.0, f64::max),
    };
    let mut demand_mwh = 0.0;
    for bus in system.buses() {
        for (stage, data) in system.stages().iter().zip(&bus.stages) {
            for (block, factor) in stage.blocks.iter().zip(&data.load_factors) {
                demand_mwh += data.load_mean_mw * factor * block.hours;
            }
        }
    }
    let estimate = price * demand_mwh;
    if estimate >= 1.0 && estimate.is_finite() {
        10f64.powi((estimate.log10().floor() as i32 - TARGET).max(0))
    } else {
        1.0
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
