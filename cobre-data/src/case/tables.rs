//! The Parquet files that are read, and their columns.

use super::range::Range;
use super::table::{Column, Kind, Presence, TableShape};

const fn id(name: &'static str) -> Column {
    Column { name, kind: Kind::Id, presence: Presence::Required }
}
const fn nullable_id(name: &'static str) -> Column {
    Column { name, kind: Kind::Id, presence: Presence::Nullable }
}
const fn optional_id(name: &'static str) -> Column {
    Column { name, kind: Kind::Id, presence: Presence::Optional }
}
const fn index(name: &'static str) -> Column {
    Column { name, kind: Kind::Index, presence: Presence::Required }
}
const fn day(name: &'static str) -> Column {
    Column { name, kind: Kind::Day, presence: Presence::Required }
}
const fn number(name: &'static str, range: Range) -> Column {
    Column { name, kind: Kind::Number(range), presence: Presence::Required }
}
const fn nullable(name: &'static str, range: Range) -> Column {
    Column { name, kind: Kind::Number(range), presence: Presence::Nullable }
}
const fn optional(name: &'static str, range: Range) -> Column {
    Column { name, kind: Kind::Number(range), presence: Presence::Optional }
}
const fn flow(name: &'static str) -> Column {
    optional(name, Range::NOT_NEGATIVE)
}
const fn price(name: &'static str) -> Column {
    optional(name, Range::POSITIVE)
}

pub(super) static INFLOW_STATS: TableShape = TableShape {
    file: "scenarios/inflow_seasonal_stats.parquet",
    columns: &[
        id("hydro_id"),
        id("stage_id"),
        number("mean_m3s", Range::FINITE),
        number("std_m3s", Range::NOT_NEGATIVE),
    ],
};
pub(super) static INFLOW_AR: TableShape = TableShape {
    file: "scenarios/inflow_ar_coefficients.parquet",
    columns: &[id("hydro_id"), id("stage_id"), id("lag"), number("coefficient", Range::FINITE)],
};
pub(super) static INFLOW_HISTORY: TableShape = TableShape {
    file: "scenarios/inflow_history.parquet",
    columns: &[id("hydro_id"), day("start_date"), day("end_date"), number("value_m3s", Range::FINITE)],
};
pub(super) static LOAD_STATS: TableShape = TableShape {
    file: "scenarios/load_seasonal_stats.parquet",
    columns: &[id("bus_id"), id("stage_id"), number("mean_mw", Range::FINITE), number("std_mw", Range::NOT_NEGATIVE)],
};
pub(super) static NOISE_OPENINGS: TableShape = TableShape {
    file: "scenarios/noise_openings.parquet",
    columns: &[id("stage_id"), index("opening_index"), index("entity_index"), number("value", Range::FINITE)],
};
pub(super) static ENERGY_PRODUCTIVITY: TableShape = TableShape {
    file: "system/hydro_energy_productivity.parquet",
    columns: &[
        id("hydro_id"),
        nullable_id("stage_id"),
        nullable("equivalent_productivity_mw_per_m3s", Range::NOT_NEGATIVE),
        nullable("reference_outflow_m3s", Range::NOT_NEGATIVE),
        nullable("specific_productivity_mw_per_m3s_per_m", Range::NOT_NEGATIVE),
    ],
};
pub(super) static THERMAL_BOUNDS: TableShape = TableShape {
    file: "constraints/thermal_bounds.parquet",
    columns: &[
        id("thermal_id"),
        id("stage_id"),
        optional_id("block_id"),
        flow("min_generation_mw"),
        flow("max_generation_mw"),
        flow("cost_per_mwh"),
    ],
};
pub(super) static HYDRO_BOUNDS: TableShape = TableShape {
    file: "constraints/hydro_bounds.parquet",
    columns: &[
        id("hydro_id"),
        id("stage_id"),
        optional_id("block_id"),
        flow("min_turbined_m3s"),
        flow("max_turbined_m3s"),
        flow("min_storage_hm3"),
        flow("max_storage_hm3"),
        flow("min_outflow_m3s"),
        flow("max_outflow_m3s"),
        flow("min_generation_mw"),
        flow("max_generation_mw"),
        flow("min_diversion_m3s"),
        flow("max_diversion_m3s"),
        flow("min_spillage_m3s"),
        flow("max_spillage_m3s"),
        flow("filling_min_rate_m3s"),
        optional("water_withdrawal_m3s", Range::FINITE),
    ],
};
pub(super) static LINE_BOUNDS: TableShape = TableShape {
    file: "constraints/line_bounds.parquet",
    columns: &[id("line_id"), id("stage_id"), optional_id("block_id"), flow("direct_mw"), flow("reverse_mw")],
};
pub(super) static BUS_PENALTIES: TableShape = TableShape {
    file: "constraints/penalty_overrides_bus.parquet",
    columns: &[id("bus_id"), id("stage_id"), price("excess_cost")],
};
pub(super) static LINE_PENALTIES: TableShape = TableShape {
    file: "constraints/penalty_overrides_line.parquet",
    columns: &[id("line_id"), id("stage_id"), price("exchange_cost")],
};
pub(super) static HYDRO_PENALTIES: TableShape = TableShape {
    file: "constraints/penalty_overrides_hydro.parquet",
    columns: &[
        id("hydro_id"),
        id("stage_id"),
        price("spillage_cost"),
        price("turbined_cost"),
        price("diversion_cost"),
        price("storage_violation_below_cost"),
        price("filling_target_violation_cost"),
        price("turbined_violation_below_cost"),
        price("outflow_violation_below_cost"),
        price("outflow_violation_above_cost"),
        price("generation_violation_below_cost"),
        price("evaporation_violation_cost"),
        price("water_withdrawal_violation_cost"),
        price("evaporation_violation_pos_cost"),
        price("evaporation_violation_neg_cost"),
        price("water_withdrawal_violation_pos_cost"),
        price("water_withdrawal_violation_neg_cost"),
        price("inflow_nonnegativity_cost"),
    ],
};

/// All tables that are read.
pub(super) const ALL: &[&TableShape] = &[
    &INFLOW_STATS,
    &INFLOW_AR,
    &INFLOW_HISTORY,
    &LOAD_STATS,
    &NOISE_OPENINGS,
    &ENERGY_PRODUCTIVITY,
    &THERMAL_BOUNDS,
    &HYDRO_BOUNDS,
    &LINE_BOUNDS,
    &BUS_PENALTIES,
    &LINE_PENALTIES,
    &HYDRO_PENALTIES,
];
