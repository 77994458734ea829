use std::collections::BTreeMap;

use cobre_engine::sddp::{StoppingMode, StoppingRule};
use serde_json::{Value, json};

use super::RunRequest;
use crate::output::RunInfo;
use crate::store::Fingerprint;

/// What is known of a run before it starts.
pub(super) fn run_info(request: &RunRequest<'_>) -> RunInfo {
    let case = request.case;
    RunInfo {
        engine_version: env!("CARGO_PKG_VERSION").to_owned(),
        case_hash: case.case_hash.clone(),
        study_hash: case.study_hash.clone(),
        simulation_hash: simulation_hash(request),
        case_path: request.case_path.clone(),
        solver_name: request.solver.name.clone(),
        solver_version: request.solver.version.clone(),
        threads: request.control.n_threads,
        ranks: request.control.communicator.size(),
        options: options(request),
    }
}

fn options(request: &RunRequest<'_>) -> BTreeMap<String, Value> {
    let case = request.case;
    let mut all = BTreeMap::from([
        ("tree_seed".to_owned(), json!(case.tree_seed)),
        ("policy_mode".to_owned(), json!(case.policy.mode.name())),
        ("partition_by".to_owned(), json!(case.exports.results.partition_by.name())),
        ("aggregates_only".to_owned(), json!(case.exports.results.aggregates_only)),
    ]);
    if let Some(path) = request.policy.as_ref().or(case.policy.path.as_ref()) {
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
fn simulation_hash(request: &RunRequest<'_>) -> String {
    let case = request.case;
    // Buckets of another program or solver are not mixed with ours; neither are those of other settings of the tables.
    let settings = format!(
        "{} {} {:?} {:?}",
        env!("CARGO_PKG_VERSION"),
        request.solver.name,
        case.simulation,
        case.exports.results
    );
    Fingerprint::of(settings.as_bytes()).sha256
}
