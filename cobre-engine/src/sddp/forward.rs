//! Forward pass: trajectories through sampled openings under the current policy.

use super::context::{Context, WorkLog};
use super::policy::Policy;
use super::record::Phase;
use super::trajectory::Trajectory;
use crate::error::EngineError;
use crate::solver::Basis;
use crate::stochastic::ForwardSampler;
use crate::subproblem::Truncation;

/// Cuts that were binding in the forward solves of every stage: pairs of id and number of solves.
pub(super) type BindingCuts = Vec<Vec<(u32, u32)>>;

/// Moves the trajectories of this rank, of which the first has the number `first`, through all stages. A trajectory goes on
/// to its next stage while others are still at the one before.
pub(super) fn forward_pass(
    context: &Context<'_>,
    policy: &Policy,
    sampler: ForwardSampler,
    iteration: u32,
    first: usize,
    trajectories: &mut [Trajectory],
    log: &mut WorkLog,
) -> Result<BindingCuts, EngineError> {
    let n_stages = context.problems.len();
    let results = context.workers.run_steps(trajectories, n_stages, |chain, t, i, trajectory| {
        let started = (context.clock)();
        let (problem, pool, m) = (&context.problems[t], &policy.pools[t], first + i);
        let opening = sampler.opening(iteration, m, t, context.study.openings.n_openings(t));
        trajectory.openings[t] = opening;
        let basis = trajectory.bases[t].take();
        chain.enter(context.frame(), problem, pool, basis.as_ref(), None);
        let incoming = &trajectory.states[t];
        let solved = chain
            .solve(context.frame(), problem, pool, incoming, opening, Truncation::Exact)
            .map_err(|failure| context.failure(Phase::Forward, t, opening, iteration, m, *failure))?;
        let discount_factor = context.study.system.stages()[t].discount_factor;
        let future_cost = discount_factor * problem.future_cost(context.study, chain.solution());
        trajectory.costs[t] = solved.objective - future_cost;
        trajectory.states[t + 1].clear();
        trajectory.states[t + 1].extend_from_slice(chain.outgoing());
        let mut basis = basis.unwrap_or_else(Basis::default);
        chain.write_basis(&mut basis);
        trajectory.bases[t] = Some(basis);
        let mut statistics = chain.take_statistics();
        statistics.solve_seconds = (context.clock)() - started;
        Ok((chain.binding_cuts(), statistics))
    })?;
    let mut by_trajectory: Vec<_> = results.into_iter().map(Vec::into_iter).collect();
    let mut binding = Vec::with_capacity(n_stages);
    for t in 0..n_stages {
        // In the order of the trajectories, whichever was faster.
        let of_stage = by_trajectory.iter_mut().filter_map(Iterator::next);
        let (cuts, statistics): (Vec<_>, Vec<_>) = of_stage.unzip();
        binding.push(cuts.concat());
        log.add(Phase::Forward, t, &statistics);
    }
    Ok(binding)
}
