use super::training::SOLVER_COLUMNS;
use super::{Column, ColumnType, SCENARIO_BUCKET, Table, TablePhase};

const SCENARIO: Column = Column::id("scenario_id", "Scenario, 0-based.");
const STAGE: Column = Column::id("stage_id", "Label of the stage.");
const NODE: Column = Column::id("node_id", "Node of the policy graph: position of the stage, 0-based.");
const BLOCK: Column = Column::id("block_id", "Load block, 0-based.").nullable();
const STATE: Column =
    Column::new("operative_state_code", ColumnType::Int8, "", "0 deactivated, 2 operating, 3 at its maximum.");

const fn flow(name: &'static str, description: &'static str) -> Column {
    Column::float(name, "m3/s", description)
}

const fn volume(name: &'static str, description: &'static str) -> Column {
    Column::float(name, "hm3", description)
}

const fn power(name: &'static str, description: &'static str) -> Column {
    Column::float(name, "MW", description)
}

const fn energy(name: &'static str, description: &'static str) -> Column {
    Column::float(name, "MWh", description)
}

const fn cost(name: &'static str, description: &'static str) -> Column {
    Column::float(name, "$", description)
}

const fn productivity(name: &'static str, description: &'static str) -> Column {
    Column::float(name, "MW/(m3/s)", description)
}

pub(super) const fn bucketed(
    name: &'static str,
    description: &'static str,
    sort_by: &'static [&'static str],
    columns: &'static [Column],
) -> Table {
    Table {
        phase: TablePhase::Simulation,
        name,
        schema_version: 1,
        description,
        partition_by: &[SCENARIO_BUCKET],
        sort_by,
        columns,
    }
}

pub(super) const COST_COLUMNS: &[Column] = &[
    SCENARIO,
    STAGE,
    NODE,
    Column::id("block_id", "Null: costs are those of the whole stage.").nullable(),
    cost("total_cost", "Objective of the stage problem: immediate plus future cost."),
    cost("immediate_cost", "Cost of the stage itself."),
    cost("future_cost", "Cost-to-go, discounted by one step."),
    Column::float("discount_factor", "1", "Cumulative discount factor, 1 at the first stage."),
    cost("thermal_cost", "Thermal generation."),
    cost("anticipated_thermal_cost", "Thermal generation committed in advance; 0, not modelled."),
    cost("contract_cost", "Import and export contracts; 0, not modelled."),
    cost("deficit_cost", "Unserved energy."),
    cost("excess_cost", "Energy without use."),
    cost("storage_violation_cost", "Storage off its limits; 0, storage limits are hard."),
    cost("filling_target_cost", "Filling targets missed; 0, not modelled."),
    cost("hydro_violation_cost", "Sum of the outflow, turbined, generation, evaporation and withdrawal parts."),
    cost("outflow_violation_below_cost", "Outflow below its minimum."),
    cost("outflow_violation_above_cost", "Outflow above its maximum."),
    cost("turbined_violation_cost", "Turbined flow below its minimum."),
    cost("generation_violation_cost", "Generation below its minimum."),
    cost("evaporation_violation_cost", "Evaporation off its target; 0, not modelled."),
    cost("withdrawal_violation_cost", "Withdrawal off its target."),
    cost("inflow_penalty_cost", "Water made up for negative inflow."),
    cost("generic_violation_cost", "Generic constraints violated; 0, not modelled."),
    cost("spillage_cost", "Spillage and diversion."),
    cost("turbined_cost", "Turbined flow."),
    cost("curtailment_cost", "Non-controllable generation curtailed; 0, not modelled."),
    cost("exchange_cost", "Exchange over lines."),
    cost("pumping_cost", "Pumping; 0, not modelled."),
];

/// Cost by cause, one row per (scenario, stage).
pub static COSTS: Table =
    bucketed("costs", "Cost of a stage by cause, undiscounted.", &["stage_id", "scenario_id"], COST_COLUMNS);

pub(super) const BLOCK_COST_COLUMNS: &[Column] = &[
    SCENARIO,
    STAGE,
    NODE,
    BLOCK,
    cost("block_cost", "Sum of the causes that follow. What belongs to the whole stage is in `costs` alone."),
    cost("thermal_cost", "Thermal generation."),
    cost("deficit_cost", "Unserved energy."),
    cost("excess_cost", "Energy without use."),
    cost("outflow_violation_below_cost", "Outflow below its minimum."),
    cost("outflow_violation_above_cost", "Outflow above its maximum."),
    cost("turbined_violation_cost", "Turbined flow below its minimum."),
    cost("generation_violation_cost", "Generation below its minimum."),
    cost(
        "spillage_cost",
        "Spillage and diversion; where they are one volume over the stage, by the hours of the block.",
    ),
    cost("turbined_cost", "Turbined flow."),
    cost("exchange_cost", "Exchange over lines."),
];

/// Cost by cause and block, one row per (scenario, stage, block).
pub static BLOCK_COSTS: Table = bucketed(
    "block_costs",
    "Cost of a block by cause, undiscounted.",
    &["stage_id", "scenario_id", "block_id"],
    BLOCK_COST_COLUMNS,
);

