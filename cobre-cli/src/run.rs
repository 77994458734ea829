use std::panic::{AssertUnwindSafe, resume_unwind};
use std::process::ExitCode;
use std::time::Instant;

use cobre_data::case::{Case, read_case_at};
use cobre_data::output::{Manifest, PartitionKey, RunStatus};
use cobre_data::runner::{RunError, RunRequest, RunStart, SolverIdentity, run_case};
use cobre_data::store::{Location, Store, StoreOptions};
use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::Control;
use cobre_engine::solver::SolverChoice;
use serde_json::{Value, json};

use crate::args::{RunOptions, StoreArguments};
use crate::events::{emit, number};
use crate::failure::{Failure, STOPPED};
use crate::progress::{Progress, Style, Workers, duration};
use crate::stop::StopRequest;
use crate::stores::open_store;
use crate::world::World;

pub(crate) fn run(options: &RunOptions) -> Result<ExitCode, Failure> {
    let world = World::join()?;
    let code = std::panic::catch_unwind(AssertUnwindSafe(|| run_and_tell(options, &world)));
    let code = code.unwrap_or_else(|panic| {
        if world.n_ranks() > 1 {
            // The others may wait for this rank, whose last words are said.
            world.communicator().abort(4);
        }
        resume_unwind(panic)
    });
    Ok(ExitCode::from(world.code_of_first(code)))
}

/// Runs the case; the first rank tells how it went.
fn run_and_tell(options: &RunOptions, world: &World) -> u8 {
    let result = run_to_commit(options, world);
    let (code, manifest, failure) = match &result {
        Ok((code, manifest)) => (*code, Some(manifest), None),
        Err(failure) => (failure.code(), None, Some(failure)),
    };
    if world.is_first() {
        if options.json {
            emit("result", result_event(code, manifest, failure));
        } else if let Some(failure) = failure {
            failure.report();
        }
    }
    code
}

/// Reads a case from a folder or URL.
pub(crate) fn open_case(place: &str, arguments: &StoreArguments) -> Result<Case, Failure> {
    let read = read_case_at(&Location::parse(place)?, &arguments.options()?);
    read.map_err(|error| Failure::of_case(place, error))
}

/// What a rank needs before it can begin.
struct Prepared {
    case: Case,
    store: Store,
    store_options: StoreOptions,
    policy: Option<String>,
    stop: StopRequest,
}

fn prepare(options: &RunOptions, world: &World) -> Result<Prepared, Failure> {
    // First: a signal that comes before would end the process.
    let stop_file = options.stop_file.as_deref().filter(|_| world.is_first());
    let stop = StopRequest::listen(world.n_ranks() == 1, stop_file)?;
    let mut case = open_case(&options.case, &options.store)?;
    if let Some(key) = &options.partition_by {
        let keys = [PartitionKey::ScenarioBucket, PartitionKey::StageId, PartitionKey::ScenarioId];
        let chosen = keys.into_iter().find(|candidate| candidate.name() == key);
        case.exports.results.partition_by = chosen.unwrap_or_default();
    }
    let output = match &options.output {
        Some(output) => output.clone(),
        None => Location::parse(&options.case)?.join("output").to_string(),
    };
    let store = open_store(&output, &options.store)?;
    let policy = options.policy.as_deref().map(absolute).transpose()?;
    Ok(Prepared { case, store, store_options: options.store.options()?, policy, stop })
}

fn run_to_commit(options: &RunOptions, world: &World) -> Result<(u8, Manifest), Failure> {
    let Prepared { case, store, store_options, policy, stop } = world.agree(prepare(options, world))?;
    let n_threads = match options.threads {
        Some(n) => usize::from(n),
        None => world.suitable_threads(),
    };
    let risk_neutral = case.study.system.stages().iter().all(|stage| stage.risk_measure == RiskMeasure::Expectation);
    let workers = Workers { n_ranks: world.n_ranks(), n_threads };
    let style = Style::of(options.quiet || !world.is_first(), options.json && world.is_first());
    let mut progress = Progress::new(style, risk_neutral, workers, &case);
    for warning in &case.warnings {
        progress.say(&warning.to_string());
        progress.event("warning", json!(warning));
    }
    let solver = options.solver.as_deref().and_then(SolverChoice::from_name).unwrap_or(case.solver);
    let started = Instant::now();
    let request = RunRequest {
        case: &case,
        case_path: options.case.clone(),
        store: &store,
        store_options: &store_options,
        start: if options.resume {
            RunStart::Resume { run: options.run, takeover: options.takeover }
        } else {
            RunStart::New { run: options.run }
        },
        policy,
        solver: SolverIdentity { name: solver.name().to_owned(), version: solver.version() },
        control: Control {
            n_threads,
            make_solver: &|| solver.make(),
            clock: &|| started.elapsed().as_secs_f64(),
            stop_requested: &|| stop.is_raised(),
            communicator: world.communicator(),
        },
    };
    let manifest = run_case(&request, &mut progress).map_err(|error| failure(error, &store, world))?;
    tell_result(&progress, &manifest, &store);
    let code = if manifest.status == RunStatus::Partial { STOPPED } else { 0 };
    Ok((code, manifest))
}

/// A place that does not depend on what it is relative to: here the working directory.
fn absolute(place: &str) -> Result<String, Failure> {
    if place.contains("://") {
        return Ok(place.to_owned());
    }
    let path = std::path::absolute(place).map_err(|error| Failure::Files { message: format!("{place}: {error}") })?;
    Ok(path.display().to_string())
}

/// The LP of a failed stage problem goes beside the runs, or to the working directory when they are elsewhere.
fn failure(error: RunError, store: &Store, world: &World) -> Failure {
    match error {
        RunError::Engine(error) => {
            let folder = if store.is_local() { store.location("") } else { ".".into() };
            Failure::of_engine(&error, world.is_first().then_some(folder.as_path()))
        }
        RunError::Output(error) => error.into(),
        other => Failure::Files { message: other.to_string() },
    }
}

fn tell_result(progress: &Progress, manifest: &Manifest, store: &Store) {
    if let (Some(mean), Some(n)) = (manifest.summary.simulation_mean, manifest.summary.n_scenarios) {
        let interval = manifest
            .summary
            .simulation_std
            .map_or(String::new(), |std| format!(" ± {:.3e} (95 %)", 1.959_963_984_540_054 * std / (n as f64).sqrt()));
        progress.say(&format!("simulated {n} scenarios: mean cost {mean:.6e}{interval}"));
    }
    let (files, bytes) = manifest.files().fold((0usize, 0u64), |(files, bytes), file| (files + 1, bytes + file.bytes));
    let (verb, hint) = match manifest.status {
        RunStatus::Complete => ("committed", String::new()),
        RunStatus::Partial => ("committed in part", format!("; --resume --run {} goes on", manifest.run)),
    };
    progress.say(&format!(
        "wrote {files} files, {:.1} MB to {} ({verb} as run {}) after {}{hint}",
        bytes as f64 / 1e6,
        store.location(&format!("run={}", manifest.run)).display(),
        manifest.run,
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
            "attempt": manifest.attempt,
            "status": manifest.status,
            "lower_bound": manifest.summary.lower_bound.map(number),
            "iterations": manifest.summary.iterations,
            "stop_reason": manifest.summary.stop_reason,
            "simulation_mean": manifest.summary.simulation_mean.map(number),
            "simulation_std": manifest.summary.simulation_std.map(number),
            "n_scenarios": manifest.summary.n_scenarios,
            "files": manifest.files().count(),
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
