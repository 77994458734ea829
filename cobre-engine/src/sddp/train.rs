use super::backward::backward_pass;
use super::context::{Context, Control, WorkLog};
use super::exchange::{fetch, read_work, settle_times, share_forward, write_work};
use super::forward::forward_pass;
use super::lower_bound::lower_bound;
use super::observer::{TrainingError, TrainingObserver, Wanted};
use super::options::TrainingOptions;
use super::record::{IterationRecord, Phase, RankWork, SolverStatistics, StageSelection, StopReason};
use super::snapshot::{Progress, TrainingSnapshot, TrainingStart, TrainingState, TrajectoryBases};
use super::start::begin;
use super::stopping::Stopping;
use crate::comm::{Message, MessageReader, Ranks};
use crate::error::EngineError;
use crate::stochastic::{ForwardSampler, SampleDomain};
use crate::study::Study;

/// Outcome of training.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingResult {
    /// The policy, and what training needs to go on.
    pub state: TrainingState,
    /// Why training ended.
    pub reason: StopReason,
    /// Iterations done, those before a resume included.
    pub iterations: u32,
    /// Lower bound of the optimal value ($) after the last iteration.
    pub lower_bound: f64,
    /// Mean and, for several trajectories, sample standard deviation of the cost of the last forward pass ($).
    pub upper_bound: (f64, Option<f64>),
}

/// Trains a policy by SDDP (Pereira and Pinto 1991), one cut per trial point and stage.
///
/// ```text
/// repeat
///   forward   for every trajectory, t = 1..T:  solve stage t at (x_{t−1}, sampled opening) → x_t, cost_t
///   backward  for t = T..2, every trajectory:  solve stage t at (x_{t−1}, every opening) → values Q, gradients π;
///             cut of stage t−1: θ ≥ Σ w(Q + π·(x − x_{t−1})), w from the risk measure of stage t−1
///   select    cuts that the options want no longer leave the outer approximation
///   bound     risk measure of stage 1 over the values of its openings
/// until a stopping rule holds
/// ```
///
/// Whether training goes on is settled at the end of every iteration; then `observer` sees the iteration, and knows
/// whether it is the last. What an iteration does depends on study, options and the [`TrainingState`] before it alone,
/// so training that is resumed gives the same bits as training that never stopped.
///
/// With several ranks each one calls this with the same study, options and start. A rank moves a contiguous range of the
/// trajectories; at every stage of the backward pass the ranks give each other their cuts, so all of them end with the
/// same result. The first rank decides when training ends, and its observer is the one that sees it.
///
/// # Errors
/// [`EngineError::Options`] for options without trajectories or without an iteration limit, and for a start that does
/// not fit study or options; [`EngineError::StageProblem`] when a stage problem has no solution; the error of the
/// observer, or [`EngineError::OtherRank`] with what failed on another rank.
pub fn train<O: TrainingObserver + ?Sized>(
    study: &Study,
    options: &TrainingOptions,
    control: Control<'_>,
    start: TrainingStart,
    observer: &mut O,
) -> Result<TrainingResult, TrainingError<O::Error>> {
    let ranks = Ranks::new(control);
    let (context, (mut progress, bases)) = ranks.agree(check_options(options).and_then(|()| {
        let mut context = Context::new(study, control)?;
        context.workers.set_activity_tolerance(options.cut_selection.row_activity_tolerance);
        let share = ranks.share(options.forward_passes);
        let begun = begin(&context, options, share, start)?;
        Ok((context, begun))
    }))?;
    let stopping = Stopping::new(options);
    let stop_reason = |bounds: &[f64], elapsed_seconds| {
        let by_rule = stopping.reason(bounds, elapsed_seconds);
        by_rule.or_else(|| ranks.is_stop_requested().then_some(StopReason::Requested))
    };
    if !progress.lower_bounds.is_empty() {
        let decide = || StopReason::code(stop_reason(&progress.lower_bounds, progress.elapsed_seconds));
        if let Some(reason) = StopReason::of_code(ranks.first_decides(decide)?) {
            return Ok(result(progress, bases, reason));
        }
    }
    drop(bases);
    let earlier_seconds = progress.elapsed_seconds;
    let started = (control.clock)();
    loop {
        let settle = |bounds: &[f64], ended: f64| {
            let elapsed_seconds = earlier_seconds + (ended - started);
            let reason = stop_reason(bounds, elapsed_seconds);
            let wanted = observer.wants(bounds.len() as u32, reason.is_some());
            Settled { elapsed_seconds, reason, wanted }
        };
        let (record, settled) = iterate(&context, &ranks, options, &mut progress, settle)?;
        let Settled { reason, wanted, .. } = settled;
        let fetched = if ranks.is_alone() {
            None
        } else {
            Some(fetch(&ranks, &progress.trajectories, wanted, reason.is_some())?)
        };
        if ranks.is_first() {
            let snapshot = TrainingSnapshot { progress: &progress, fetched: fetched.as_ref(), stop_reason: reason };
            if let Err(error) = observer.finish_iteration(&record, &snapshot) {
                ranks.fail("training could not be recorded".to_owned());
                return Err(TrainingError::Observer(error));
            }
        }
        if let Some(reason) = reason {
            ranks.agree(Ok(()))?;
            let bases = match fetched {
                Some(fetched) => fetched.bases,
                None => progress.trajectories.drain(..).map(|trajectory| trajectory.bases).collect(),
            };
            return Ok(result(progress, bases, reason));
        }
    }
}

