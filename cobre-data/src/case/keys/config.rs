//! Objects of `config.json`.

use super::{Shape, accepted, noted, read, refused, retired};

const FILE: &str = "config.json";
const TUNING: &str = "tuning of another solver";
const NOTHING_ESTIMATED: &str = "nothing is estimated";

pub(in crate::case) static ROOT: Shape = Shape {
    file: FILE,
    path: "",
    keys: &[
        read("modeling"),
        read("training"),
        read("upper_bound_evaluation"),
        read("policy"),
        read("simulation"),
        read("exports"),
        read("estimation"),
    ],
};
pub(in crate::case) static MODELING: Shape = Shape {
    file: FILE,
    path: "modeling",
    keys: &[
        read("inflow_non_negativity"),
        read("cost_scale_factor"),
        noted("solver", "`dual_simplex` (default), `highs`; a key of this program"),
    ],
};
pub(in crate::case) static INFLOW_NON_NEGATIVITY: Shape = Shape {
    file: FILE,
    path: "modeling.inflow_non_negativity",
    keys: &[
        noted("method", "`none`, `truncation`, `penalty`, `truncation_with_penalty`"),
        retired("penalty_cost", "use hydro.inflow_nonnegativity_cost of penalties.json"),
    ],
};
pub(in crate::case) static TRAINING: Shape = Shape {
    file: FILE,
    path: "training",
    keys: &[
        noted("enabled", "default true; `false`: the policy of `policy.path` is simulated"),
        read("selection"),
        noted("tree_seed", "default 42; the absolute value counts"),
        read("stopping_rules"),
        noted("stopping_mode", "`any`, `all`"),
        read("cut_selection"),
        accepted("solver", TUNING),
        accepted("parallelism", "the work is split without it"),
        read("scenario_source"),
        retired("forward_passes", "use selection {\"method\": \"sampled\", \"forward_passes\": n}"),
        retired("forward_pass", "use selection"),
        retired("cut_formulation", "there is one formulation: a cut per trial point"),
    ],
};
pub(in crate::case) static TRAINING_SELECTION: Shape = Shape {
    file: FILE,
    path: "training.selection",
    keys: &[noted("method", "`sampled`; `enumerated`: `unsupported.enumerated_selection`"), read("forward_passes")],
};
pub(in crate::case) static STOPPING_RULE: Shape = Shape {
    file: FILE,
    path: "training.stopping_rules[]",
    keys: &[
        noted("type", "`iteration_limit`, `time_limit`, `bound_stalling`; `gap`: `unsupported.gap_rule`"),
        noted("limit", "of `iteration_limit`"),
        noted("seconds", "of `time_limit`"),
        noted("iterations", "of `bound_stalling`"),
        noted("tolerance", "of `bound_stalling`"),
        noted("relative_tolerance", "of `gap`"),
    ],
};
pub(in crate::case) static CUT_SELECTION: Shape = Shape {
    file: FILE,
    path: "training.cut_selection",
    keys: &[
        noted("row_activity_tolerance", "a cut is binding in a solve when its dual is above this; default 0"),
        noted("max_active_per_stage", "at least 1; default: no cap"),
        noted("selection", "default: no method"),
        retired("enabled", "use selection"),
        retired("method", "use selection {\"method\": …}"),
        retired("threshold", "use selection"),
        retired("check_frequency", "use selection"),
        retired("memory_window", "use selection"),
        retired("domination_epsilon", "use selection"),
        retired("cut_activity_tolerance", "use row_activity_tolerance"),
        retired("basis_activity_window", "it has no successor"),
    ],
};
pub(in crate::case) static SELECTION_METHOD: Shape = Shape {
    file: FILE,
    path: "training.cut_selection.selection",
    keys: &[
        noted("method", "`level1`, `lml1`, `domination`; `dynamic`: `unsupported.dynamic_cut_selection`"),
        noted("tie_tolerance", "of `level1` and `lml1`; relative to the value of the highest cut; default 1e-10"),
        noted("domination_tolerance", "of `domination`, required there; in currency"),
        noted("check_frequency", "iterations from one check to the next; default 5"),
        noted("start_iteration", "of `dynamic`"),
        noted("seed_window", "of `dynamic`"),
        noted("candidate_recency", "of `dynamic`"),
        noted("max_added_per_round", "of `dynamic`"),
        noted("violation_tolerance", "of `dynamic`"),
    ],
};
pub(in crate::case) static SCENARIO_SOURCE: Shape = Shape {
    file: FILE,
    path: "training.scenario_source",
    keys: &[
        noted("seed", "seed of the sampled paths; default `tree_seed`"),
        noted("historical_years", "legal with the scheme `historical` only, which is refused"),
        read("inflow"),
        read("load"),
        read("ncs"),
        read("openings"),
    ],
};
pub(in crate::case) static SIMULATION_SOURCE: Shape = Shape {
    file: FILE,
    path: "simulation.scenario_source",
    keys: &[
        noted("seed", "default: the seed of training"),
        noted("historical_years", "legal with the scheme `historical` only, which is refused"),
        read("inflow"),
        read("load"),
        read("ncs"),
    ],
};
pub(in crate::case) static SCHEME: Shape = Shape {
    file: FILE,
    path: "*.scenario_source.inflow, .load, .ncs",
    keys: &[noted("scheme", "`in_sample`; `out_of_sample`, `external`, `historical`: `unsupported.scenario_scheme`")],
};
pub(in crate::case) static OPENINGS: Shape =
    Shape { file: FILE, path: "training.scenario_source.openings", keys: &[noted("source", "`generated`, `file`")] };
