use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use cobre_data::case::{Case, PolicyMode, read_case};
use cobre_data::output::{Manifest, RankTimingRecord, ResultOptions, RunInfo, RunStatus, RunSummary, RunWriter};
use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::{
    Control, IterationRecord, Policy, SimulationOptions, StopReason, StoppingMode, StoppingRule, TrainingError,
    TrainingOptions, TrainingResult, TrainingSnapshot, TrainingStart, train,
};
use cobre_engine::simulation::{SimulationError, SimulationResult, simulate};
use cobre_engine::solver::{Highs, LpSolver, highs_version};
use serde_json::{Value, json};

use crate::args::RunOptions;
use crate::events::{emit, number};
use crate::failure::{Failure, STOPPED};
use crate::progress::{Progress, duration};
use crate::stop::StopRequest;

fn make_highs() -> Box<dyn LpSolver> {
    Box::new(Highs::new())
}

pub(crate) fn run(options: &RunOptions) -> Result<ExitCode, Failure> {
    let result = run_case(options);
    if options.json {
        let (code, manifest, failure) = match &result {
            Ok((code, manifest)) => (*code, Some(manifest), None),
            Err(failure) => (failure.code(), None, Some(failure)),
        };
        emit("result", result_event(code, manifest, failure));
        return Ok(ExitCode::from(code));
    }
    result.map(|(code, _)| ExitCode::from(code))
}

