use std::collections::BTreeMap;

use cobre_engine::sddp::{StopReason, TrainingState};
use cobre_engine::simulation::SimulationResult;

use super::checkpoint::{CheckpointOptions, TrainingNumbers};
use super::manifest::{FileRecord, Manifest, RunInfo, RunStatus, RunSummary};
use super::memory::{FileRows, MemoryTables, SimulationOutput, TrainingOutput};
use super::metadata::{
    Distribution, HydroModels, ModelProvenance, PhaseRecord, ScalingReport, SimulationMetadata, TrainingMetadata,
};
use super::parquet_file::ParquetFile;
use super::run::RunWriter;
use super::schema::{CUT_ACTIVITY, TablePhase};
use super::simulation::SimulationManifest;
use super::stage_record::BucketManifest;
use super::{OutputError, write_dictionaries, write_metadata, write_stochastic};
use crate::case::Case;
use crate::policy::{PolicyContent, PolicyStatus};
use crate::store::Store;

/// What a training has given, all of it in memory.
#[derive(Debug, Clone, Copy)]
pub struct Trained<'a> {
    /// The policy, and what training needs to go on.
    pub state: &'a TrainingState,
    /// Why training ended.
    pub reason: StopReason,
    /// What a [`TrainingCollector`](super::TrainingCollector) has made of it.
    pub output: &'a TrainingOutput,
}

/// What a simulation has given, all of it in memory.
#[derive(Debug, Clone, Copy)]
pub struct Simulated<'a> {
    /// Mean cost, work of the solver.
    pub result: &'a SimulationResult,
    /// What a [`SimulationCollector`](super::SimulationCollector) has made of it.
    pub output: &'a SimulationOutput,
}

