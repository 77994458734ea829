use super::Limits;

/// Generating units of a plant that feed one bus.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitGroup {
    /// Label in the data, unique within the plant.
    pub id: i32,
    /// Name, for outputs.
    pub name: String,
    /// Position of its bus.
    pub bus: usize,
    /// Turbined flow (m³/s).
    pub turbined_m3s: Limits,
    /// Generation (MW).
    pub generation_mw: Limits,
}

/// Prices of the soft limits of a plant at a stage.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HydroPenalties {
    /// Spilled flow, $/(m³/s·h).
    pub spillage_cost: f64,
    /// Turbined flow, $/(m³/s·h).
    pub turbined_cost: f64,
    /// Diverted flow, $/(m³/s·h).
    pub diversion_cost: f64,
    /// Turbined flow below its minimum, $/(m³/s·h).
    pub turbined_violation_below_cost: f64,
    /// Outflow below its minimum, $/(m³/s·h).
    pub outflow_violation_below_cost: f64,
    /// Outflow above its maximum, $/(m³/s·h).
    pub outflow_violation_above_cost: f64,
    /// Generation below its minimum, $/MWh.
    pub generation_violation_below_cost: f64,
    /// Withdrawal above the demanded value, $/(m³/s·h).
    pub water_withdrawal_violation_pos_cost: f64,
    /// Withdrawal below the demanded value, $/(m³/s·h).
    pub water_withdrawal_violation_neg_cost: f64,
    /// Water made up where the inflow is negative, $/(m³/s·h).
    pub inflow_nonnegativity_cost: f64,
}

/// Limits of a plant in a block.
#[derive(Debug, Clone, PartialEq)]
pub struct HydroBlock {
    /// Turbined flow of the plant (m³/s). The minimum is soft.
    pub turbined_m3s: Limits,
    /// Generation of the plant (MW). The minimum is soft; the maximum acts through the turbined flow.
    pub generation_mw: Limits,
    /// Turbined plus spilled flow (m³/s); both ends are soft, the maximum may be infinite.
    pub outflow_m3s: Limits,
    /// Spilled flow (m³/s), hard; `[0, ∞)` by default.
    pub spillage_m3s: Limits,
    /// Diverted flow (m³/s), hard; `[0, 0]` without a diversion.
    pub diversion_m3s: Limits,
}

/// What differs from stage to stage for a plant.
#[derive(Debug, Clone, PartialEq)]
pub struct HydroStage {
    /// Productivity ρ (MW per m³/s), constant within the stage.
    pub productivity_mw_per_m3s: f64,
    /// Storage at the end of the stage (hm³), hard.
    pub storage_hm3: Limits,
    /// Water taken from the plant (m³/s); negative returns water. Soft.
    pub water_withdrawal_m3s: f64,
    /// Prices of the soft limits.
    pub penalties: HydroPenalties,
    /// Limits per block.
    pub blocks: Vec<HydroBlock>,
}

/// A hydro plant with its reservoir.
#[derive(Debug, Clone, PartialEq)]
pub struct Hydro {
    /// Label in the data.
    pub id: i32,
    /// Name, for outputs.
    pub name: String,
    /// Position of the plant that receives turbined and spilled water; none: the water leaves the system.
    pub downstream: Option<usize>,
    /// Position of the plant that receives diverted water.
    pub diversion_downstream: Option<usize>,
    /// Unit groups, at least one, by id.
    pub unit_groups: Vec<UnitGroup>,
    /// What differs from stage to stage.
    pub stages: Vec<HydroStage>,
}

impl Hydro {
    /// Positions of the buses the plant feeds, in order of first appearance among its unit groups. All units of a
    /// plant on one bus form a *cell*: one turbined flow in the stage problem.
    pub fn cell_buses(&self) -> Vec<usize> {
        let mut buses = Vec::new();
        for group in &self.unit_groups {
            if !buses.contains(&group.bus) {
                buses.push(group.bus);
            }
        }
        buses
    }
}
