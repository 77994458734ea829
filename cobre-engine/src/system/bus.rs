/// One step of the deficit cost curve of a bus.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeficitSegment {
    /// Depth (MW); the last segment is infinite.
    pub depth_mw: f64,
    /// Cost of unserved energy ($/MWh), increasing along the curve.
    pub cost_per_mwh: f64,
}

/// Demand and excess price of a bus at a stage.
///
/// The demand of block `k` is `max(0, mean + std·η)·factors[k]`, with η the bus's component of the noise vector when
/// `load_std_mw > 0`.
#[derive(Debug, Clone, PartialEq)]
pub struct BusStage {
    /// Mean demand (MW).
    pub load_mean_mw: f64,
    /// Standard deviation of the demand (MW); 0 makes it deterministic.
    pub load_std_mw: f64,
    /// Factor of every block on the demand of the stage.
    pub load_factors: Vec<f64>,
    /// Cost of energy that finds no use ($/MWh).
    pub excess_cost_per_mwh: f64,
}

/// A node of the energy balance.
#[derive(Debug, Clone, PartialEq)]
pub struct Bus {
    /// Label in the data.
    pub id: i32,
    /// Name, for outputs.
    pub name: String,
    /// Deficit cost curve, costs increasing, the last depth infinite.
    pub deficit_segments: Vec<DeficitSegment>,
    /// What differs from stage to stage.
    pub stages: Vec<BusStage>,
}

impl Bus {
    /// Whether any stage has a stochastic demand; such a bus owns one component of the noise vector.
    pub fn has_stochastic_load(&self) -> bool {
        self.stages.iter().any(|stage| stage.load_std_mw > 0.0)
    }
}
