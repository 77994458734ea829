use super::{Column, ColumnType, Table, TablePhase};

const fn milliseconds(name: &'static str, description: &'static str) -> Column {
    Column::new(name, ColumnType::Int64, "ms", description)
}

const fn count(name: &'static str, description: &'static str) -> Column {
    Column::new(name, ColumnType::UInt32, "", description)
}

/// Bounds and cuts, one row per iteration.
pub static CONVERGENCE: Table = Table {
    phase: TablePhase::Training,
    name: "convergence",
    schema_version: 1,
    description: "Bounds, cuts and work of one iteration.",
    partition_by: &[],
    sort_by: &["iteration"],
    columns: &[
        Column::id("iteration", "Iteration, 1-based."),
        Column::float("lower_bound", "$", "Lower bound of the optimal value after the backward pass."),
        Column::float("upper_bound", "$", "Mean discounted cost of the trajectories of the iteration."),
        Column::float("upper_bound_std", "$", "Sample standard deviation of those costs; null for one trajectory.")
            .nullable(),
        Column::new("upper_bound_kind", ColumnType::Utf8, "", "`statistical`: a mean over sampled trajectories."),
        Column::float(
            "gap_percent",
            "%",
            "100·(upper − lower)/max(1, |lower|); null when the lower bound is not positive, and under risk aversion, \
             where a sampled mean is no upper bound.",
        )
        .nullable(),
        Column::id("cuts_added", "Cuts that were made: one per trajectory and stage but the last."),
        Column::id(
            "cuts_removed",
            "Cuts that left: merged away as dominated by a parallel one, at once or later, or taken out by cut selection.",
        ),
        Column::new(
            "cuts_active",
            ColumnType::Int64,
            "",
            "Active cuts in all pools: those before, with those added, without those removed.",
        ),
        milliseconds("time_forward_ms", "Forward pass."),
        milliseconds("time_backward_ms", "Backward pass."),
        milliseconds("time_total_ms", "Whole iteration."),
        Column::id("forward_passes", "Trajectories of the forward pass."),
        Column::new("lp_solves", ColumnType::Int64, "", "Stage problems solved."),
        Column::float("mean_rows_in_lp", "rows", "Cut rows in the LP at optimality, mean over stage problems."),
    ],
};

/// Time by activity, one row per iteration.
pub static ITERATION_TIMING: Table = Table {
    phase: TablePhase::Training,
    name: "iteration_timing",
    schema_version: 1,
    description: "Wall time of one iteration by activity. Total = forward + backward + cut selection + allreduce + \
                  lower bound + overhead; the other columns are parts of a pass, 0 where they are not measured apart.",
    partition_by: &[],
    sort_by: &["iteration"],
    columns: &[
        Column::id("iteration", "Iteration, 1-based."),
        Column::id("rank", "Rank; null when the row stands for the whole run.").nullable(),
        Column::id("worker_id", "Worker; null when the row stands for all workers.").nullable(),
        milliseconds("forward_wall_ms", "Forward pass."),
        milliseconds("backward_wall_ms", "Backward pass."),
        milliseconds("cut_selection_ms", "Cut selection."),
        milliseconds("mpi_allreduce_ms", "Collective sums."),
        milliseconds("cut_sync_ms", "Exchange of cuts."),
        milliseconds("lower_bound_ms", "Lower bound."),
        milliseconds("state_exchange_ms", "Exchange of trial points."),
        milliseconds("cut_batch_build_ms", "Building of cuts."),
        milliseconds("bwd_setup_ms", "Preparation in the backward pass."),
        milliseconds("bwd_load_imbalance_ms", "Waiting for the slowest worker in the backward pass."),
        milliseconds("bwd_scheduling_overhead_ms", "Scheduling in the backward pass."),
        milliseconds("fwd_setup_ms", "Preparation in the forward pass."),
        milliseconds("fwd_load_imbalance_ms", "Waiting for the slowest worker in the forward pass."),
        milliseconds("fwd_scheduling_overhead_ms", "Scheduling in the forward pass."),
        milliseconds("overhead_ms", "What is left of the iteration."),
        milliseconds("lazy_scoring_ms", "Deferred scoring of cuts."),
    ],
};