fn run_case(options: &RunOptions) -> Result<(u8, Manifest), Failure> {
    let case = read_case(&options.case).map_err(|error| Failure::of_case(&options.case, error))?;
    let risk_neutral = case.study.system.stages().iter().all(|stage| stage.risk_measure == RiskMeasure::Expectation);
    let mut progress = Progress::new(options.quiet, options.json, risk_neutral);
    for warning in &case.warnings {
        progress.say(&warning.to_string());
        progress.event("warning", json!(warning));
    }
    refuse_unconnected(&case)?;
    let Some(training) = &case.training else {
        return Err(not_connected("training.enabled false"));
    };
    let n_threads = match options.threads {
        Some(n) => usize::from(n),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let stop = StopRequest::listen()
        .map_err(|error| Failure::Internal { message: format!("signals cannot be handled: {error}") })?;
    let output = options.output.clone().unwrap_or_else(|| options.case.join("output"));
    let writer = RunWriter::create(&output, run_info(options, &case, training, n_threads))?;
    announce(&mut progress, &case, &output, &writer, n_threads);
    match train_and_simulate(&case, training, n_threads, &stop, &writer, &mut progress, &output) {
        Ok((status, summary)) => {
            let manifest = writer.commit(status, summary)?;
            tell_result(&progress, &manifest, &output);
            let code = if status == RunStatus::Partial { STOPPED } else { 0 };
            Ok((code, manifest))
        }
        Err(failure) => {
            // The first failure is the one to tell; what cannot be removed stays without a manifest.
            let _ = writer.abort();
            Err(failure)
        }
    }
}

/// Refuses what the reader knows and this command does not do yet, rather than pass it over.
fn refuse_unconnected(case: &Case) -> Result<(), Failure> {
    let results = ResultOptions { bucket_size: None, ..case.exports.results.clone() };
    let asked = [
        ("policy.mode other than \"fresh\"", case.training.is_some() && case.policy.mode != PolicyMode::Fresh),
        ("policy.checkpointing", case.checkpointing.is_some()),
        ("exports.states", case.exports.states),
        ("exports.stochastic", case.exports.stochastic),
        ("exports.results", results != ResultOptions::default()),
    ];
    asked.iter().find(|asked| asked.1).map_or(Ok(()), |asked| Err(not_connected(asked.0)))
}

fn not_connected(setting: &str) -> Failure {
    Failure::Internal { message: format!("{setting} is not yet connected") }
}

fn announce(progress: &mut Progress, case: &Case, output: &Path, writer: &RunWriter, n_threads: usize) {
    let system = &case.study.system;
    progress.say(&format!(
        "{}: {} stages, {} hydros, {} thermals, {} buses, {} lines, inflow order {}; {n_threads} threads",
        case.name,
        system.n_stages(),
        system.n_hydros(),
        system.thermals().len(),
        system.buses().len(),
        system.lines().len(),
        case.study.inflow.max_order,
    ));
    progress.event(
        "started",
        json!({
            "case": case.name,
            "stages": system.n_stages(),
            "hydros": system.n_hydros(),
            "thermals": system.thermals().len(),
            "buses": system.buses().len(),
            "lines": system.lines().len(),
            "ranks": 1,
            "threads_per_rank": n_threads,
            "output": output.display().to_string(),
            "run": writer.run(),
            "run_id": writer.run_id(),
            "timestamp": cobre_data::output::format_rfc3339(std::time::SystemTime::now()),
            "cobre_version": env!("CARGO_PKG_VERSION"),
        }),
    );
}

fn train_and_simulate(
    case: &Case,
    training: &TrainingOptions,
    n_threads: usize,
    stop: &StopRequest,
    writer: &RunWriter,
    progress: &mut Progress,
    output: &Path,
) -> Result<(RunStatus, RunSummary), Failure> {
    let started = Instant::now();
    let control = Control {
        n_threads,
        make_solver: &make_highs,
        clock: &|| started.elapsed().as_secs_f64(),
        stop_requested: &|| stop.is_raised(),
    };
    let trained = train_policy(case, training, control, writer, progress, output)?;
    let mut summary = RunSummary {
        lower_bound: Some(trained.lower_bound),
        upper_bound_mean: Some(trained.upper_bound.0),
        upper_bound_std: trained.upper_bound.1,
        iterations: Some(trained.iterations),
        stop_reason: Some(trained.reason.name().to_owned()),
        ..RunSummary::default()
    };
    let mut stopped = trained.reason == StopReason::Requested;
    if let Some(options) = case.simulation.as_ref().filter(|_| !stopped) {
        let result = simulate_policy(case, &trained.state.policy, options, control, writer, progress, output)?;
        stopped = result.stopped;
        summary.simulation_mean = Some(result.mean_cost).filter(|mean| mean.is_finite());
        summary.simulation_std = result.std_cost;
        summary.n_scenarios = Some(result.n_scenarios as u64);
    }
    Ok((if stopped { RunStatus::Partial } else { RunStatus::Complete }, summary))
}

fn train_policy(
    case: &Case,
    training: &TrainingOptions,
    control: Control<'_>,
    writer: &RunWriter,
    progress: &mut Progress,
    output: &Path,
) -> Result<TrainingResult, Failure> {
    let mut tables = writer.training_writer(&case.study.system)?;
    progress.training_starts(training);
    let mut observer = |record: &IterationRecord, _: &TrainingSnapshot<'_>| {
        progress.iteration(record);
        tables.write_iteration(record)?;
        tables.write_rank_timing(&[RankTimingRecord::of_single_rank(record)])
    };
    let result =
        train(&case.study, training, control, TrainingStart::Fresh, &mut observer).map_err(|error| match error {
            TrainingError::Engine(error) => Failure::of_engine(&error, output),
            TrainingError::Observer(error) => error.into(),
        })?;
    progress.training_ends(&result, control.n_threads, training.forward_passes);
    tables.write_cut_activity(&result.state.policy.pools)?;
    tables.finalize()?;
    Ok(result)
}

fn simulate_policy(
    case: &Case,
    policy: &Policy,
    options: &SimulationOptions,
    control: Control<'_>,
    writer: &RunWriter,
    progress: &mut Progress,
    output: &Path,
) -> Result<SimulationResult, Failure> {
    let mut sink = writer.simulation_sink(&case.study.system, &case.exports.results)?;
    progress.simulation_starts();
    let result = simulate(&case.study, policy, options, control, &[], &mut sink, &mut |done| {
        progress.scenarios(done, options.n_scenarios);
    })
    .map_err(|error| match error {
        SimulationError::Engine(error) => Failure::of_engine(&error, output),
        SimulationError::Sink(error) => error.into(),
    })?;
    sink.finish()?;
    Ok(result)
}

