use std::collections::BTreeMap;
use std::time::SystemTime;

use cobre_engine::sddp::{
    IterationRecord, Policy, StopReason, TrainingError, TrainingObserver, TrainingOptions, TrainingResult,
    TrainingSnapshot, TrainingStart, Wanted, train,
};

use super::begin::Begun;
use super::party::Party;
use super::policy_source::{adapted_policy, resumed_state};
use super::{RunError, RunEvents, RunRequest, was_stopped};
use crate::case::PolicyMode;
use crate::output::metadata::{HydroModels, ModelProvenance, PhaseRecord, ScalingReport, TrainingMetadata};
use crate::output::{
    CheckpointOptions, FileRecord, OutputError, PolicyEntry, RankTimingRecord, RunStatus, RunSummary, RunWriter,
    TrainingNumbers, TrainingParquetWriter, TrainingTotals, open_run, write_metadata,
};
use crate::policy::{PolicyContent, PolicyStage, PolicyStatus, StageStates};

/// The policy of the run, trained or loaded, and whether training was stopped on request. The summary is that of the
/// first rank.
pub(super) fn policy(
    party: &Party<'_>,
    begun: Option<&Begun>,
    summary: &mut RunSummary,
    events: &mut dyn RunEvents,
) -> Result<(Policy, bool), RunError> {
    let Some(options) = &party.request.case.training else {
        return Ok((adapted_policy(party, events)?, false));
    };
    let done = begun.and_then(|begun| begun.writer.earlier().training());
    if party.ranks.by_first(begun, |_| Ok(done.is_some()))? {
        let (state, _) = resumed_state(party, done.map(|done| done.policy.path.as_str()))?;
        if let Some(done) = done {
            summary.lower_bound = Some(done.lower_bound);
            summary.upper_bound_mean = Some(done.upper_bound.0);
            summary.upper_bound_std = done.upper_bound.1;
            summary.iterations = Some(done.policy.iteration);
            summary.stop_reason = Some(done.stop_reason.clone());
            events.note(&format!("training was complete after {} iterations", done.policy.iteration));
        }
        return Ok((state.policy, false));
    }
    train_policy(party, begun, options, summary, events)
}

fn train_policy(
    party: &Party<'_>,
    begun: Option<&Begun>,
    options: &TrainingOptions,
    summary: &mut RunSummary,
    events: &mut dyn RunEvents,
) -> Result<(Policy, bool), RunError> {
    let (request, study) = (party.request, &party.request.case.study);
    let started = SystemTime::now();
    let Start { with: start, files, totals, points } = start(party, begun, events)?;
    let done = match &start {
        TrainingStart::Resume(state) => state.iteration(),
        _ => 0,
    };
    let mut recorder = None;
    party.ranks.by_first(begun, |Begun { writer, .. }| {
        let tables = writer.resume_training_writer(&study.system, files, totals)?;
        events.training_starts(options, done);
        recorder = Some(Recorder { request, writer, tables, policy: None, events });
        Ok(())
    })?;
    let result = match &mut recorder {
        Some(recorder) => train(study, options, request.control, start, recorder)?,
        None => train(study, options, request.control, start, &mut ()).map_err(TrainingError::into_engine)?,
    };
    summary.lower_bound = Some(result.lower_bound);
    summary.upper_bound_mean = Some(result.upper_bound.0);
    summary.upper_bound_std = result.upper_bound.1;
    summary.iterations = Some(result.iterations);
    summary.stop_reason = Some(result.reason.name().to_owned());
    party.ranks.by_first(recorder, |recorder| conclude(party, recorder, options, &result, points, started, summary))?;
    Ok((result.state.policy, was_stopped(result.reason)))
}

