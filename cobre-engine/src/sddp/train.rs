use super::backward::backward_pass;
use super::context::{Context, Control, WorkLog};
use super::forward::forward_pass;
use super::lower_bound::lower_bound;
use super::observer::{TrainingError, TrainingObserver};
use super::options::TrainingOptions;
use super::record::{IterationRecord, Phase, SolverStatistics, StopReason};
use super::snapshot::{Progress, TrainingSnapshot, TrainingStart, TrainingState};
use super::start::begin;
use super::stopping::Stopping;
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
///   bound     risk measure of stage 1 over the values of its openings
/// until a stopping rule holds
/// ```
///
/// Whether training goes on is settled at the end of every iteration; then `observer` sees the iteration, and knows
/// whether it is the last. What an iteration does depends on study, options and the [`TrainingState`] before it alone,
/// so training that is resumed gives the same bits as training that never stopped.
///
/// # Errors
/// [`EngineError::Options`] for options without trajectories or without an iteration limit, and for a start that does
/// not fit study or options; [`EngineError::StageProblem`] when a stage problem has no solution; the error of the
/// observer.
pub fn train<O: TrainingObserver + ?Sized>(
    study: &Study,
    options: &TrainingOptions,
    control: Control<'_>,
    start: TrainingStart,
    observer: &mut O,
) -> Result<TrainingResult, TrainingError<O::Error>> {
    check_options(options)?;
    let context = Context::new(study, control)?;
    let mut progress = begin(&context, options.forward_passes, start)?;
    let sampler = ForwardSampler::new(options.seed, SampleDomain::Training);
    let stopping = Stopping::new(options);
    let stop_reason = |progress: &Progress| {
        let by_rule = stopping.reason(&progress.lower_bounds, progress.elapsed_seconds);
        by_rule.or_else(|| (control.stop_requested)().then_some(StopReason::Requested))
    };
    let mut reason = if progress.lower_bounds.is_empty() { None } else { stop_reason(&progress) };
    let earlier_seconds = progress.elapsed_seconds;
    let started = (control.clock)();
    loop {
        if let Some(reason) = reason {
            return Ok(result(progress, reason));
        }
        let (record, ended) = iterate(&context, sampler, &mut progress)?;
        progress.elapsed_seconds = earlier_seconds + (ended - started);
        reason = stop_reason(&progress);
        let snapshot = TrainingSnapshot { progress: &progress, stop_reason: reason };
        observer.finish_iteration(&record, &snapshot).map_err(TrainingError::Observer)?;
    }
}

/// Does an iteration; its record, and when it ended.
fn iterate(
    context: &Context<'_>,
    sampler: ForwardSampler,
    progress: &mut Progress,
) -> Result<(IterationRecord, f64), EngineError> {
    let clock = context.control.clock;
    let iteration = progress.lower_bounds.len() as u32 + 1;
    let Progress { policy, trajectories, .. } = progress;
    let mut log = WorkLog::default();
    let forward_started = clock();
    forward_pass(context, policy, sampler, iteration, trajectories, &mut log)?;
    let backward_started = clock();
    let cuts = backward_pass(context, policy, iteration, trajectories, &mut log)?;
    let bound_started = clock();
    let bound = lower_bound(context, policy, iteration, trajectories[0].bases[0].as_ref(), &mut log)?;
    let ended = clock();

    let costs: Vec<f64> = trajectories.iter().map(|path| path.discounted_cost(&context.discount)).collect();
    let (mean, std) = mean_and_std(&costs);
    let mut total = SolverStatistics::default();
    for (_, _, statistics) in &log.0 {
        total.add(statistics);
    }
    let record = IterationRecord {
        iteration,
        lower_bound: bound,
        upper_bound: mean,
        upper_bound_std: std,
        cuts_added: cuts.added,
        cuts_removed: cuts.merged,
        cuts_active: policy.n_cuts(),
        forward_passes: trajectories.len() as u32,
        lp_solves: total.lp_solves,
        mean_rows_in_lp: total.cut_rows as f64 / total.lp_solves.max(1) as f64,
        forward_seconds: backward_started - forward_started,
        backward_seconds: bound_started - backward_started,
        lower_bound_seconds: ended - bound_started,
        total_seconds: ended - forward_started,
        solver: log.0,
    };
    progress.lower_bounds.push(bound);
    progress.upper_bound = (mean, std);
    Ok((record, ended))
}

fn result(progress: Progress, reason: StopReason) -> TrainingResult {
    let state = progress.into_state();
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