/// What the first rank settles at the end of an iteration.
struct Settled {
    elapsed_seconds: f64,
    /// Why training ends, if it does.
    reason: Option<StopReason>,
    /// What the observer wants of the trajectories.
    wanted: Wanted,
}

/// Does an iteration. The first rank settles how it goes on, from the lower bounds so far and the moment the iteration
/// ended.
fn iterate(
    context: &Context<'_>,
    ranks: &Ranks<'_>,
    options: &TrainingOptions,
    progress: &mut Progress,
    settle: impl FnOnce(&[f64], f64) -> Settled,
) -> Result<(IterationRecord, Settled), EngineError> {
    let clock = context.clock;
    let iteration = progress.lower_bounds.len() as u32 + 1;
    let sampler = ForwardSampler::new(options.seed, SampleDomain::Training);
    let Progress { policy, trajectories, first, selector, .. } = progress;
    let mut log = WorkLog::default();
    ranks.take_seconds();
    let forward_started = clock();
    let forward = forward_pass(context, policy, sampler, iteration, *first, trajectories, &mut log);
    let forward = forward.map(|binding| {
        let costs = trajectories.iter().map(|path| path.discounted_cost(&context.discount)).collect();
        (binding, costs)
    });
    let costs = share_forward(ranks, policy, iteration, forward)?;
    policy.arrange(context, trajectories)?;
    let backward_started = clock();
    let asks_for_points = selector.asks_for_points();
    let pass = backward_pass(context, ranks, policy, iteration, *first, trajectories, &mut log, asks_for_points)?;
    let selection_started = clock();
    let selection = selector.select(context, &options.cut_selection, policy, iteration, &pass.points)?;
    let bound_started = clock();
    let bound = if ranks.is_first() {
        lower_bound(context, policy, iteration, trajectories[0].bases[0].as_ref(), &mut log)
    } else {
        log.add(Phase::LowerBound, 0, &[]);
        Ok(f64::NAN)
    };
    let ended = clock();
    let work = RankWork {
        rank: ranks.rank() as u32,
        n_trajectories: trajectories.len() as u32,
        lp_solves: log.total().lp_solves,
        forward_seconds: backward_started - forward_started,
        backward_seconds: selection_started - backward_started,
        lower_bound_seconds: ended - bound_started,
        communication_seconds: ranks.take_seconds(),
        idle_seconds: 0.0,
        total_seconds: ended - forward_started,
    };
    let settle = |bound| {
        progress.lower_bounds.push(bound);
        settle(&progress.lower_bounds, ended)
    };
    let End { bound, settled, work, log } = share_end(ranks, bound, settle, log, work)?;
    if !ranks.is_first() {
        progress.lower_bounds.push(bound);
    }
    progress.elapsed_seconds = settled.elapsed_seconds;
    let (mean, std) = mean_and_std(&costs);
    progress.upper_bound = (mean, std);
    let left = |stage: &StageSelection| stage.n_deactivated + stage.n_evicted.unwrap_or(0);
    let n_selected_out: u32 = selection.iter().map(left).sum();
    let total = log.total();
    let times = work[0];
    let record = IterationRecord {
        iteration,
        lower_bound: bound,
        upper_bound: mean,
        upper_bound_std: std,
        cuts_added: pass.n_added,
        cuts_removed: pass.n_merged + n_selected_out,
        cuts_active: progress.policy.n_active_cuts(),
        forward_passes: costs.len() as u32,
        lp_solves: total.lp_solves,
        mean_rows_in_lp: total.cut_rows as f64 / total.lp_solves.max(1) as f64,
        forward_seconds: times.forward_seconds,
        backward_seconds: times.backward_seconds,
        selection_seconds: bound_started - selection_started,
        lower_bound_seconds: times.lower_bound_seconds,
        total_seconds: times.total_seconds,
        selection,
        solver: log.0,
        ranks: work,
    };
    Ok((record, settled))
}