/// Stores and commits what training has come to.
fn conclude(
    party: &Party<'_>,
    recorder: Recorder<'_>,
    options: &TrainingOptions,
    result: &TrainingResult,
    points: Vec<StageStates>,
    started: SystemTime,
    summary: &RunSummary,
) -> Result<(), RunError> {
    let Recorder { request, writer, mut tables, policy, events } = recorder;
    events.training_ends(result);
    let policy = if let Some(policy) = policy {
        policy
    } else {
        // A stopping rule held before the first iteration of this attempt.
        let state = &result.state;
        let options = checkpoint_options(request, options, Some(result.reason));
        let numbers = TrainingNumbers {
            lower_bounds: &state.lower_bounds,
            upper_bound: state.upper_bound,
            elapsed_seconds: state.elapsed_seconds,
            totals: &tables.totals().clone(),
        };
        let files = tables.flush()?;
        // The policy keeps the trial points that it was read with.
        let is_asked = request.case.exports.states || !state.visited.is_empty();
        let points = if is_asked { points } else { Vec::new() };
        let content = PolicyContent { states: &points, ..PolicyContent::of_state(state) };
        writer.write_policy_checkpoint(&request.case.study, &content, numbers, &files, &options)?
    };
    if was_stopped(result.reason) {
        tables.finalize()?;
        return Ok(());
    }
    tables.write_cut_activity(&result.state.policy.pools)?;
    let totals = tables.finalize()?.totals;
    write_documents(party, writer, &totals, result.reason, started)?;
    writer.commit_training(policy, totals, summary)?;
    Ok(())
}

/// Writes what is told of a training beside its tables.
fn write_documents(
    party: &Party<'_>,
    writer: &RunWriter,
    totals: &TrainingTotals,
    reason: StopReason,
    started: SystemTime,
) -> Result<(), RunError> {
    let case = party.request.case;
    let Some(options) = &case.training else { return Ok(()) };
    let phase = PhaseRecord::ending_now(writer, started, RunStatus::Complete);
    let distribution = party.distribution(options.forward_passes);
    let metadata = TrainingMetadata::new(phase, &case.study, options, case.policy.mode, totals, reason, distribution);
    write_metadata(writer, &metadata)?;
    write_metadata(writer, &HydroModels::new(&case.study.system))?;
    write_metadata(writer, &ModelProvenance::new(case))?;
    write_metadata(writer, &ScalingReport::new(&case.study))?;
    Ok(())
}

/// Where training starts, and what there is already of the training tables, which the first rank alone knows.
struct Start {
    with: TrainingStart,
    files: Vec<FileRecord>,
    totals: TrainingTotals,
    /// Trial points that were stored with the iteration that training goes on after.
    points: Vec<StageStates>,
}

/// A policy to go on from, and its training tables.
struct Earlier {
    folder: String,
    files: Vec<FileRecord>,
    totals: TrainingTotals,
}

fn start(party: &Party<'_>, begun: Option<&Begun>, events: &mut dyn RunEvents) -> Result<Start, RunError> {
    let mut earlier = None;
    let goes_on = party.ranks.by_first(begun, |begun| {
        earlier = find_earlier(begun, events)?;
        Ok(earlier.is_some())
    })?;
    if goes_on {
        let (state, points) = resumed_state(party, earlier.as_ref().map(|earlier| earlier.folder.as_str()))?;
        let (files, totals) = earlier.map(|earlier| (earlier.files, earlier.totals)).unwrap_or_default();
        return Ok(Start { with: TrainingStart::Resume(state), files, totals, points });
    }
    let from_policy = party.request.case.policy.mode == PolicyMode::WarmStart || party.request.policy.is_some();
    let with =
        if from_policy { TrainingStart::WarmStart(adapted_policy(party, events)?) } else { TrainingStart::Fresh };
    Ok(Start { with, files: Vec::new(), totals: TrainingTotals::default(), points: Vec::new() })
}