pub(super) const SOLVER_COLUMNS: &[Column] = &[
    Column::id("iteration", "Iteration, 1-based; null in simulation.").nullable(),
    Column::id("scenario_id", "Scenario, 0-based; null in training.").nullable(),
    Column::new("phase", ColumnType::Utf8, "", "`forward`, `backward`, `lower_bound` or `simulation`."),
    Column::id("stage_id", "Label of the stage.").nullable(),
    Column::id("opening_index", "Position of the opening; null for a sum over openings.").nullable(),
    Column::id("rank", "Rank; null for a sum over ranks.").nullable(),
    Column::id("worker_id", "Worker; null for a sum over workers.").nullable(),
    count("lp_solves", "Stage problems solved."),
    count("lp_successes", "Stage problems solved to optimality."),
    count("lp_retries", "Stage problems that needed the recovery ladder."),
    count("lp_failures", "Stage problems without a solution; a run with one ends in an error."),
    count("retry_attempts", "Steps of the recovery ladder."),
    count("basis_offered", "Chains of solves that started from a basis at hand."),
    count("basis_consistency_failures", "Bases that did not fit; none by construction."),
    Column::new("simplex_iterations", ColumnType::UInt64, "", "Simplex iterations."),
    Column::float("solve_time_ms", "ms", "Time of the solves, reading back included."),
    Column::float("load_model_time_ms", "ms", "Time to load a model; 0: models are patched, never loaded again."),
    Column::float("set_bounds_time_ms", "ms", "Time to patch a model; part of `solve_time_ms`, 0 on its own."),
    Column::float("basis_set_time_ms", "ms", "Time to install a basis; part of `solve_time_ms`, 0 on its own."),
];

/// Work of the solver in training, one row per (iteration, phase, stage).
pub static TRAINING_SOLVER_ITERATIONS: Table = Table {
    phase: TablePhase::Training,
    name: "solver_iterations",
    schema_version: 1,
    description: "Work of the solver at one stage in one phase of one iteration, summed over trajectories and openings.",
    partition_by: &[],
    sort_by: &["iteration"],
    columns: SOLVER_COLUMNS,
};

/// Time by rank, one row per (iteration, rank).
pub static RANK_TIMING: Table = Table {
    phase: TablePhase::Training,
    name: "rank_timing",
    schema_version: 1,
    description: "Time and work of one rank in one iteration; a run without ranks is rank 0.",
    partition_by: &[],
    sort_by: &["iteration", "rank"],
    columns: &[
        Column::id("iteration", "Iteration, 1-based."),
        Column::id("rank", "Rank, 0-based."),
        milliseconds("forward_time_ms", "Forward pass."),
        milliseconds("backward_time_ms", "Backward pass."),
        milliseconds("lower_bound_time_ms", "Lower bound."),
        milliseconds("communication_time_ms", "Exchange with other ranks."),
        milliseconds("idle_time_ms", "Waiting for other ranks."),
        milliseconds("total_time_ms", "Whole iteration."),
        Column::new("lp_solves", ColumnType::Int64, "", "Stage problems solved."),
        Column::id("scenarios_processed", "Trajectories of the forward pass."),
    ],
};

