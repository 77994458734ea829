/// Capacity of a line in a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LineLimits {
    /// Capacity from source to target (MW).
    pub direct_mw: f64,
    /// Capacity from target to source (MW).
    pub reverse_mw: f64,
}

/// Capacity and price of a line at a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct LineStage {
    /// Cost of exchanged energy, in either direction ($/MWh).
    pub exchange_cost_per_mwh: f64,
    /// Capacities per block.
    pub blocks: Vec<LineLimits>,
}

/// A transmission line; lossless in the energy balance.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Label in the data.
    pub id: i32,
    /// Name, for outputs.
    pub name: String,
    /// Position of the bus at which the direct flow leaves.
    pub source_bus: usize,
    /// Position of the bus at which the direct flow arrives.
    pub target_bus: usize,
    /// Losses (%), an after-the-fact figure of the outputs.
    pub losses_percent: f64,
    /// What differs from stage to stage.
    pub stages: Vec<LineStage>,
}
