//! Objects of `penalties.json` and of the JSON files in `system/`.

use super::{Key, Shape, accepted, noted, read, refused, retired};

const PENALTIES: &str = "penalties.json";
const BUSES: &str = "system/buses.json";
const LINES: &str = "system/lines.json";
const THERMALS: &str = "system/thermals.json";
const HYDROS: &str = "system/hydros.json";
const PRODUCTION: &str = "system/hydro_production_models.json";
const NO_HEAD: &str = "only head-dependent production would use it";
const NO_STORED_ENERGY: &str = "no energy conversion is reported";

pub(in crate::case) static PENALTIES_ROOT: Shape = Shape {
    file: PENALTIES,
    path: "",
    keys: &[
        read("bus"),
        read("line"),
        read("hydro"),
        read("non_controllable_source"),
        retired("version", "the format has no version key"),
    ],
};
pub(in crate::case) static PENALTIES_BUS: Shape =
    Shape { file: PENALTIES, path: "bus", keys: &[read("deficit_segments"), read("excess_cost")] };
pub(in crate::case) static DEFICIT_SEGMENT: Shape = Shape {
    file: "penalties.json, system/buses.json",
    path: "deficit_segments[]",
    keys: &[noted("depth_mw", "null: the last, unlimited segment"), noted("cost", "strictly increasing")],
};
pub(in crate::case) static PENALTIES_LINE: Shape =
    Shape { file: PENALTIES, path: "line", keys: &[read("exchange_cost")] };
pub(in crate::case) static PENALTIES_NCS: Shape = Shape {
    file: PENALTIES,
    path: "non_controllable_source",
    keys: &[noted("curtailment_cost", "checked; sources themselves are refused")],
};

const CHECKED: &str = "checked; has an effect with reservoirs in filling only, which are refused";
const CHECKED_EVAPORATION: &str = "checked; has an effect with evaporation only, which is refused";
const SPILLAGE: Key = read("spillage_cost");
const TURBINED: Key = read("turbined_cost");
const DIVERSION: Key = read("diversion_cost");
const STORAGE_BELOW: Key = noted("storage_violation_below_cost", CHECKED);
const FILLING_TARGET: Key = noted("filling_target_violation_cost", CHECKED);
const TURBINED_BELOW: Key = read("turbined_violation_below_cost");
const OUTFLOW_BELOW: Key = read("outflow_violation_below_cost");
const OUTFLOW_ABOVE: Key = read("outflow_violation_above_cost");
const GENERATION_BELOW: Key = read("generation_violation_below_cost");
const EVAPORATION: Key = noted("evaporation_violation_cost", CHECKED_EVAPORATION);
const WITHDRAWAL: Key = read("water_withdrawal_violation_cost");
const NONNEGATIVITY: Key = read("inflow_nonnegativity_cost");
const FPHA_TURBINED: Key = retired("fpha_turbined_cost", "use turbined_cost, which applies to every plant");

pub(in crate::case) static PENALTIES_HYDRO: Shape = Shape {
    file: PENALTIES,
    path: "hydro",
    keys: &[
        SPILLAGE,
        TURBINED,
        DIVERSION,
        STORAGE_BELOW,
        FILLING_TARGET,
        TURBINED_BELOW,
        OUTFLOW_BELOW,
        OUTFLOW_ABOVE,
        GENERATION_BELOW,
        EVAPORATION,
        WITHDRAWAL,
        noted("evaporation_violation_pos_cost", CHECKED_EVAPORATION),
        noted("evaporation_violation_neg_cost", CHECKED_EVAPORATION),
        noted("water_withdrawal_violation_pos_cost", "default: the symmetric cost"),
        noted("water_withdrawal_violation_neg_cost", "default: the symmetric cost"),
        NONNEGATIVITY,
        FPHA_TURBINED,
    ],
};
pub(in crate::case) static BUSES_ROOT: Shape = Shape { file: BUSES, path: "", keys: &[read("buses")] };
pub(in crate::case) static BUS: Shape = Shape {
    file: BUSES,
    path: "buses[]",
    keys: &[read("id"), read("name"), read("operational_start_date"), read("deficit_segments")],
};
pub(in crate::case) static LINES_ROOT: Shape = Shape { file: LINES, path: "", keys: &[read("lines")] };
pub(in crate::case) static LINE: Shape = Shape {
    file: LINES,
    path: "lines[]",
    keys: &[
        read("id"),
        read("name"),
        read("operational_start_date"),
        read("source_bus_id"),
        read("target_bus_id"),
        read("entry_stage_id"),
        read("exit_stage_id"),
        read("capacity"),
        read("exchange_cost"),
        noted("losses_percent", "reported, without effect on the balance"),
    ],
};
pub(in crate::case) static CAPACITY: Shape =
    Shape { file: LINES, path: "lines[].capacity", keys: &[read("direct_mw"), read("reverse_mw")] };
