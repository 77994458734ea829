use std::collections::BTreeMap;

use cobre_engine::sddp::{StoppingMode, StoppingRule};
use serde_json::{Value, json};

use super::{RunRequest, SolverIdentity};
use crate::case::Case;
use crate::output::RunInfo;
use crate::store::Fingerprint;

/// What is known of a run before it starts: for [`write_results`](crate::output::write_results), what
/// [`run_case`](super::run_case) would record.
///
/// * `case_path`: where the case was read from, for the record.
/// * `policy`: where the policy to start from is, if not where the case says.
/// * `n_threads`: workers of each of the `n_ranks` ranks.
pub fn run_info(
    case: &Case,
    case_path: &str,
    policy: Option<&str>,
    solver: &SolverIdentity,
    n_threads: usize,
    n_ranks: usize,
) -> RunInfo {
    RunInfo {
        engine_version: env!("CARGO_PKG_VERSION").to_owned(),
        case_hash: case.case_hash.clone(),
        study_hash: case.study_hash.clone(),
        simulation_hash: simulation_hash(case, solver),
        case_path: case_path.to_owned(),
        solver_name: solver.name.clone(),
        solver_version: solver.version.clone(),
        threads: n_threads,
        ranks: n_ranks,
        options: options(case, policy),
    }
}

/// The same for a request.
pub(super) fn info_of(request: &RunRequest<'_>) -> RunInfo {
    let RunRequest { case, case_path, policy, solver, control, .. } = request;
    run_info(case, case_path, policy.as_deref(), solver, control.n_threads, control.communicator.size())
}

fn options(case: &Case, policy: Option<&str>) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::from([
        ("tree_seed".to_owned(), json!(case.tree_seed)),
        ("policy_mode".to_owned(), json!(case.policy.mode.name())),
        ("partition_by".to_owned(), json!(case.exports.results.partition_by.name())),
        ("aggregates_only".to_owned(), json!(case.exports.results.aggregates_only)),
    ]);
    if let Some(path) = policy.or(case.policy.path.as_deref()) {
        all.insert("policy_path".to_owned(), json!(path));
    }
    if let Some(training) = &case.training {
        all.insert("seed".to_owned(), json!(training.seed));
        all.insert("forward_passes".to_owned(), json!(training.forward_passes));
        all.insert("stopping_rules".to_owned(), training.stopping_rules.iter().map(stopping_rule).collect());
        let mode = match training.stopping_mode {
            StoppingMode::Any => "any",
            StoppingMode::All => "all",
        };
        all.insert("stopping_mode".to_owned(), json!(mode));
    }
    if let Some(simulation) = &case.simulation {
        all.insert("n_scenarios".to_owned(), json!(simulation.n_scenarios));
        all.insert("bucket_size".to_owned(), json!(simulation.bucket_size));
    }
    all
}

fn stopping_rule(rule: &StoppingRule) -> Value {
    match *rule {
        StoppingRule::IterationLimit { limit } => json!({"type": "iteration_limit", "limit": limit}),
        StoppingRule::TimeLimit { seconds } => json!({"type": "time_limit", "seconds": seconds}),
        StoppingRule::BoundStalling { iterations, tolerance } => {
            json!({"type": "bound_stalling", "iterations": iterations, "tolerance": tolerance})
        }
        _ => json!({"type": "other"}),
    }
}

/// Checksum of what decides the rows of the simulation, given the policy.
fn simulation_hash(case: &Case, solver: &SolverIdentity) -> String {
    // Buckets of another program or solver are not mixed with ours; neither are those of other settings of the tables.
    let settings =
        format!("{} {} {:?} {:?}", env!("CARGO_PKG_VERSION"), solver.name, case.simulation, case.exports.results);
    Fingerprint::of(settings.as_bytes()).sha256
}
