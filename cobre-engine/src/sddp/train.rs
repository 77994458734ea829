use super::backward::backward_pass;
use super::context::{Context, Control, WorkLog};
use super::forward::forward_pass;
use super::lower_bound::lower_bound;
use super::options::TrainingOptions;
use super::policy::Policy;
use super::record::{IterationRecord, Phase, SolverStatistics, StopReason};
use super::stopping::Stopping;
use super::trajectory::Trajectory;
use crate::error::EngineError;
use crate::stochastic::{ForwardSampler, SampleDomain};
use crate::study::Study;

/// Outcome of training.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingResult {
    /// The policy.
    pub policy: Policy,
    /// Why training ended.
    pub reason: StopReason,
    /// Iterations done.
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
/// `on_iteration` sees the record of every iteration as it ends.
///
/// # Errors
/// [`EngineError::Options`] for options without trajectories or without an iteration limit;
/// [`EngineError::StageProblem`] when a stage problem has no solution.
pub fn train(
    study: &Study,
    options: &TrainingOptions,
    control: Control<'_>,
    on_iteration: &mut dyn FnMut(&IterationRecord),
) -> Result<TrainingResult, EngineError> {
    check_options(options)?;
    let context = Context::new(study, control)?;
    let n_stages = study.system.n_stages();
    let started = (control.clock)();
    let sampler = ForwardSampler::new(options.seed, SampleDomain::Training);
    let mut policy = Policy::new(context.states, n_stages);
    let mut trajectories = vec![Trajectory::new(&context.initial, n_stages); options.forward_passes];
    let mut stopping = Stopping::new(options);
    let mut iteration = 0;
    loop {
        iteration += 1;
        let mut log = WorkLog::default();
        let forward_started = (control.clock)();
        forward_pass(&context, &policy, sampler, iteration, &mut trajectories, &mut log)?;
        let backward_started = (control.clock)();
        let cuts = backward_pass(&context, &mut policy, iteration, &mut trajectories, &mut log)?;
        let bound_started = (control.clock)();
        let bound = lower_bound(&context, &policy, iteration, trajectories[0].bases[0].as_ref(), &mut log)?;
        let ended = (control.clock)();

        let costs: Vec<f64> = trajectories.iter().map(|path| path.discounted_cost(&context.discount)).collect();
        let (mean, std) = mean_and_std(&costs);
        let mut total = SolverStatistics::default();
        for (_, _, statistics) in &log.0 {
            total.add(statistics);
        }
        on_iteration(&IterationRecord {
            iteration,
            lower_bound: bound,
            upper_bound: mean,
            upper_bound_std: std,
            cuts_added: cuts.added,
            cuts_removed: cuts.merged,
            cuts_active: policy.n_cuts(),
            forward_passes: options.forward_passes as u32,
            lp_solves: total.lp_solves,
            mean_rows_in_lp: total.cut_rows as f64 / total.lp_solves.max(1) as f64,
            forward_seconds: backward_started - forward_started,
            backward_seconds: bound_started - backward_started,
            lower_bound_seconds: ended - bound_started,
            total_seconds: ended - forward_started,
            solver: log.0,
        });
        let elapsed = ended - started;
        let reason = stopping
            .update(iteration, bound, elapsed)
            .or_else(|| (control.stop_requested)().then_some(StopReason::Requested));
        if let Some(reason) = reason {
            policy.bases.clone_from(&trajectories[0].bases);
            return Ok(TrainingResult {
                policy,
                reason,
                iterations: iteration,
                lower_bound: bound,
                upper_bound: (mean, std),
            });
        }
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