pub(in crate::case) static THERMALS_ROOT: Shape = Shape { file: THERMALS, path: "", keys: &[read("thermals")] };
pub(in crate::case) static THERMAL: Shape = Shape {
    file: THERMALS,
    path: "thermals[]",
    keys: &[
        read("id"),
        read("name"),
        read("operational_start_date"),
        read("bus_id"),
        read("entry_stage_id"),
        read("exit_stage_id"),
        read("cost_per_mwh"),
        read("generation"),
        refused("anticipated_config", "unsupported.anticipated_thermals"),
        retired("gnl_config", "use anticipated_config"),
    ],
};
pub(in crate::case) static THERMAL_GENERATION: Shape =
    Shape { file: THERMALS, path: "thermals[].generation", keys: &[read("min_mw"), read("max_mw")] };
pub(in crate::case) static HYDROS_ROOT: Shape = Shape { file: HYDROS, path: "", keys: &[read("hydros")] };
pub(in crate::case) static HYDRO: Shape = Shape {
    file: HYDROS,
    path: "hydros[]",
    keys: &[
        read("id"),
        read("name"),
        read("operational_start_date"),
        read("downstream_id"),
        noted("travel_time_hours", "0 or absent; more: `unsupported.travel_time`"),
        noted("entry_stage_id", "must leave the plant in operation: else `unsupported.hydro_entry_exit`"),
        noted("exit_stage_id", "must leave the plant in operation: else `unsupported.hydro_entry_exit`"),
        read("reservoir"),
        read("outflow"),
        read("generation"),
        accepted("tailrace", NO_HEAD),
        accepted("hydraulic_losses", NO_HEAD),
        accepted("efficiency", NO_HEAD),
        refused("evaporation", "unsupported.evaporation"),
        read("diversion"),
        refused("filling", "unsupported.filling"),
        read("unit_groups"),
        accepted("specific_productivity_mw_per_m3s_per_m", NO_STORED_ENERGY),
        read("penalties"),
        retired("bus_id", "the bus is a key of each of the unit_groups"),
    ],
};
pub(in crate::case) static RESERVOIR: Shape =
    Shape { file: HYDROS, path: "hydros[].reservoir", keys: &[read("min_storage_hm3"), read("max_storage_hm3")] };
pub(in crate::case) static OUTFLOW: Shape = Shape {
    file: HYDROS,
    path: "hydros[].outflow",
    keys: &[read("min_outflow_m3s"), noted("max_outflow_m3s", "null: no maximum")],
};
pub(in crate::case) static GENERATION: Shape = Shape {
    file: HYDROS,
    path: "hydros[].generation",
    keys: &[
        noted(
            "model",
            "`constant_productivity`; `linearized_head`: `unsupported.linearized_head`; `fpha`: `unsupported.fpha`",
        ),
        read("min_turbined_m3s"),
        read("max_turbined_m3s"),
        read("min_generation_mw"),
        read("max_generation_mw"),
        retired("productivity_mw_per_m3s", "give it in system/hydro_production_models.json"),
    ],
};
pub(in crate::case) static DIVERSION_OBJECT: Shape =
    Shape { file: HYDROS, path: "hydros[].diversion", keys: &[read("downstream_id"), read("max_flow_m3s")] };