pub(super) const HYDRO_COLUMNS: &[Column] = &[
    SCENARIO,
    STAGE,
    NODE,
    BLOCK,
    Column::id("hydro_id", "Label of the plant."),
    flow("turbined_m3s", "Turbined flow."),
    flow("spillage_m3s", "Spilled flow."),
    flow("outflow_m3s", "Turbined plus spilled flow."),
    flow("evaporation_m3s", "Evaporation; null, not modelled.").nullable(),
    flow("diverted_inflow_m3s", "Flow diverted into the plant; null where no plant diverts into it.").nullable(),
    flow("diverted_outflow_m3s", "Flow diverted away; null where the plant has no diversion.").nullable(),
    flow("incremental_inflow_m3s", "Incremental natural inflow."),
    flow("inflow_m3s", "The same incremental natural inflow."),
    volume("storage_initial_hm3", "Storage at the start of the stage."),
    volume("storage_final_hm3", "Storage at the end of the stage."),
    power("generation_mw", "Generation."),
    energy("generation_mwh", "Generation times block hours."),
    productivity("equivalent_productivity_mw_per_m3s", "Productivity of the plant."),
    productivity("accumulated_productivity_mw_per_m3s", "Productivity summed down the cascade, the plant included."),
    power("incremental_inflow_energy_mw", "Incremental inflow times accumulated productivity."),
    energy("stored_energy_initial_mwh", "Storage above its minimum at the start, at accumulated productivity."),
    energy("stored_energy_final_mwh", "Storage above its minimum at the end, at accumulated productivity."),
    cost("spillage_cost", "Spillage and diversion of the block."),
    Column::float("water_value_per_hm3", "$/hm3", "Dual of the water balance, non-positive as a rule."),
    Column::new(
        "storage_binding_code",
        ColumnType::Int8,
        "",
        "Final storage against its limits: 0 between, 1 at the minimum, 2 at the maximum, 3 both.",
    ),
    STATE,
    flow("turbined_slack_m3s", "Turbined flow missing to its minimum."),
    flow("outflow_slack_below_m3s", "Outflow missing to its minimum."),
    flow("outflow_slack_above_m3s", "Outflow beyond its maximum."),
    power("generation_slack_mw", "Generation missing to its minimum."),
    volume("storage_violation_below_hm3", "Storage missing to its minimum; 0, storage limits are hard."),
    volume("filling_target_violation_hm3", "Storage missing to a filling target; 0, not modelled."),
    flow("evaporation_violation_pos_m3s", "Evaporation above its target; 0, not modelled."),
    flow("evaporation_violation_neg_m3s", "Evaporation below its target; 0, not modelled."),
    flow("inflow_nonnegativity_slack_m3s", "Water made up for negative inflow."),
    flow("water_withdrawal_violation_pos_m3s", "Withdrawal above its target."),
    flow("water_withdrawal_violation_neg_m3s", "Withdrawal below its target."),
    productivity("integrated_equivalent_productivity_mw_per_m3s", "Productivity averaged over storage."),
    productivity(
        "integrated_accumulated_productivity_mw_per_m3s",
        "Productivity averaged over storage and summed down the cascade.",
    ),
    power("stored_energy_initial_mw", "Stored energy at the start over the stage hours."),
    power("stored_energy_final_mw", "Stored energy at the end over the stage hours."),
];

/// Hydro plants, one row per (plant, stage, scenario, block).
pub static HYDROS: Table = bucketed(
    "hydros",
    "Operation of a hydro plant. Storage, inflow, withdrawal and the values derived from them belong to the stage and \
     repeat in every block.",
    &["hydro_id", "stage_id", "scenario_id", "block_id"],
    HYDRO_COLUMNS,
);

pub(super) const CELL_COLUMNS: &[Column] = &[
    SCENARIO,
    STAGE,
    NODE,
    BLOCK,
    Column::id("hydro_id", "Label of the plant."),
    Column::id("bus_id", "Label of the bus."),
    flow("turbined_m3s", "Turbined flow."),
    power("generation_mw", "Generation."),
    energy("generation_mwh", "Generation times block hours."),
];

/// Plants by bus, one row per (plant, bus, stage, scenario, block).
pub static HYDRO_BUS_GENERATION: Table = bucketed(
    "hydro_bus_generation",
    "Operation of the units of a hydro plant that feed one bus.",
    &["hydro_id", "bus_id", "stage_id", "scenario_id", "block_id"],
    CELL_COLUMNS,
);

pub(super) const THERMAL_COLUMNS: &[Column] = &[
    SCENARIO,
    STAGE,
    NODE,
    BLOCK,
    Column::id("thermal_id", "Label of the plant."),
    power("generation_mw", "Generation."),
    energy("generation_mwh", "Generation times block hours."),
    cost("generation_cost", "Cost of the generated energy."),
    Column::new(
        "is_anticipated",
        ColumnType::Boolean,
        "",
        "Whether generation is committed in advance; false, not modelled.",
    ),
    power("anticipated_committed_mw", "Generation committed earlier; null, not modelled.").nullable(),
    power("anticipated_decision_mw", "Generation committed for later; null, not modelled.").nullable(),
    STATE,
];

