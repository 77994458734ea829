//! Runs that were trained, simulated and committed with their policy.

use std::collections::BTreeMap;
use std::path::Path;

use cobre_data::output::{
    CheckpointOptions, ResultOptions, RunInfo, RunStatus, RunSummary, RunWriter, TrainingNumbers,
};
use cobre_data::policy::{PolicyContent, PolicyStage, PolicyStatus, StageKey, StageStates};
use cobre_data::store::Store;
use cobre_engine::Study;
use cobre_engine::sddp::{IterationRecord, SimulationOptions, TrainingSnapshot, TrainingStart, TrainingState, train};
use cobre_engine::simulation::simulate;

use crate::setting::{control, training};

/// How much is trained and simulated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) iterations: u32,
    pub(super) forward_passes: usize,
    /// None are simulated where it is 0.
    pub(super) n_scenarios: usize,
}

/// Trains a study and commits its policy, with all trial points as a table and those of the last iteration beside the
/// cuts.
pub(super) fn write_run(study: &Study, root: &Path, size: Size, compress: bool) -> TrainingState {
    let info = RunInfo {
        engine_version: "0.1.0".to_owned(),
        case_hash: String::new(),
        study_hash: String::new(),
        simulation_hash: String::new(),
        case_path: String::new(),
        solver_name: "dual simplex".to_owned(),
        solver_version: None,
        threads: 1,
        ranks: 1,
        options: BTreeMap::new(),
    };
    let writer = RunWriter::create(&Store::open_path(root).expect("a store"), info).expect("a run");
    let mut tables = writer.training_writer(&study.system).expect("training can be written");
    let stages = PolicyStage::of_study(study);
    let mut points = Vec::new();
    let mut observer = |record: &IterationRecord, snapshot: &TrainingSnapshot<'_>| {
        points = stages.iter().enumerate().map(|(t, stage)| points_of(snapshot, t, stage)).collect();
        tables.write_iteration(record)?;
        tables.write_trial_points(snapshot)
    };
    let options = training(size.iterations, size.forward_passes, 7);
    let trained = train(study, &options, control(1), TrainingStart::Fresh, &mut observer)
        .unwrap_or_else(|error| panic!("training: {error:?}"));
    let files = tables.flush().expect("the tables can be written");
    let state = trained.state;
    let numbers = TrainingNumbers {
        lower_bounds: &state.lower_bounds,
        upper_bound: state.upper_bound,
        elapsed_seconds: state.elapsed_seconds,
        totals: &tables.totals().clone(),
    };
    let content = PolicyContent { states: &points, ..PolicyContent::of_state(&state) };
    let options = CheckpointOptions {
        status: PolicyStatus::Final,
        compress,
        forward_passes: size.forward_passes as u32,
        seeds: BTreeMap::new(),
    };
    writer.write_policy_checkpoint(study, &content, numbers, &files, &options).expect("a policy");
    tables.write_cut_activity(&state.policy.pools).expect("the cuts can be written");
    tables.finalize().expect("the tables can be finished");
    if size.n_scenarios > 0 {
        let options = SimulationOptions { n_scenarios: size.n_scenarios, bucket_size: 10, seed: 3 };
        let results = ResultOptions::default();
        let mut sink = writer.simulation_sink(&study.system, &results).expect("the simulation can be written");
        simulate(study, &state.policy, &options, control(1), &[], &mut sink, &mut |_| {})
            .unwrap_or_else(|error| panic!("simulation: {error:?}"));
        sink.finish().expect("the simulation tables can be finished");
    }
    writer.commit(RunStatus::Complete, RunSummary::default()).expect("a committed run");
    state
}

fn points_of(snapshot: &TrainingSnapshot<'_>, t: usize, stage: &PolicyStage) -> StageStates {
    let mut points = StageStates::new(StageKey::new(t, stage), snapshot.states().dimension());
    for m in 0..snapshot.n_trajectories() {
        points.push(snapshot.iteration(), m as u32, &snapshot.trial_points(m)[t + 1]);
    }
    points
}
