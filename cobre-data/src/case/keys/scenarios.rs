//! Objects of `initial_conditions.json` and of the JSON files in `scenarios/`.

use super::{Shape, noted, read, refused, retired};

const INITIAL: &str = "initial_conditions.json";
const FACTORS: &str = "scenarios/load_factors.json";
const CORRELATION: &str = "scenarios/correlation.json";

pub(in crate::case) static INITIAL_CONDITIONS: Shape = Shape {
    file: INITIAL,
    path: "",
    keys: &[
        read("storage"),
        noted("filling_storage", "must be there and empty; entries: `unsupported.filling`"),
        read("recent_observations"),
        refused("past_anticipated_commitments", "unsupported.anticipated_thermals"),
        refused("past_defluences", "unsupported.travel_time"),
        retired("past_inflows", "give scenarios/inflow_history.parquet"),
    ],
};
pub(in crate::case) static STORAGE: Shape =
    Shape { file: INITIAL, path: "storage[]", keys: &[read("hydro_id"), read("value_hm3")] };
pub(in crate::case) static OBSERVATION: Shape = Shape {
    file: INITIAL,
    path: "recent_observations[]",
    keys: &[read("hydro_id"), read("start_date"), read("end_date"), read("value_m3s")],
};
pub(in crate::case) static LOAD_FACTORS: Shape = Shape { file: FACTORS, path: "", keys: &[read("load_factors")] };
pub(in crate::case) static LOAD_FACTOR: Shape =
    Shape { file: FACTORS, path: "load_factors[]", keys: &[read("bus_id"), read("stage_id"), read("block_factors")] };
pub(in crate::case) static BLOCK_FACTOR: Shape =
    Shape { file: FACTORS, path: "load_factors[].block_factors[]", keys: &[read("block_id"), read("factor")] };
pub(in crate::case) static CORRELATION_ROOT: Shape =
    Shape { file: CORRELATION, path: "", keys: &[noted("method", "`spectral`"), read("profiles"), read("schedule")] };
pub(in crate::case) static PROFILE: Shape =
    Shape { file: CORRELATION, path: "profiles.*", keys: &[read("correlation_groups")] };
pub(in crate::case) static GROUP: Shape = Shape {
    file: CORRELATION,
    path: "profiles.*.correlation_groups[]",
    keys: &[read("name"), read("entities"), read("matrix")],
};
pub(in crate::case) static ENTITY: Shape = Shape {
    file: CORRELATION,
    path: "profiles.*.correlation_groups[].entities[]",
    keys: &[noted("type", "`inflow`, `load`; `ncs`: `unsupported.non_controllable_sources`"), read("id")],
};
pub(in crate::case) static SCHEDULE: Shape =
    Shape { file: CORRELATION, path: "schedule[]", keys: &[read("stage_id"), read("profile_name")] };

#[cfg(test)]
pub(super) const SHAPES: &[&Shape] = &[
    &INITIAL_CONDITIONS,
    &STORAGE,
    &OBSERVATION,
    &LOAD_FACTORS,
    &LOAD_FACTOR,
    &BLOCK_FACTOR,
    &CORRELATION_ROOT,
    &PROFILE,
    &GROUP,
    &ENTITY,
    &SCHEDULE,
];