/// Thermal plants, one row per (plant, stage, scenario, block).
pub static THERMALS: Table = bucketed(
    "thermals",
    "Operation of a thermal plant.",
    &["thermal_id", "stage_id", "scenario_id", "block_id"],
    THERMAL_COLUMNS,
);

pub(super) const EXCHANGE_COLUMNS: &[Column] = &[
    SCENARIO,
    STAGE,
    NODE,
    BLOCK,
    Column::id("line_id", "Label of the line."),
    power("direct_flow_mw", "Flow from source to target."),
    power("reverse_flow_mw", "Flow from target to source."),
    power("net_flow_mw", "Direct minus reverse flow."),
    energy("net_flow_mwh", "Net flow times block hours."),
    power("losses_mw", "Share of both flows that is lost: an after-the-fact figure, not in the energy balance."),
    energy("losses_mwh", "Losses times block hours."),
    cost("exchange_cost", "Cost of both flows."),
    STATE,
];

/// Lines, one row per (line, stage, scenario, block).
pub static EXCHANGES: Table =
    bucketed("exchanges", "Flow over a line.", &["line_id", "stage_id", "scenario_id", "block_id"], EXCHANGE_COLUMNS);

pub(super) const BUS_COLUMNS: &[Column] = &[
    SCENARIO,
    STAGE,
    NODE,
    BLOCK,
    Column::id("bus_id", "Label of the bus."),
    power("load_mw", "Demand."),
    energy("load_mwh", "Demand times block hours."),
    power("deficit_mw", "Unserved power."),
    energy("deficit_mwh", "Unserved power times block hours."),
    power("excess_mw", "Power without use."),
    energy("excess_mwh", "Power without use times block hours."),
    Column::float("spot_price", "$/MWh", "Marginal cost: dual of the energy balance over block hours."),
];

/// Buses, one row per (bus, stage, scenario, block).
pub static BUSES: Table =
    bucketed("buses", "Energy balance of a bus.", &["bus_id", "stage_id", "scenario_id", "block_id"], BUS_COLUMNS);

pub(super) const INFLOW_LAG_COLUMNS: &[Column] = &[
    SCENARIO,
    STAGE,
    NODE,
    Column::id("hydro_id", "Label of the plant."),
    Column::id("lag_index", "Lag, 0 the most recent."),
    flow("inflow_m3s", "Incremental natural inflow of that past stage."),
];

/// Inflow lags known on entry, one row per (plant, lag, stage, scenario).
pub static INFLOW_LAGS: Table = bucketed(
    "inflow_lags",
    "Past inflow known on entry to a stage; rows only where inflow depends on its past.",
    &["hydro_id", "lag_index", "stage_id", "scenario_id"],
    INFLOW_LAG_COLUMNS,
);

/// Path of a scenario, one row per (scenario, stage).
pub static PATHS: Table = bucketed(
    "paths",
    "Path of a scenario through the policy graph.",
    &["stage_id", "scenario_id"],
    &[
        SCENARIO,
        STAGE,
        NODE,
        Column::id("opening_index", "Opening that was drawn: its position among those of the stage, 0-based."),
    ],
);

/// Cost of a whole scenario, one row per scenario.
pub static SCENARIO_SUMMARY: Table = Table {
    phase: TablePhase::Simulation,
    name: "scenario_summary",
    schema_version: 2,
    description: "Cost of a scenario over all stages.",
    partition_by: &[SCENARIO_BUCKET],
    sort_by: &["scenario_id"],
    columns: &[
        SCENARIO,
        Column::float("probability", "1", "Probability of an enumerated scenario; null for sampled ones.").nullable(),
        cost("discounted_immediate_cost", "Immediate costs of all stages, each times its cumulative discount factor."),
    ],
};

/// Work of the solver in simulation, one row per (scenario, stage).
pub static SIMULATION_SOLVER_ITERATIONS: Table = Table {
    phase: TablePhase::Simulation,
    name: "solver_iterations",
    schema_version: 2,
    description: "Work of the solver at one stage of one scenario.",
    partition_by: &[SCENARIO_BUCKET],
    sort_by: &["stage_id", "scenario_id"],
    columns: SOLVER_COLUMNS,
};

/// Retries in simulation, one row per (bucket, step of the recovery ladder, stage) where there were any.
pub static SIMULATION_RETRY_HISTOGRAM: Table = Table {
    phase: TablePhase::Simulation,
    name: "retry_histogram",
    schema_version: 1,
    description: "Stage problems of a bucket that were solved only by a step of the recovery ladder; rows where there were \
                  any.",
    partition_by: &[SCENARIO_BUCKET],
    sort_by: &["retry_level", "stage_id"],
    columns: &[
        Column::new("phase", ColumnType::Utf8, "", "`simulation`."),
        STAGE,
        Column::new("retry_level", ColumnType::UInt32, "", "Step of the ladder that succeeded, 1-based."),
        Column::new("count", ColumnType::UInt64, "", "Stage problems, at least 1."),
    ],
};