/// The checkpoint of an earlier attempt, or the policy of the run that this one continues.
fn find_earlier(begun: &Begun, events: &mut dyn RunEvents) -> Result<Option<Earlier>, RunError> {
    let writer = &begun.writer;
    if let Some(checkpoint) = writer.earlier().checkpoint() {
        events.note(&format!("training goes on after iteration {}", checkpoint.policy.iteration));
        let folder = checkpoint.policy.path.clone();
        let files = checkpoint.training_files.clone();
        return Ok(Some(Earlier { folder, files, totals: checkpoint.totals.clone() }));
    }
    let Some(run) = begun.continues else { return Ok(None) };
    let Some(checkpoint) = open_run(writer.store(), Some(run))?.checkpoint()? else {
        let message = format!("run {run} has trained no policy; hint: run without --resume");
        return Err(RunError::Refused { message });
    };
    let files = writer.copy_training_parts(&checkpoint.training_files)?;
    events.note(&format!("training goes on after iteration {} of run {run}", checkpoint.policy.iteration));
    Ok(Some(Earlier { folder: checkpoint.policy.path, files, totals: checkpoint.totals }))
}

fn checkpoint_options(
    request: &RunRequest<'_>,
    training: &TrainingOptions,
    reason: Option<StopReason>,
) -> CheckpointOptions {
    let checkpointing = request.case.checkpointing;
    let is_final = reason.is_some_and(|reason| !was_stopped(reason));
    CheckpointOptions {
        status: if is_final { PolicyStatus::Final } else { PolicyStatus::Checkpoint },
        compress: checkpointing.is_some_and(|checkpointing| checkpointing.compress),
        forward_passes: training.forward_passes as u32,
        seeds: BTreeMap::from([("forward".to_owned(), training.seed), ("tree".to_owned(), request.case.tree_seed)]),
    }
}

/// Writes what training tells: rows of the tables, checkpoints.
struct Recorder<'a> {
    request: &'a RunRequest<'a>,
    writer: &'a RunWriter,
    tables: TrainingParquetWriter,
    /// The policy after the last iteration.
    policy: Option<PolicyEntry>,
    events: &'a mut dyn RunEvents,
}

impl Recorder<'_> {
    /// Whether there is to be a checkpoint after an iteration.
    fn is_due(&self, iteration: u32) -> bool {
        self.request.case.checkpointing.is_some_and(|checkpointing| checkpointing.is_due(iteration))
    }
}

impl TrainingObserver for Recorder<'_> {
    type Error = OutputError;

    fn wants(&self, iteration: u32, is_last: bool) -> Wanted {
        Wanted { bases: is_last || self.is_due(iteration), trial_points: self.request.case.exports.states }
    }

    fn finish_iteration(
        &mut self,
        record: &IterationRecord,
        snapshot: &TrainingSnapshot<'_>,
    ) -> Result<(), OutputError> {
        self.tables.write_iteration(record)?;
        self.tables.write_rank_timing(&RankTimingRecord::of_ranks(record))?;
        let exports_states = self.request.case.exports.states;
        if exports_states {
            self.tables.write_trial_points(snapshot)?;
        }
        self.events.iteration(record);
        let checkpointing = self.request.case.checkpointing;
        let reason = snapshot.stop_reason();
        let due = self.is_due(record.iteration);
        let Some(training) = self.request.case.training.as_ref().filter(|_| due || reason.is_some()) else {
            return self.writer.check_owned();
        };
        let study = &self.request.case.study;
        let files = self.tables.flush()?;
        let points = StageStates::of_snapshot(&PolicyStage::of_study(study), snapshot, exports_states);
        let mut content = PolicyContent { states: &points, ..PolicyContent::of_snapshot(snapshot) };
        if checkpointing.is_some_and(|checkpointing| !checkpointing.store_basis) {
            content.trajectory_bases.clear();
        }
        let numbers = TrainingNumbers {
            lower_bounds: snapshot.lower_bounds(),
            upper_bound: snapshot.upper_bound(),
            elapsed_seconds: snapshot.elapsed_seconds(),
            totals: self.tables.totals(),
        };
        let options = checkpoint_options(self.request, training, reason);
        let policy = self.writer.write_policy_checkpoint(study, &content, numbers, &files, &options)?;
        self.events.checkpoint(record.iteration);
        self.policy = reason.is_some().then_some(policy);
        Ok(())
    }
}