/// An iteration as all ranks know it at its end.
struct End {
    bound: f64,
    settled: Settled,
    work: Vec<RankWork>,
    log: WorkLog,
}

/// Ends an iteration: the first rank gives its bound and what it settles, every rank its work.
fn share_end(
    ranks: &Ranks<'_>,
    bound: Result<f64, EngineError>,
    settle: impl FnOnce(f64) -> Settled,
    log: WorkLog,
    work: RankWork,
) -> Result<End, EngineError> {
    if ranks.is_alone() {
        let bound = bound?;
        return Ok(End { bound, settled: settle(bound), work: vec![work], log });
    }
    let received = ranks.exchange(bound.map(|bound| {
        let mut message = Message::new();
        if ranks.is_first() {
            let Settled { elapsed_seconds, reason, wanted } = settle(bound);
            message.f64(bound).f64(elapsed_seconds).u8(StopReason::code(reason));
            message.u8(u8::from(wanted.bases)).u8(u8::from(wanted.trial_points));
        }
        write_work(&mut message, &log, &work);
        message
    }))?;
    let mut sum = log.without_work();
    let mut messages: Vec<MessageReader<'_>> = received.all().collect();
    let of_first = &mut messages[0];
    let bound = of_first.f64()?;
    let settled = Settled {
        elapsed_seconds: of_first.f64()?,
        reason: StopReason::of_code(of_first.u8()?),
        wanted: Wanted { bases: of_first.u8()? == 1, trial_points: of_first.u8()? == 1 },
    };
    let mut work = Vec::with_capacity(messages.len());
    for (rank, message) in messages.iter_mut().enumerate() {
        work.push(read_work(message, &mut sum, rank)?);
    }
    settle_times(&mut work);
    Ok(End { bound, settled, work, log: sum })
}

fn result(progress: Progress, trajectory_bases: TrajectoryBases, reason: StopReason) -> TrainingResult {
    let state = progress.into_state(trajectory_bases);
    TrainingResult {
        reason,
        iterations: state.iteration(),
        lower_bound: state.lower_bounds.last().copied().unwrap_or(f64::NAN),
        upper_bound: state.upper_bound,
        state,
    }
}

fn check_options(options: &TrainingOptions) -> Result<(), EngineError> {
    if options.forward_passes == 0 {
        let message = "at least one trajectory is needed".into();
        return Err(EngineError::Options { option: "forward_passes", message });
    }
    options.cut_selection.check()?;
    if Stopping::iteration_cap(options).is_none() {
        let message = "an iteration limit is needed, so that training ends".into();
        return Err(EngineError::Options { option: "stopping_rules", message });
    }
    Ok(())
}

/// Mean and sample standard deviation; none for a single value.
pub(crate) fn mean_and_std(values: &[f64]) -> (f64, Option<f64>) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let std =
        (values.len() > 1).then(|| (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt());
    (mean, std)
}

impl IterationRecord {
    /// Work of one phase, over its stages.
    pub fn phase_statistics(&self, phase: Phase) -> SolverStatistics {
        let mut sum = SolverStatistics::default();
        for (_, _, statistics) in self.solver.iter().filter(|(of, _, _)| *of == phase) {
            sum.add(statistics);
        }
        sum
    }
}