fn run_info(options: &RunOptions, case: &Case, training: &TrainingOptions, n_threads: usize) -> RunInfo {
    RunInfo {
        engine_version: env!("CARGO_PKG_VERSION").to_owned(),
        case_hash: case.case_hash.clone(),
        case_path: options.case.display().to_string(),
        solver_name: "highs".to_owned(),
        solver_version: Some(highs_version()),
        threads: n_threads,
        options: run_options(case, training),
    }
}

fn run_options(case: &Case, training: &TrainingOptions) -> BTreeMap<String, Value> {
    let rules: Vec<Value> = training
        .stopping_rules
        .iter()
        .map(|rule| match *rule {
            StoppingRule::IterationLimit { limit } => json!({"type": "iteration_limit", "limit": limit}),
            StoppingRule::TimeLimit { seconds } => json!({"type": "time_limit", "seconds": seconds}),
            StoppingRule::BoundStalling { iterations, tolerance } => {
                json!({"type": "bound_stalling", "iterations": iterations, "tolerance": tolerance})
            }
            _ => json!({"type": "other"}),
        })
        .collect();
    let mode = match training.stopping_mode {
        StoppingMode::Any => "any",
        StoppingMode::All => "all",
    };
    let mut all = BTreeMap::from([
        ("tree_seed".to_owned(), json!(case.tree_seed)),
        ("seed".to_owned(), json!(training.seed)),
        ("forward_passes".to_owned(), json!(training.forward_passes)),
        ("stopping_rules".to_owned(), json!(rules)),
        ("stopping_mode".to_owned(), json!(mode)),
    ]);
    if let Some(simulation) = &case.simulation {
        all.insert("n_scenarios".to_owned(), json!(simulation.n_scenarios));
        all.insert("bucket_size".to_owned(), json!(simulation.bucket_size));
    }
    all
}

fn tell_result(progress: &Progress, manifest: &Manifest, output: &Path) {
    if let (Some(mean), Some(n)) = (manifest.summary.simulation_mean, manifest.summary.n_scenarios) {
        let interval = manifest
            .summary
            .simulation_std
            .map_or(String::new(), |std| format!(" ± {:.3e} (95 %)", 1.959_963_984_540_054 * std / (n as f64).sqrt()));
        progress.say(&format!("simulated {n} scenarios: mean cost {mean:.6e}{interval}"));
    }
    let files: usize = manifest.tables.values().map(|table| table.files.len()).sum();
    let bytes: u64 = manifest.tables.values().flat_map(|table| &table.files).map(|file| file.bytes).sum();
    let path: PathBuf = output.join(format!("run={}", manifest.run));
    progress.say(&format!(
        "wrote {files} files, {:.1} MB to {} (committed in {}) after {}",
        bytes as f64 / 1e6,
        path.display(),
        output.join(format!("_meta/run-{}.json", manifest.run)).display(),
        duration(progress.elapsed()),
    ));
}

fn result_event(code: u8, manifest: Option<&Manifest>, failure: Option<&Failure>) -> Value {
    let errors: Vec<Value> = match failure {
        None => Vec::new(),
        Some(Failure::InvalidCase { findings, .. }) => findings.iter().map(|finding| json!(finding)).collect(),
        Some(failure) => vec![json!({ "message": failure.message() })],
    };
    let summary = manifest.map(|manifest| {
        json!({
            "run": manifest.run,
            "run_id": manifest.run_id,
            "status": manifest.status,
            "lower_bound": manifest.summary.lower_bound.map(number),
            "iterations": manifest.summary.iterations,
            "stop_reason": manifest.summary.stop_reason,
            "simulation_mean": manifest.summary.simulation_mean.map(number),
            "simulation_std": manifest.summary.simulation_std.map(number),
            "n_scenarios": manifest.summary.n_scenarios,
            "files": manifest.tables.values().map(|table| table.files.len()).sum::<usize>(),
        })
    });
    json!({
        "command": "run",
        "success": failure.is_none(),
        "exit_code": code,
        "cobre_version": env!("CARGO_PKG_VERSION"),
        "errors": errors,
        "summary": summary,
    })
}