/// Recovery ladder, one row per (iteration, phase, stage, level) that was needed.
pub static RETRY_HISTOGRAM: Table = Table {
    phase: TablePhase::Training,
    name: "retry_histogram",
    schema_version: 1,
    description: "Stage problems that were solved only by a step of the recovery ladder; rows where there were any.",
    partition_by: &[],
    sort_by: &["iteration"],
    columns: &[
        count("iteration", "Iteration, 1-based."),
        Column::new("phase", ColumnType::Utf8, "", "`forward`, `backward` or `lower_bound`."),
        Column::id("stage_id", "Label of the stage.").nullable(),
        count(
            "retry_level",
            "Step of the ladder that solved them: 0 a cold start, 1 presolve and scaling, 2 the primal simplex, 3 the \
             model handed over anew with stricter pivots.",
        ),
        Column::new("count", ColumnType::UInt64, "", "Stage problems, at least 1."),
    ],
};

/// Cut selection, one row per (iteration, stage) where the case asks for it.
pub static CUT_SELECTION: Table = Table {
    phase: TablePhase::Training,
    name: "cut_selection",
    schema_version: 1,
    description: "Cut selection at one stage at the end of one iteration. Written when the case asks for a method or a \
                  cap (`training.cut_selection`).",
    partition_by: &[],
    sort_by: &["iteration", "stage_id"],
    columns: &[
        Column::id("iteration", "Iteration, 1-based."),
        Column::id("stage_id", "Label of the stage whose outgoing state the cuts value."),
        Column::id("cuts_populated", "Cuts that ever entered the pool of the stage."),
        Column::id("cuts_active_before", "Active cuts before."),
        Column::id("cuts_deactivated", "Cuts that the method took out; 0 in an iteration without a check."),
        Column::id("cuts_reactivated", "Cuts that came back; 0: what was taken out stays out."),
        Column::id("cuts_active_after", "Active cuts after the method."),
        Column::float("selection_time_ms", "ms", "Time of the selection at the stage."),
        Column::id("budget_evicted", "Cuts that the cap took out after the method; null without a cap.").nullable(),
        Column::id("active_after_budget", "Active cuts after the cap; null without a cap.").nullable(),
    ],
};

/// Trial points, one row per (iteration, trajectory, stage, state component).
pub static VISITED_STATES: Table = Table {
    phase: TablePhase::Training,
    name: "visited_states",
    schema_version: 1,
    description: "States that the forward pass reached at the end of a stage: the trial points of the cuts of that \
                  stage. Written when the case asks for it (`exports.states`).",
    partition_by: &[],
    sort_by: &["iteration", "forward_pass", "stage_id", "state_index"],
    columns: &[
        Column::id("iteration", "Iteration, 1-based."),
        Column::id("forward_pass", "Trajectory of the forward pass, 0-based."),
        Column::id("stage_id", "Label of the stage."),
        Column::id("state_index", "State component: `state_index` of `dictionaries/state_dictionary.json`."),
        Column::new(
            "value",
            ColumnType::Float64,
            "varies",
            "Value, in the unit that the state dictionary gives: hm3 for storage, m3/s for inflow lags.",
        ),
    ],
};

/// Cuts of the final policy, one row per cut.
pub static CUT_ACTIVITY: Table = Table {
    phase: TablePhase::Training,
    name: "cut_activity",
    schema_version: 1,
    description: "Cuts of the trained policy, and how often they were binding in forward and backward passes.",
    partition_by: &[],
    sort_by: &["stage_id", "cut_id"],
    columns: &[
        Column::id("stage_id", "Label of the stage whose outgoing state the cut values."),
        Column::id("cut_id", "Cut: its position among the cuts of the stage, 0-based; never changes."),
        Column::id("iteration", "Iteration that made the cut, 1-based; null for a cut that training was given.")
            .nullable(),
        Column::id("forward_pass", "Trajectory of its trial point, 0-based; null for a cut that training was given.")
            .nullable(),
        Column::float("intercept", "$", "Intercept; the coefficients are in the policy."),
        Column::new(
            "times_binding",
            ColumnType::UInt64,
            "",
            "Solves in whose optimal basis it was, with a dual above 0.",
        ),
        Column::id("last_binding_iteration", "Last iteration in which it was binding; null when it never was.")
            .nullable(),
    ],
};
