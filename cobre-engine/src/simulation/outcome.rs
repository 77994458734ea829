use crate::sddp::SolverStatistics;

/// Cost of one stage, by cause ($, undiscounted).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CostBreakdown {
    /// Objective of the stage problem: immediate plus future cost.
    pub total_cost: f64,
    /// Cost of the stage itself.
    pub immediate_cost: f64,
    /// Discounted cost-to-go `d_t·θ`.
    pub future_cost: f64,
    /// Cumulative discount factor `D(t)`, 1 at the first stage.
    pub discount_factor: f64,
    /// Thermal generation.
    pub thermal_cost: f64,
    /// Unserved energy.
    pub deficit_cost: f64,
    /// Energy without use.
    pub excess_cost: f64,
    /// Outflow below its minimum.
    pub outflow_violation_below_cost: f64,
    /// Outflow above its maximum.
    pub outflow_violation_above_cost: f64,
    /// Turbined flow below its minimum.
    pub turbined_violation_cost: f64,
    /// Generation below its minimum.
    pub generation_violation_cost: f64,
    /// Withdrawal off its target.
    pub withdrawal_violation_cost: f64,
    /// Water made up for negative inflow.
    pub inflow_penalty_cost: f64,
    /// Spillage and diversion.
    pub spillage_cost: f64,
    /// Turbined flow.
    pub turbined_cost: f64,
    /// Exchange over lines.
    pub exchange_cost: f64,
}

/// Cost of one block, by cause ($, undiscounted). What a plant pays over the whole stage (withdrawal, water made up)
/// belongs to no block.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BlockCost {
    /// Thermal generation.
    pub thermal_cost: f64,
    /// Unserved energy.
    pub deficit_cost: f64,
    /// Energy without use.
    pub excess_cost: f64,
    /// Outflow below its minimum.
    pub outflow_violation_below_cost: f64,
    /// Outflow above its maximum.
    pub outflow_violation_above_cost: f64,
    /// Turbined flow below its minimum.
    pub turbined_violation_cost: f64,
    /// Generation below its minimum.
    pub generation_violation_cost: f64,
    /// Spillage and diversion. Where they are one volume over the stage, by the hours of the block.
    pub spillage_cost: f64,
    /// Turbined flow.
    pub turbined_cost: f64,
    /// Exchange over lines.
    pub exchange_cost: f64,
}

impl CostBreakdown {
    /// Adds a block to the causes it has.
    pub(crate) fn add_block(&mut self, block: &BlockCost) {
        self.thermal_cost += block.thermal_cost;
        self.deficit_cost += block.deficit_cost;
        self.excess_cost += block.excess_cost;
        self.outflow_violation_below_cost += block.outflow_violation_below_cost;
        self.outflow_violation_above_cost += block.outflow_violation_above_cost;
        self.turbined_violation_cost += block.turbined_violation_cost;
        self.generation_violation_cost += block.generation_violation_cost;
        self.spillage_cost += block.spillage_cost;
        self.turbined_cost += block.turbined_cost;
        self.exchange_cost += block.exchange_cost;
    }
}

/// What a plant does over a whole stage.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HydroOutcome {
    /// Storage at the start (hm³).
    pub storage_initial_hm3: f64,
    /// Storage at the end (hm³).
    pub storage_final_hm3: f64,
    /// Incremental inflow (m³/s), after truncation where the study truncates.
    pub inflow_m3s: f64,
    /// Dual of the water balance: change of the stage objective per hm³ of extra incoming water ($/hm³, ≤ 0 as a
    /// rule: water saves money). Same sign as the dual of the row `v − v_in − … = …`.
    pub water_value_per_hm3: f64,
    /// Water made up for negative inflow (m³/s).
    pub inflow_nonnegativity_slack_m3s: f64,
    /// Withdrawal above its target (m³/s).
    pub withdrawal_violation_pos_m3s: f64,
    /// Withdrawal below its target (m³/s).
    pub withdrawal_violation_neg_m3s: f64,
}

/// What a plant does in a block.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HydroBlockOutcome {
    /// Turbined flow, all cells (m³/s).
    pub turbined_m3s: f64,
    /// Spilled flow (m³/s).
    pub spillage_m3s: f64,
    /// Flow diverted away (m³/s).
    pub diverted_outflow_m3s: f64,
    /// Flow diverted into the plant by others (m³/s).
    pub diverted_inflow_m3s: f64,
    /// Generation, all cells (MW).
    pub generation_mw: f64,
    /// Cost of spillage and diversion ($).
    pub spillage_cost: f64,
    /// Turbined flow missing to its minimum (m³/s).
    pub turbined_slack_m3s: f64,
    /// Outflow missing to its minimum (m³/s).
    pub outflow_slack_below_m3s: f64,
    /// Outflow beyond its maximum (m³/s).
    pub outflow_slack_above_m3s: f64,
    /// Generation missing to its minimum (MW).
    pub generation_slack_mw: f64,
}

/// What a line carries in a block.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LineBlockOutcome {
    /// Flow from source to target (MW).
    pub direct_mw: f64,
    /// Flow from target to source (MW).
    pub reverse_mw: f64,
}

/// The energy balance of a bus in a block.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BusBlockOutcome {
    /// Demand (MW).
    pub load_mw: f64,
    /// Unserved power (MW).
    pub deficit_mw: f64,
    /// Power without use (MW).
    pub excess_mw: f64,
    /// Marginal cost: dual of the energy balance over the block hours ($/MWh).
    pub spot_price: f64,
}

/// Everything that happens at one stage of one scenario.
///
/// Vectors over (entity, block) are entity-major: element `entity·n_blocks + block`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StageOutcome {
    /// Position of the opening that was drawn.
    pub opening: usize,
    /// Cost by cause.
    pub cost: CostBreakdown,
    /// Cost of every block by cause. Their sum, in order, is what `cost` has of these causes, to the bit.
    pub block_costs: Vec<BlockCost>,
    /// Per plant.
    pub hydros: Vec<HydroOutcome>,
    /// Per (plant, block).
    pub hydro_blocks: Vec<HydroBlockOutcome>,
    /// Turbined flow and generation (m³/s, MW) per cell and block, cells of a plant next to each other in the order
    /// of [`Hydro::cell_buses`](crate::system::Hydro::cell_buses): element `cell·n_blocks + block`.
    pub cells: Vec<(f64, f64)>,
    /// Generation (MW) per (thermal, block).
    pub thermal_mw: Vec<f64>,
    /// Per (line, block).
    pub lines: Vec<LineBlockOutcome>,
    /// Per (bus, block).
    pub buses: Vec<BusBlockOutcome>,
    /// Inflow lags known on entry (m³/s), element `lag·n_hydros + plant`, lag 0 the most recent.
    pub inflow_lags_m3s: Vec<f64>,
    /// Work of the solver on the stage problem; times are those of the clock handed in.
    pub solver: SolverStatistics,
}