pub(in crate::case) static UNIT_GROUP: Shape = Shape {
    file: HYDROS,
    path: "hydros[].unit_groups[]",
    keys: &[
        read("id"),
        read("name"),
        read("bus_id"),
        read("min_generation_mw"),
        read("max_generation_mw"),
        read("min_turbined_m3s"),
        read("max_turbined_m3s"),
    ],
};
pub(in crate::case) static HYDRO_PENALTIES: Shape = Shape {
    file: HYDROS,
    path: "hydros[].penalties",
    keys: &[
        SPILLAGE,
        DIVERSION,
        TURBINED,
        STORAGE_BELOW,
        FILLING_TARGET,
        TURBINED_BELOW,
        OUTFLOW_BELOW,
        OUTFLOW_ABOVE,
        GENERATION_BELOW,
        EVAPORATION,
        WITHDRAWAL,
        NONNEGATIVITY,
        FPHA_TURBINED,
    ],
};
pub(in crate::case) static PRODUCTION_ROOT: Shape = Shape {
    file: PRODUCTION,
    path: "",
    keys: &[read("production_models"), accepted("fpha_plane_reduction", "there are no planes")],
};
pub(in crate::case) static PRODUCTION_MODEL: Shape = Shape {
    file: PRODUCTION,
    path: "production_models[]",
    keys: &[
        read("hydro_id"),
        noted("selection_mode", "`stage_ranges`, `seasonal`"),
        noted("stage_ranges", "of `stage_ranges`"),
        noted("default_model", "of `seasonal`"),
        noted("seasons", "of `seasonal`"),
    ],
};
const MODEL: Key = noted(
    "model",
    "`constant_productivity`; `linearized_head`: `unsupported.linearized_head`; `fpha`: `unsupported.fpha`",
);
const OVERRIDE: Key = retired("productivity_override", "use productivity_mw_per_m3s");
pub(in crate::case) static STAGE_RANGE: Shape = Shape {
    file: PRODUCTION,
    path: "production_models[].stage_ranges[]",
    keys: &[
        read("start_stage_id"),
        noted("end_stage_id", "inclusive; null: to the end"),
        MODEL,
        accepted("fpha_config", NO_HEAD),
        accepted("reference_volume", NO_STORED_ENERGY),
        read("productivity_mw_per_m3s"),
        OVERRIDE,
    ],
};
pub(in crate::case) static SEASON_MODEL: Shape = Shape {
    file: PRODUCTION,
    path: "production_models[].seasons[]",
    keys: &[
        read("season_id"),
        MODEL,
        accepted("fpha_config", NO_HEAD),
        accepted("reference_volume", NO_STORED_ENERGY),
        read("productivity_mw_per_m3s"),
        OVERRIDE,
    ],
};

#[cfg(test)]
pub(super) const SHAPES: &[&Shape] = &[
    &PENALTIES_ROOT,
    &PENALTIES_BUS,
    &DEFICIT_SEGMENT,
    &PENALTIES_LINE,
    &PENALTIES_HYDRO,
    &PENALTIES_NCS,
    &BUSES_ROOT,
    &BUS,
    &LINES_ROOT,
    &LINE,
    &CAPACITY,
    &THERMALS_ROOT,
    &THERMAL,
    &THERMAL_GENERATION,
    &HYDROS_ROOT,
    &HYDRO,
    &RESERVOIR,
    &OUTFLOW,
    &GENERATION,
    &DIVERSION_OBJECT,
    &UNIT_GROUP,
    &HYDRO_PENALTIES,
    &PRODUCTION_ROOT,
    &PRODUCTION_MODEL,
    &STAGE_RANGE,
    &SEASON_MODEL,
];
