//! Lower bound: the first stage over all its openings.

use super::context::{Context, WorkLog};
use super::policy::Policy;
use super::record::Phase;
use crate::error::EngineError;
use crate::solver::Basis;
use crate::subproblem::{Chain, Truncation};

/// Openings per chain of solves; fixed, so that the bound is the same for any number of threads.
const OPENINGS_PER_CHAIN: usize = Chain::MOST_ANNOUNCED;

/// Risk-adjusted value of the first stage ($): a lower bound of the optimum.
pub(super) fn lower_bound(
    context: &Context<'_>,
    policy: &Policy,
    iteration: u32,
    basis: Option<&Basis>,
    log: &mut WorkLog,
) -> Result<f64, EngineError> {
    let problem = &context.problems[0];
    let order = context.opening_paths[0].driest_first();
    let mut chunks: Vec<&[usize]> = order.chunks(OPENINGS_PER_CHAIN).collect();
    let results = context.workers.run(&mut chunks, |chain, _, openings| {
        let started = (context.clock)();
        chain.enter(context.frame(), problem, &policy.pools[0], basis, None);
        let mut values = Vec::with_capacity(openings.len());
        let solves = openings.iter().map(|&opening| (context.initial.as_slice(), opening));
        chain.announce(context.frame(), problem, &policy.pools[0], solves);
        for &opening in *openings {
            let solved = chain
                .solve(context.frame(), problem, &policy.pools[0], &context.initial, opening, Truncation::Exact)
                .map_err(|failure| context.failure(Phase::LowerBound, 0, opening, iteration, 0, *failure))?;
            values.push(solved.value);
        }
        let mut statistics = chain.take_statistics();
        statistics.solve_seconds = (context.clock)() - started;
        Ok((values, statistics))
    })?;
    let mut values = vec![0.0; order.len()];
    let mut statistics = Vec::new();
    let mut position = 0;
    for (chunk, work) in results {
        for value in chunk {
            values[order[position]] = value;
            position += 1;
        }
        statistics.push(work);
    }
    log.add(Phase::LowerBound, 0, &statistics);
    let (mut scratch, mut weights) = (Vec::new(), Vec::new());
    context.study.system.stages()[0].risk_measure.weigh(&values, &mut scratch, &mut weights);
    Ok(values.iter().zip(&weights).map(|(value, weight)| value * weight).sum())
}
