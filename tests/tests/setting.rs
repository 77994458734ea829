//! What the tests start from: places, solvers, options, recorded runs.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};

use cobre_data::case::{Case, read_case};
use cobre_data::output::{RankTimingRecord, ResultOptions, Run, RunInfo, RunStatus, RunSummary, RunWriter, open_run};
use cobre_data::store::Store;
use cobre_engine::Study;
use cobre_engine::comm::Local;
use cobre_engine::cuts::CutSelection;
use cobre_engine::sddp::{
    Control, IterationRecord, SimulationOptions, StoppingMode, StoppingRule, TrainingOptions, TrainingResult,
    TrainingSnapshot, TrainingStart, train,
};
use cobre_engine::simulation::{SimulationResult, simulate};
use cobre_engine::solver::{DualSimplex, LpSolver};

fn make_solver() -> Box<dyn LpSolver> {
    Box::new(DualSimplex::new())
}

/// Control without a clock, so that recorded times are zero.
pub(crate) fn control(n_threads: usize) -> Control<'static> {
    Control { n_threads, make_solver: &make_solver, clock: &|| 0.0, stop_requested: &|| false, communicator: &Local }
}

/// Training that ends after `iterations`.
pub(crate) fn training(iterations: u32, forward_passes: usize, seed: u64) -> TrainingOptions {
    TrainingOptions {
        cut_selection: CutSelection::default(),
        forward_passes,
        stopping_rules: vec![StoppingRule::IterationLimit { limit: iterations }],
        stopping_mode: StoppingMode::Any,
        seed,
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in a folder of the root").to_path_buf()
}

/// The folder of a case of this repository.
pub(crate) fn dataset(name: &str) -> PathBuf {
    root().join("datasets").join(name)
}

/// The folder of the shared cases: `COBRE_CASES`, else beside the repository. Without it a test says that it did not
/// run; in continuous integration that is a failure.
pub(crate) fn shared_cases() -> Option<PathBuf> {
    let folder = std::env::var_os("COBRE_CASES").map_or_else(|| root().join("../shared/cases"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "the shared cases are missing: {}", folder.display());
    println!("did not run: the shared cases are missing ({})", folder.display());
    None
}

/// The virtual environment of the tools written in Python: `COBRE_VENV`, else `.venv` of the workspace.
pub(crate) fn virtual_environment() -> PathBuf {
    std::env::var_os("COBRE_VENV").map_or_else(|| root().join(".venv"), PathBuf::from)
}

/// Reads a case that must be valid.
pub(crate) fn case(folder: &Path) -> Case {
    read_case(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

/// Seed of the forward samples a case asks for.
pub(crate) fn training_seed(case: &Case) -> u64 {
    case.training.as_ref().map_or(0, |training| training.seed)
}

/// Trains a policy and keeps the record of every iteration.
pub(crate) fn train_recording(
    study: &Study,
    options: &TrainingOptions,
    n_threads: usize,
) -> (TrainingResult, Vec<IterationRecord>) {
    let mut records = Vec::new();
    let mut keep = |record: &IterationRecord, _: &TrainingSnapshot<'_>| -> Result<(), Infallible> {
        records.push(record.clone());
        Ok(())
    };
    let result = train(study, options, control(n_threads), TrainingStart::Fresh, &mut keep)
        .unwrap_or_else(|error| panic!("training: {}", error.into_engine()));
    (result, records)
}

/// A run that was trained, simulated, written, committed and opened again.
pub(crate) struct Recorded {
    pub(crate) run: Run,
    pub(crate) trained: TrainingResult,
    pub(crate) simulated: SimulationResult,
}

/// Does all that the `run` command does, below `root`.
pub(crate) fn record(
    study: &Study,
    options: &TrainingOptions,
    simulation: &SimulationOptions,
    n_threads: usize,
    root: &Path,
) -> Recorded {
    let info = RunInfo {
        engine_version: env!("CARGO_PKG_VERSION").to_owned(),
        case_hash: String::new(),
        study_hash: String::new(),
        simulation_hash: String::new(),
        case_path: String::new(),
        solver_name: "highs".to_owned(),
        solver_version: None,
        threads: n_threads,
        ranks: 1,
        options: BTreeMap::new(),
    };
    let writer = RunWriter::create(&Store::open_path(root).expect("a store"), info).expect("the run can be created");
    let mut tables = writer.training_writer(&study.system).expect("training can be written");
    let mut observer = |record: &IterationRecord, snapshot: &TrainingSnapshot<'_>| {
        tables.write_iteration(record)?;
        tables.write_rank_timing(&RankTimingRecord::of_ranks(record))?;
        tables.write_trial_points(snapshot)
    };
    let trained = train(study, options, control(n_threads), TrainingStart::Fresh, &mut observer)
        .unwrap_or_else(|error| panic!("training: {error:?}"));
    tables.write_cut_activity(&trained.state.policy.pools).expect("the cuts can be written");
    tables.finalize().expect("the training tables can be finished");
    let mut sink =
        writer.simulation_sink(&study.system, &ResultOptions::default()).expect("the simulation can be written");
    let simulated = simulate(study, &trained.state.policy, simulation, control(n_threads), &[], &mut sink, &mut |_| {})
        .unwrap_or_else(|error| panic!("simulation: {error:?}"));
    sink.finish().expect("the simulation tables can be finished");
    let manifest = writer.commit(RunStatus::Complete, RunSummary::default()).expect("the run can be committed");
    let run = open_run(&Store::open_path(root).expect("a store"), Some(manifest.run)).expect("a committed run opens");
    Recorded { run, trained, simulated }
}
