//! Objects of `stages.json`.

use super::{Shape, accepted, noted, read, refused, retired};

const FILE: &str = "stages.json";

pub(in crate::case) static ROOT: Shape = Shape {
    file: FILE,
    path: "",
    keys: &[
        read("season_definitions"),
        read("policy_graph"),
        read("pre_study_stages"),
        read("stages"),
        retired("scenario_source", "moved to training.scenario_source of config.json"),
    ],
};
pub(in crate::case) static SEASON_DEFINITIONS: Shape = Shape {
    file: FILE,
    path: "season_definitions",
    keys: &[noted("cycle_type", "`monthly`; `weekly`, `custom`: `unsupported.season_cycle`"), read("seasons")],
};
pub(in crate::case) static SEASON: Shape = Shape {
    file: FILE,
    path: "season_definitions.seasons[]",
    keys: &[
        noted("id", "ids must follow the calendar"),
        read("label"),
        read("month_start"),
        accepted("day_start", "monthly seasons are whole months"),
        accepted("month_end", "monthly seasons are whole months"),
        accepted("day_end", "monthly seasons are whole months"),
    ],
};
pub(in crate::case) static POLICY_GRAPH: Shape = Shape {
    file: FILE,
    path: "policy_graph",
    keys: &[
        noted("type", "`finite_horizon`; `cyclic`: `unsupported.cyclic_graph`"),
        read("annual_discount_rate"),
        noted("transitions", "from each stage to the next; anything else: `unsupported.branching_graph`"),
        refused("nodes", "unsupported.node_graph"),
    ],
};
pub(in crate::case) static TRANSITION: Shape = Shape {
    file: FILE,
    path: "policy_graph.transitions[]",
    keys: &[
        read("source_id"),
        read("target_id"),
        noted("probability", "must be 1 on a chain"),
        noted("annual_discount_rate_override", "applies to the source stage unless that has its own"),
    ],
};
pub(in crate::case) static PRE_STUDY_STAGE: Shape = Shape {
    file: FILE,
    path: "pre_study_stages[]",
    keys: &[read("id"), read("start_date"), read("end_date"), read("season_id")],
};
pub(in crate::case) static STAGE: Shape = Shape {
    file: FILE,
    path: "stages[]",
    keys: &[
        read("id"),
        read("start_date"),
        read("end_date"),
        noted("season_id", "derived from start_date when absent; a declared one must agree"),
        read("blocks"),
        noted("block_mode", "`parallel`; `chronological`: `unsupported.chronological_blocks`"),
        read("state_variables"),
        noted("risk_measure", "`\"expectation\"` or `{\"cvar\": {\"alpha\", \"lambda\"}}`, alpha the tail fraction"),
        read("num_openings"),
        noted(
            "sampling_method",
            "`saa`, `lhs`; `qmc_sobol`, `qmc_halton`, `selective`, `historical_residuals`: `unsupported.sampling_method`",
        ),
        noted("annual_discount_rate_override", "wins over policy_graph"),
        retired("num_scenarios", "use num_openings"),
    ],
};
pub(in crate::case) static BLOCK: Shape =
    Shape { file: FILE, path: "stages[].blocks[]", keys: &[read("id"), read("name"), read("hours")] };
pub(in crate::case) static STATE_VARIABLES: Shape = Shape {
    file: FILE,
    path: "stages[].state_variables",
    keys: &[
        noted("storage", "`false` is refused: `unsupported.storage_not_in_state`"),
        noted("inflow_lags", "`false` with an autoregressive model is not obeyed: warning `semantic.5b.34`"),
    ],
};
pub(in crate::case) static RISK_MEASURE: Shape =
    Shape { file: FILE, path: "stages[].risk_measure", keys: &[read("cvar")] };
pub(in crate::case) static CVAR: Shape =
    Shape { file: FILE, path: "stages[].risk_measure.cvar", keys: &[read("alpha"), read("lambda")] };

#[cfg(test)]
pub(super) const SHAPES: &[&Shape] = &[
    &ROOT,
    &SEASON_DEFINITIONS,
    &SEASON,
    &POLICY_GRAPH,
    &TRANSITION,
    &PRE_STUDY_STAGE,
    &STAGE,
    &BLOCK,
    &STATE_VARIABLES,
    &RISK_MEASURE,
    &CVAR,
];
