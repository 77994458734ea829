use super::Limits;

/// Price and limits of a thermal plant at a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct ThermalStage {
    /// Variable cost ($/MWh).
    pub cost_per_mwh: f64,
    /// Hard generation limits per block (MW); `[0, 0]` where the plant is not in operation.
    pub generation_mw: Vec<Limits>,
}

/// A thermal plant.
#[derive(Debug, Clone, PartialEq)]
pub struct Thermal {
    /// Label in the data.
    pub id: i32,
    /// Name, for outputs.
    pub name: String,
    /// Position of its bus.
    pub bus: usize,
    /// What differs from stage to stage.
    pub stages: Vec<ThermalStage>,
}
