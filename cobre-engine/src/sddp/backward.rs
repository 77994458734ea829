//! Backward pass: one cut per trial point and stage, from the last stage to the first.

use super::context::{Context, WorkLog};
use super::exchange::{read_binding, write_binding};
use super::policy::Policy;
use super::record::Phase;
use super::trajectory::Trajectory;
use crate::comm::{Message, Ranks, Received, Unreadable};
use crate::cuts::{Addition, CutOrigin, CutPool};
use crate::error::EngineError;
use crate::subproblem::{Chain, OpeningValues, Truncation};

/// A cut before it has an id: `θ ≥ intercept + coefficients·x` ($).
struct NewCut {
    intercept: f64,
    coefficients: Vec<f64>,
}

/// What the backward pass did to the pools.
#[derive(Debug, Default, PartialEq)]
pub(super) struct BackwardPass {
    /// Cuts that were made.
    pub(super) n_added: u32,
    /// Cuts that gave way to a parallel one, new or old.
    pub(super) n_merged: u32,
    /// Trial points of the cuts, `[stage][trajectory]`; without points unless they were asked for.
    pub(super) points: Vec<Vec<Vec<f64>>>,
}

/// What a trajectory gives at a stage.
struct TrialResult {
    /// Its cut for the stage before.
    cut: NewCut,
    /// Cuts of the stage that were binding, with the number of solves.
    binding: Vec<(u32, u32)>,
    /// The trial point; empty unless it was asked for.
    point: Vec<f64>,
}

/// Adds cuts at the trial points of all trajectories. Those of this rank begin with the number `first`; at every stage
/// the ranks give each other what they have found, so that all of them hold the same pools; with the trial points where
/// they are asked for.
#[expect(clippy::too_many_arguments, reason = "what a pass works on, and what it is asked for")]
pub(super) fn backward_pass(
    context: &Context<'_>,
    ranks: &Ranks<'_>,
    policy: &mut Policy,
    iteration: u32,
    first: usize,
    trajectories: &mut [Trajectory],
    log: &mut WorkLog,
    asks_for_points: bool,
) -> Result<BackwardPass, EngineError> {
    let mut pass = BackwardPass { points: vec![Vec::new(); context.problems.len()], ..BackwardPass::default() };
    for t in (1..context.problems.len()).rev() {
        let pool = &policy.pools[t];
        // Those that take long come first, so that the workers end together.
        let expected = |trajectory: &Trajectory| trajectory.last_steps;
        let results = context.workers.run_longest_first(trajectories, expected, |chain, i, trajectory| {
            let started = (context.clock)();
            let cut = build_cut(context, chain, pool, t, iteration, first + i, trajectory)?;
            let mut statistics = chain.take_statistics();
            statistics.solve_seconds = (context.clock)() - started;
            trajectory.last_steps = statistics.simplex_iterations;
            let point = if asks_for_points { trajectory.states[t].clone() } else { Vec::new() };
            Ok((TrialResult { cut, binding: chain.binding_cuts(), point }, statistics))
        });
        let results = results.map(|results| {
            let (results, statistics): (Vec<TrialResult>, Vec<_>) = results.into_iter().unzip();
            log.add(Phase::Backward, t, &statistics);
            results
        });
        // Committed in the order of the trajectories, whichever worker or rank was faster.
        for (m, TrialResult { cut, binding, point }) in share_results(ranks, results)?.into_iter().enumerate() {
            let origin = CutOrigin { iteration, trajectory: m as u32 };
            pass.n_added += 1;
            pass.n_merged += match policy.pools[t - 1].add(cut.intercept, &cut.coefficients, origin) {
                Addition::Entered { n_replaced, .. } => n_replaced,
                Addition::Merged => 1,
            };
            policy.pools[t].count_binding(iteration, &binding);
            if asks_for_points {
                pass.points[t - 1].push(point);
            }
        }
    }
    Ok(pass)
}

/// The results of all trajectories from those of this rank.
fn share_results(
    ranks: &Ranks<'_>,
    mine: Result<Vec<TrialResult>, EngineError>,
) -> Result<Vec<TrialResult>, EngineError> {
    if ranks.is_alone() {
        return mine;
    }
    let mine = mine.map(|results| {
        let mut message = Message::new();
        message.u64(results.len() as u64);
        for TrialResult { cut, binding, point } in &results {
            message.f64(cut.intercept).f64s(&cut.coefficients).f64s(point);
            write_binding(&mut message, binding);
        }
        message
    });
    Ok(read_results(&ranks.exchange(mine)?)?)
}

fn read_results(received: &Received) -> Result<Vec<TrialResult>, Unreadable> {
    let mut results = Vec::new();
    for mut message in received.all() {
        for _ in 0..message.usize()? {
            let mut cut = NewCut { intercept: message.f64()?, coefficients: Vec::new() };
            message.f64s(&mut cut.coefficients)?;
            let mut point = Vec::new();
            message.f64s(&mut point)?;
            results.push(TrialResult { cut, binding: read_binding(&mut message)?, point });
        }
    }
    Ok(results)
}

/// Solves stage `t` for all openings from the trial point of a trajectory and folds values and gradients with the
/// risk measure of stage `t − 1`, which holds the cost-to-go.
fn build_cut(
    context: &Context<'_>,
    chain: &mut Chain,
    pool: &CutPool,
    t: usize,
    iteration: u32,
    m: usize,
    trajectory: &Trajectory,
) -> Result<NewCut, EngineError> {
    let problem = &context.problems[t];
    let trial = &trajectory.states[t];
    let near = &trajectory.states[t + 1];
    chain.enter(context.frame(), problem, pool, trajectory.bases[t].as_ref(), Some(near));
    let n_openings = context.study.openings.n_openings(t);
    let mut found = std::mem::take(&mut chain.openings);
    let OpeningValues { values, gradients, order, weights } = &mut found;
    values.clear();
    values.resize(n_openings, 0.0);
    if gradients.len() < n_openings {
        gradients.resize_with(n_openings, Vec::new);
    }
    // The basis is that of the trajectory's own opening.
    for openings in context.opening_paths[t].starting_with(trajectory.openings[t]).chunks(Chain::MOST_ANNOUNCED) {
        let solves = openings.iter().map(|&opening| (trial.as_slice(), opening));
        chain.announce(context.frame(), problem, pool, solves);
        for &opening in openings {
            let solved = chain
                .solve(context.frame(), problem, pool, trial, opening, Truncation::Relaxed)
                .map_err(|failure| context.failure(Phase::Backward, t, opening, iteration, m, *failure))?;
            values[opening] = solved.value;
            chain.write_gradient(context.frame(), problem, opening, &mut gradients[opening]);
        }
    }
    context.study.system.stages()[t - 1].risk_measure.weigh(values, order, weights);
    let mut intercept = 0.0;
    let mut coefficients = vec![0.0; context.states.dimension()];
    for ((value, gradient), &weight) in values.iter().zip(gradients.iter()).zip(weights.iter()) {
        let at_trial: f64 = gradient.iter().zip(trial).map(|(slope, x)| slope * x).sum();
        intercept += weight * (value - at_trial);
        for (sum, slope) in coefficients.iter_mut().zip(gradient) {
            *sum += weight * slope;
        }
    }
    chain.openings = found;
    Ok(NewCut { intercept, coefficients })
}
