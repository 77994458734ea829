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

/// Moves the trajectories of this rank, of which the first has the number `first`, through all stages, stage by stage.
pub(super) fn forward_pass(
    context: &Context<'_>,
    policy: &Policy,
    sampler: ForwardSampler,
    iteration: u32,
    first: usize,
    trajectories: &mut [Trajectory],
    log: &mut WorkLog,
) -> Result<BindingCuts, EngineError> {
    let mut binding = Vec::with_capacity(context.problems.len());
    for (t, problem) in context.problems.iter().enumerate() {
        let pool = &policy.pools[t];
        let results = context.workers.run(trajectories, |chain, i, trajectory| {
            let started = (context.clock)();
            let m = first + i;
            let opening = sampler.opening(iteration, m, t, context.study.openings.n_openings(t));
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
        let mut statistics = Vec::with_capacity(results.len());
        let mut of_stage = Vec::new();
        for (of_trajectory, work) in results {
            of_stage.extend(of_trajectory);
            statistics.push(work);
        }
        binding.push(of_stage);
        log.add(Phase::Forward, t, &statistics);
    }
    Ok(binding)
}
