//! From what training is given to the state before its first iteration.

use std::ops::Range;

use super::context::Context;
use super::options::TrainingOptions;
use super::policy::Policy;
use super::selection::Selector;
use super::snapshot::{Progress, TrainingStart, TrainingState, TrajectoryBases};
use super::trajectory::Trajectory;
use crate::cuts::CutPool;
use crate::error::EngineError;
use crate::solver::{Basis, LpModel};

/// Checks what training is given and makes the state before its first iteration from it, of which `share` are the
/// trajectories of this rank. A training that is resumed has bases of all of them.
pub(super) fn begin(
    context: &Context<'_>,
    options: &TrainingOptions,
    share: Range<usize>,
    start: TrainingStart,
) -> Result<(Progress, TrajectoryBases), EngineError> {
    let (n_trajectories, selection) = (options.forward_passes, &options.cut_selection);
    let n_stages = context.problems.len();
    let trajectory = Trajectory::new(&context.initial, n_stages);
    let from = |policy| Progress {
        policy,
        first: share.start,
        n_trajectories,
        trajectories: vec![trajectory; share.len()],
        selector: Selector::new(context, selection),
        lower_bounds: Vec::new(),
        upper_bound: (f64::NAN, None),
        elapsed_seconds: 0.0,
    };
    match start {
        TrainingStart::Fresh => Ok((from(Policy::new(context.states, n_stages)), Vec::new())),
        TrainingStart::WarmStart(policy) => {
            check_policy(context, &policy)?;
            let mut given = Policy::new(context.states, n_stages);
            given.pools = policy.pools.into_iter().map(CutPool::into_given).collect();
            Ok((from(given), Vec::new()))
        }
        TrainingStart::Resume(state) => {
            check_policy(context, &state.policy)?;
            check_history(&state)?;
            check_trajectories(context, n_trajectories, &state)?;
            let n_points = state.lower_bounds.len() * n_trajectories;
            let selector = Selector::resume(context, selection, &state.policy.pools, state.visited, n_points)?;
            let mut progress = from(state.policy);
            for (trajectory, bases) in progress.trajectories.iter_mut().zip(&state.trajectory_bases[share]) {
                trajectory.bases.clone_from(bases);
            }
            progress.selector = selector;
            progress.lower_bounds = state.lower_bounds;
            progress.upper_bound = state.upper_bound;
            progress.elapsed_seconds = state.elapsed_seconds;
            Ok((progress, state.trajectory_bases))
        }
    }
}

/// Whether a policy has the shape that a study asks for.
pub(crate) fn check_policy(context: &Context<'_>, policy: &Policy) -> Result<(), EngineError> {
    let refused = |message: String| Err(EngineError::Options { option: "policy", message });
    let n_stages = context.problems.len();
    if policy.states != context.states {
        let (found, expected) = (policy.states, context.states);
        return refused(format!(
            "it was trained for another system: its state has {} plants with {} inflow lags where the study has {} \
             with {}",
            found.n_hydros(),
            found.n_lags(),
            expected.n_hydros(),
            expected.n_lags()
        ));
    }
    if policy.pools.len() != n_stages {
        let found = policy.pools.len();
        return refused(format!("it was trained for another system: {found} stages where the study has {n_stages}"));
    }
    for (t, pool) in policy.pools.iter().enumerate() {
        let stage_id = context.study.system.stages()[t].id;
        if pool.dimension() != context.states.dimension() {
            let (found, expected) = (pool.dimension(), context.states.dimension());
            return refused(format!(
                "cuts of stage {stage_id} have {found} coefficients where the state has {expected}"
            ));
        }
        if t + 1 == n_stages && !pool.is_empty() {
            return refused(format!("it has cuts at stage {stage_id}, the last one, which has no cost-to-go"));
        }
    }
    Ok(())
}

fn check_history(state: &TrainingState) -> Result<(), EngineError> {
    let refused = |message: String| Err(EngineError::Options { option: "resume", message });
    let iteration = state.iteration();
    if iteration == 0 {
        return refused("no iteration has been done, so there is nothing to resume".into());
    }
    if let Some(i) = state.lower_bounds.iter().position(|bound| !bound.is_finite()) {
        return refused(format!("the lower bound of iteration {} is not finite", i + 1));
    }
    let (mean, std) = state.upper_bound;
    if !mean.is_finite() || std.is_some_and(|std| !std.is_finite()) {
        return refused("the cost of the last forward pass is not finite".into());
    }
    if !(state.elapsed_seconds.is_finite() && state.elapsed_seconds >= 0.0) {
        return refused(format!("{} is no time that training can have taken", state.elapsed_seconds));
    }
    for pool in &state.policy.pools {
        let of_origins = pool.origins().iter().map(|origin| origin.iteration);
        let of_activities = pool.activities().iter().map(|activity| activity.last_iteration);
        if let Some(later) = of_origins.chain(of_activities).find(|&other| other > iteration) {
            return refused(format!("a cut is of iteration {later} where {iteration} iterations have been done"));
        }
    }
    Ok(())
}

fn check_trajectories(context: &Context<'_>, n_trajectories: usize, state: &TrainingState) -> Result<(), EngineError> {
    let refused = |message: String| Err(EngineError::Options { option: "resume", message });
    let found = state.trajectory_bases.len();
    if found != n_trajectories {
        return refused(format!("it holds {found} trajectories where the options ask for {n_trajectories}"));
    }
    for (m, bases) in state.trajectory_bases.iter().enumerate() {
        if let Err(message) = check_bases(context, &state.policy.pools, bases) {
            return refused(format!("trajectory {m}: {message}"));
        }
    }
    Ok(())
}

/// Whether there is a basis or none of every stage, and each fits its stage problem and pool.
pub(crate) fn check_bases(context: &Context<'_>, pools: &[CutPool], bases: &[Option<Basis>]) -> Result<(), String> {
    let (found, expected) = (bases.len(), context.problems.len());
    if found != expected {
        return Err(format!("there are bases of {found} stages where the study has {expected}"));
    }
    for ((problem, pool), basis) in context.problems.iter().zip(pools).zip(bases) {
        let Some(basis) = basis else { continue };
        check_basis(problem.model(), pool, basis).map_err(|message| {
            format!("the basis of stage {} {message}", context.study.system.stages()[problem.stage()].id)
        })?;
    }
    Ok(())
}

fn check_basis(model: &LpModel, pool: &CutPool, basis: &Basis) -> Result<(), String> {
    let found = (basis.columns.len(), basis.segments.len(), basis.rows.len());
    let expected = (model.n_columns(), model.segments.len(), model.n_rows());
    if found != expected {
        return Err(format!(
            "has {found:?} statuses of columns, segments and rows where the stage problem asks for {expected:?}"
        ));
    }
    if let Some(id) = basis.cuts.iter().find(|&&id| id as usize >= pool.len()) {
        return Err(format!("names cut {id} where there are {}", pool.len()));
    }
    Ok(())
}
