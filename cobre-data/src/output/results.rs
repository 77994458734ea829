use std::collections::BTreeMap;
use std::time::SystemTime;

use cobre_engine::sddp::{IterationRecord, StopReason, TrainingState};

use super::checkpoint::{CheckpointOptions, TrainingNumbers};
use super::manifest::{Manifest, RunInfo, RunStatus, RunSummary};
use super::metadata::{Distribution, HydroModels, ModelProvenance, PhaseRecord, ScalingReport, TrainingMetadata};
use super::run::RunWriter;
use super::simulation::ScenarioOutcome;
use super::training::{RankTimingRecord, TrainingTotals};
use super::{OutputError, write_dictionaries, write_metadata, write_stochastic};
use crate::case::Case;
use crate::policy::{PolicyContent, PolicyStatus};
use crate::store::Store;

/// What a training has given, all of it in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingOutput {
    /// Records of the iterations, in order.
    pub records: Vec<IterationRecord>,
    /// The policy, and what training needs to go on.
    pub state: TrainingState,
    /// Why training ended.
    pub reason: StopReason,
}

/// What a simulation has given, all of it in memory.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SimulationOutput {
    /// Outcomes of the scenarios, from the first on.
    pub scenarios: Vec<ScenarioOutcome>,
}

/// Writes everything a case has given as one committed run: the counterpart of [`read_case`](crate::case::read_case).
///
/// For callers that hold all results in memory. [`run_case`](crate::runner::run_case) writes while it computes, with
/// checkpoints, in bounded memory.
///
/// * `store`: root of the outputs; the run gets the next free number in it.
/// * `info`: what is known of the run: engine, solver, hashes of the case.
/// * `case`: the case that was trained; its exports choose tables, columns and files.
/// * `training`: written as the training tables, the policy `run=<n>/policy/<iteration>` and the metadata of training.
/// * `simulation`: written as the simulation tables, when there was one.
///
/// Called by one process, after all are done. Nothing is visible to readers before everything is written and verified.
///
/// # Errors
/// [`OutputError::IoError`] when something cannot be written, [`OutputError::SchemaError`] when the outputs do not fit
/// the case, [`OutputError::ManifestError`] when what is read back is not what was written. Then there is no run.
pub fn write_results(
    store: &Store,
    info: RunInfo,
    case: &Case,
    training: &TrainingOutput,
    simulation: Option<SimulationOutput>,
) -> Result<Manifest, OutputError> {
    let writer = RunWriter::create(store, info)?;
    match write_parts(&writer, case, training, simulation) {
        Ok(summary) => {
            let stopped = training.reason == StopReason::Requested;
            writer.commit(if stopped { RunStatus::Partial } else { RunStatus::Complete }, summary)
        }
        Err(error) => {
            // The first failure is the one to tell; what cannot be removed stays without a manifest.
            let _ = writer.abort();
            Err(error)
        }
    }
}

fn write_parts(
    writer: &RunWriter,
    case: &Case,
    training: &TrainingOutput,
    simulation: Option<SimulationOutput>,
) -> Result<RunSummary, OutputError> {
    write_dictionaries(writer, &case.study)?;
    if case.exports.stochastic {
        write_stochastic(writer, case)?;
    }
    let mut summary = write_training(writer, case, training)?;
    if let Some(simulation) = simulation {
        let mut tables = writer.simulation_writer(&case.study.system, &case.exports.results)?;
        for scenario in simulation.scenarios {
            tables.write_scenario(scenario)?;
        }
        let manifest = tables.finalize()?;
        writer.commit_simulation(&manifest)?;
        summary.n_scenarios = Some(manifest.n_scenarios);
        summary.simulation_mean = manifest.cost.as_ref().map(|cost| cost.mean);
        summary.simulation_std = manifest.cost.as_ref().and_then(|cost| cost.std);
    }
    Ok(summary)
}

fn write_training(writer: &RunWriter, case: &Case, training: &TrainingOutput) -> Result<RunSummary, OutputError> {
    let state = &training.state;
    let mut tables = writer.training_writer(&case.study.system)?;
    for record in &training.records {
        tables.write_iteration(record)?;
        tables.write_rank_timing(&RankTimingRecord::of_ranks(record))?;
    }
    let files = tables.flush()?;
    let is_final = training.reason != StopReason::Requested;
    let options = CheckpointOptions {
        status: if is_final { PolicyStatus::Final } else { PolicyStatus::Checkpoint },
        compress: case.checkpointing.is_some_and(|checkpointing| checkpointing.compress),
        forward_passes: state.trajectory_bases.len() as u32,
        seeds: BTreeMap::from([("tree".to_owned(), case.tree_seed)]),
    };
    let numbers = TrainingNumbers {
        lower_bounds: &state.lower_bounds,
        upper_bound: state.upper_bound,
        elapsed_seconds: state.elapsed_seconds,
        totals: &tables.totals().clone(),
    };
    let content = PolicyContent::of_state(state);
    let policy = writer.write_policy_checkpoint(&case.study, &content, numbers, &files, &options)?;
    tables.write_cut_activity(&state.policy.pools)?;
    let totals = tables.finalize()?.totals;
    let summary = RunSummary {
        lower_bound: state.lower_bounds.last().copied(),
        upper_bound_mean: Some(state.upper_bound.0),
        upper_bound_std: state.upper_bound.1,
        iterations: Some(state.iteration()),
        stop_reason: Some(training.reason.name().to_owned()),
        ..RunSummary::default()
    };
    if is_final {
        write_documents(writer, case, &totals, training.reason)?;
        writer.commit_training(policy, totals, &summary)?;
    }
    Ok(summary)
}

/// Writes what is told of a training beside its tables.
fn write_documents(
    writer: &RunWriter,
    case: &Case,
    totals: &TrainingTotals,
    reason: StopReason,
) -> Result<(), OutputError> {
    if let Some(options) = &case.training {
        let phase = PhaseRecord::ending_now(writer, SystemTime::now(), RunStatus::Complete);
        let distribution = Distribution::local(writer.info().threads);
        let mode = case.policy.mode;
        write_metadata(
            writer,
            &TrainingMetadata::new(phase, &case.study, options, mode, totals, reason, distribution),
        )?;
    }
    write_metadata(writer, &HydroModels::new(&case.study.system))?;
    write_metadata(writer, &ModelProvenance::new(case))?;
    write_metadata(writer, &ScalingReport::new(&case.study))?;
    Ok(())
}