/// Writes everything a case has given as one committed run: the counterpart of [`read_case`](crate::case::read_case).
///
/// For callers that hold all results in memory. [`run_case`](crate::runner::run_case) writes while it computes, with
/// checkpoints, in bounded memory; the table files it writes for the same results have the same bytes, but for the
/// identity of the run and times.
///
/// * `store`: root of the outputs; the run gets the next free number in it.
/// * `info`: what is known of the run: engine, solver, hashes of the case.
/// * `case`: the case that was trained; its exports say whether the stochastic process is written.
/// * `training`: written as the training tables, the policy `run=<n>/policy/<iteration>` and the metadata of training,
///   when there was one.
/// * `simulation`: written as the simulation tables and their metadata, when there was one.
///
/// Called by one process, after all are done. Nothing is visible to readers before everything is written and verified.
/// What was stopped on request becomes a run committed in part.
///
/// # Errors
/// [`OutputError::IoError`] when something cannot be written, [`OutputError::SerializationError`] when the policy does
/// not fit the case, [`OutputError::ManifestError`] when what is read back is not what was written. Then there is no run.
pub fn write_results(
    store: &Store,
    info: RunInfo,
    case: &Case,
    training: Option<Trained<'_>>,
    simulation: Option<Simulated<'_>>,
) -> Result<Manifest, OutputError> {
    let writer = RunWriter::create(store, info)?;
    match write_parts(&writer, case, training, simulation) {
        Ok(summary) => {
            let stopped = training.is_some_and(|training| training.reason == StopReason::Requested)
                || simulation.is_some_and(|simulation| simulation.result.stopped);
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
    training: Option<Trained<'_>>,
    simulation: Option<Simulated<'_>>,
) -> Result<RunSummary, OutputError> {
    write_dictionaries(writer, &case.study)?;
    if case.exports.stochastic {
        write_stochastic(writer, case)?;
    }
    let mut summary = RunSummary::default();
    if let Some(training) = training {
        write_training(writer, case, training, &mut summary)?;
    }
    if let Some(simulation) = simulation {
        write_simulation(writer, case, simulation, &mut summary)?;
    }
    Ok(summary)
}

fn write_training(
    writer: &RunWriter,
    case: &Case,
    training: Trained<'_>,
    summary: &mut RunSummary,
) -> Result<(), OutputError> {
    let Trained { state, reason, output } = training;
    writer.open_phase(TablePhase::Training)?;
    let files = write_tables(writer, &output.tables)?;
    // The activity of cuts is told after the last iteration: a training that goes on from the policy tells it anew.
    let activity = CUT_ACTIVITY.qualified_name();
    let of_iterations: Vec<FileRecord> = files.iter().filter(|file| file.table != activity).cloned().collect();
    let is_final = reason != StopReason::Requested;
    let mut seeds = BTreeMap::from([("tree".to_owned(), case.tree_seed)]);
    seeds.extend(case.training.as_ref().map(|options| ("forward".to_owned(), options.seed)));
    let options = CheckpointOptions {
        status: if is_final { PolicyStatus::Final } else { PolicyStatus::Checkpoint },
        compress: case.checkpointing.is_some_and(|checkpointing| checkpointing.compress),
        forward_passes: state.trajectory_bases.len() as u32,
        seeds,
    };
    let numbers = TrainingNumbers {
        lower_bounds: &state.lower_bounds,
        upper_bound: state.upper_bound,
        elapsed_seconds: state.elapsed_seconds,
        totals: &output.totals,
    };
    let mut content = PolicyContent { states: &output.trial_points, ..PolicyContent::of_state(state) };
    if case.checkpointing.is_some_and(|checkpointing| !checkpointing.store_basis) {
        content.trajectory_bases.clear();
    }
    let policy = writer.write_policy_checkpoint(&case.study, &content, numbers, &of_iterations, &options)?;
    writer.destination().finish(TablePhase::Training, &files);
    summary.lower_bound = state.lower_bounds.last().copied();
    summary.upper_bound_mean = Some(state.upper_bound.0);
    summary.upper_bound_std = state.upper_bound.1;
    summary.iterations = Some(state.iteration());
    summary.stop_reason = Some(reason.name().to_owned());
    if is_final {
        write_training_documents(writer, case, reason, output)?;
        writer.commit_training(policy, output.totals.clone(), summary)?;
    }
    Ok(())
}

/// Writes what is told of a training beside its tables.
fn write_training_documents(
    writer: &RunWriter,
    case: &Case,
    reason: StopReason,
    output: &TrainingOutput,
) -> Result<(), OutputError> {
    if let Some(options) = &case.training {
        let phase = PhaseRecord::new(writer, output.started, output.completed, RunStatus::Complete);
        let (distribution, mode) = (Distribution::local(writer.info().threads), case.policy.mode);
        let metadata = TrainingMetadata::new(phase, &case.study, options, mode, &output.totals, reason, distribution);
        write_metadata(writer, &metadata)?;
    }
    write_metadata(writer, &HydroModels::new(&case.study.system))?;
    write_metadata(writer, &ModelProvenance::new(case))?;
    write_metadata(writer, &ScalingReport::new(&case.study))?;
    Ok(())
}

fn write_simulation(
    writer: &RunWriter,
    case: &Case,
    simulation: Simulated<'_>,
    summary: &mut RunSummary,
) -> Result<(), OutputError> {
    let Simulated { result, output } = simulation;
    writer.open_phase(TablePhase::Simulation)?;
    let files = write_tables(writer, &output.tables)?;
    let written: BTreeMap<&str, &FileRecord> = files.iter().map(|file| (file.path.as_str(), file)).collect();
    let in_place = |files: &[FileRecord]| -> Vec<FileRecord> {
        let path = |file: &FileRecord| format!("{}/{}", writer.relative(), file.path);
        files.iter().filter_map(|file| written.get(path(file).as_str()).copied().cloned()).collect()
    };
    for bucket in &output.buckets {
        let simulation_hash = writer.info().simulation_hash.clone();
        let record = BucketManifest { simulation_hash, files: in_place(&bucket.files), ..bucket.clone() };
        writer.folder().commit_bucket(&record)?;
    }
    let manifest = SimulationManifest { files: in_place(&output.manifest.files), ..output.manifest.clone() };
    let to = writer.destination();
    to.finish(TablePhase::Simulation, &manifest.files);
    to.describe(&manifest.tables);
    if !result.stopped {
        let phase = PhaseRecord::new(writer, output.started, output.completed, RunStatus::Complete);
        let n_asked = case.simulation.as_ref().map_or(result.n_scenarios, |options| options.n_scenarios);
        let distribution = Distribution::local(writer.info().threads);
        write_metadata(writer, &SimulationMetadata::new(phase, n_asked, 0, result, distribution))?;
        writer.commit_simulation(&manifest)?;
    }
    summary.n_scenarios = Some(manifest.n_scenarios);
    summary.simulation_mean = Some(result.mean_cost).filter(|mean| mean.is_finite());
    summary.simulation_std = result.std_cost;
    Ok(())
}

/// Writes the files of tables, each with the bytes that it would have if it had been written in the first place.
pub(super) fn write_tables(writer: &RunWriter, tables: &MemoryTables) -> Result<Vec<FileRecord>, OutputError> {
    let folder = writer.folder();
    let write = |rows: &FileRows| {
        let relative = format!("{}/{}", folder.relative, rows.path);
        let mut file =
            ParquetFile::create(&folder.store, &folder.origin, &rows.shape, relative, rows.partition.clone())?;
        rows.batches().try_for_each(|batch| file.write(&batch))?;
        file.publish()
    };
    tables.files().iter().map(write).collect()
}