pub(in crate::case) static UPPER_BOUND: Shape = Shape {
    file: FILE,
    path: "upper_bound_evaluation",
    keys: &[
        refused("enabled", "unsupported.upper_bound_evaluation"),
        accepted("initial_iteration", "no upper bound is evaluated"),
        accepted("interval_iterations", "no upper bound is evaluated"),
        accepted("lipschitz", "no upper bound is evaluated"),
    ],
};
pub(in crate::case) static POLICY: Shape = Shape {
    file: FILE,
    path: "policy",
    keys: &[
        noted("path", "a run, folder or URL, relative to the output root; `./policy`: its newest policy"),
        noted("mode", "`fresh` (default), `warm_start`, `resume`"),
        read("checkpointing"),
        refused("boundary", "unsupported.policy_boundary"),
        retired("validate_compatibility", "compatibility is always checked"),
    ],
};
pub(in crate::case) static CHECKPOINTING: Shape = Shape {
    file: FILE,
    path: "policy.checkpointing",
    keys: &[
        noted("enabled", "default false"),
        noted("initial_iteration", "at least 1; default: the interval"),
        noted("interval_iterations", "at least 1"),
        noted("store_basis", "default true; without bases, training that resumes is right but not equal to the bit"),
        noted("compress", "default false"),
    ],
};
pub(in crate::case) static SIMULATION: Shape = Shape {
    file: FILE,
    path: "simulation",
    keys: &[
        read("enabled"),
        accepted("io_channel_capacity", "outputs are written without it"),
        read("selection"),
        read("scenario_source"),
        accepted("solver", TUNING),
        retired("num_scenarios", "use selection {\"method\": \"sampled\", \"num_scenarios\": n}"),
        retired("policy_type", "it has no successor"),
        retired("output_path", "give the output folder when you start the run"),
        retired("output_mode", "it has no successor"),
    ],
};
pub(in crate::case) static SIMULATION_SELECTION: Shape = Shape {
    file: FILE,
    path: "simulation.selection",
    keys: &[noted("method", "`sampled`; `enumerated`: `unsupported.enumerated_selection`"), read("num_scenarios")],
};
pub(in crate::case) static EXPORTS: Shape = Shape {
    file: FILE,
    path: "exports",
    keys: &[
        noted("states", "default false; the states that training visits"),
        noted("stochastic", "default false; the models of inflow and demand, and the openings"),
        refused("fpha_deviation_points", "unsupported.exports"),
        noted("results", "an extension of the format: what of the simulation is written, and how"),
    ],
};
pub(in crate::case) static RESULTS: Shape = Shape {
    file: FILE,
    path: "exports.results",
    keys: &[
        noted("tables", "names of tables of the simulation; default: all"),
        noted("columns", "lists of column names by table; default: all; columns that order the rows always stay"),
        noted("compression", "`zstd` (default), `snappy`, `lz4`, `none`"),
        noted(
            "compression_level",
            "of `zstd`: 1 (default, pages of quantities that would shrink by less than a tenth stay as they are) to 22",
        ),
        noted("max_rows_per_file", "at least 1; default: no limit"),
        noted("partition_by", "`scenario_bucket` (default), `stage_id`, `scenario_id`"),
        noted("bucket_size", "scenarios per bucket, at least 1; default: see the choices below"),
        noted("aggregates_only", "default false; statistics over all scenarios, no row of a single one"),
    ],
};
pub(in crate::case) static ESTIMATION: Shape = Shape {
    file: FILE,
    path: "estimation",
    keys: &[
        accepted("max_order", NOTHING_ESTIMATED),
        accepted("order_selection", NOTHING_ESTIMATED),
        accepted("min_observations_per_season", NOTHING_ESTIMATED),
        accepted("max_coefficient_magnitude", NOTHING_ESTIMATED),
    ],
};

#[cfg(test)]
pub(super) const SHAPES: &[&Shape] = &[
    &ROOT,
    &MODELING,
    &INFLOW_NON_NEGATIVITY,
    &TRAINING,
    &TRAINING_SELECTION,
    &STOPPING_RULE,
    &CUT_SELECTION,
    &SELECTION_METHOD,
    &SCENARIO_SOURCE,
    &SCHEME,
    &OPENINGS,
    &UPPER_BOUND,
    &POLICY,
    &CHECKPOINTING,
    &SIMULATION,
    &SIMULATION_SELECTION,
    &SIMULATION_SOURCE,
    &EXPORTS,
    &RESULTS,
    &ESTIMATION,
];
