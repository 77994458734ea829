//! What the ranks tell each other beside cuts: binding cuts, costs, work, trajectories.

use super::context::WorkLog;
use super::forward::BindingCuts;
use super::observer::Wanted;
use super::policy::Policy;
use super::record::{RankWork, SolverStatistics};
use super::snapshot::TrajectoryBases;
use super::trajectory::Trajectory;
use crate::comm::{Message, MessageReader, Ranks, Received, Unreadable};
use crate::error::EngineError;
use crate::solver::{Basis, BasisStatus};

pub(super) fn write_binding(message: &mut Message, binding: &[(u32, u32)]) {
    message.u64(binding.len() as u64);
    for &(id, n_solves) in binding {
        message.u32(id).u32(n_solves);
    }
}

pub(super) fn read_binding(message: &mut MessageReader<'_>) -> Result<Vec<(u32, u32)>, Unreadable> {
    let n = message.usize()?;
    (0..n).map(|_| Ok((message.u32()?, message.u32()?))).collect()
}

/// Ends the forward pass: counts the binding cuts of all ranks and returns the discounted costs of all trajectories.
pub(super) fn share_forward(
    ranks: &Ranks<'_>,
    policy: &mut Policy,
    iteration: u32,
    mine: Result<(BindingCuts, Vec<f64>), EngineError>,
) -> Result<Vec<f64>, EngineError> {
    if ranks.is_alone() {
        let (binding, costs) = mine?;
        for (pool, binding) in policy.pools.iter_mut().zip(&binding) {
            pool.count_binding(iteration, binding);
        }
        return Ok(costs);
    }
    let received = ranks.exchange(mine.map(|(binding, costs)| {
        let mut message = Message::new();
        message.f64s(&costs);
        for of_stage in &binding {
            write_binding(&mut message, of_stage);
        }
        message
    }))?;
    let (mut all, mut costs) = (Vec::new(), Vec::new());
    for mut message in received.all() {
        message.f64s(&mut costs)?;
        all.extend_from_slice(&costs);
        for pool in &mut policy.pools {
            pool.count_binding(iteration, &read_binding(&mut message)?);
        }
    }
    Ok(all)
}

pub(crate) fn write_statistics(message: &mut Message, statistics: &SolverStatistics) {
    let SolverStatistics {
        lp_solves,
        solver_calls,
        retries,
        retry_attempts,
        retries_by_level,
        basis_offered,
        simplex_iterations,
        cut_rows,
        solve_seconds,
    } = statistics;
    message.u64(*lp_solves).u64(*solver_calls).u64(*retries).u64(*retry_attempts);
    for count in retries_by_level {
        message.u64(*count);
    }
    message.u64(*basis_offered).u64(*simplex_iterations).u64(*cut_rows).f64(*solve_seconds);
}

pub(crate) fn read_statistics(message: &mut MessageReader<'_>) -> Result<SolverStatistics, Unreadable> {
    let mut statistics = SolverStatistics {
        lp_solves: message.u64()?,
        solver_calls: message.u64()?,
        retries: message.u64()?,
        retry_attempts: message.u64()?,
        ..SolverStatistics::default()
    };
    for count in &mut statistics.retries_by_level {
        *count = message.u64()?;
    }
    statistics.basis_offered = message.u64()?;
    statistics.simplex_iterations = message.u64()?;
    statistics.cut_rows = message.u64()?;
    statistics.solve_seconds = message.f64()?;
    Ok(statistics)
}

pub(super) fn write_work(message: &mut Message, log: &WorkLog, work: &RankWork) {
    message.u64(log.0.len() as u64);
    for (_, _, statistics) in &log.0 {
        write_statistics(message, statistics);
    }
    message.u32(work.n_trajectories).u64(work.lp_solves);
    message.f64(work.forward_seconds).f64(work.backward_seconds).f64(work.lower_bound_seconds);
    message.f64(work.communication_seconds).f64(work.total_seconds);
}

/// Reads the work of a rank and adds it to `log`, which has the same phases and stages.
pub(super) fn read_work(
    message: &mut MessageReader<'_>,
    log: &mut WorkLog,
    rank: usize,
) -> Result<RankWork, Unreadable> {
    if message.usize()? != log.0.len() {
        return Err(Unreadable);
    }
    for (_, _, sum) in &mut log.0 {
        sum.add(&read_statistics(message)?);
    }
    Ok(RankWork {
        rank: rank as u32,
        n_trajectories: message.u32()?,
        lp_solves: message.u64()?,
        forward_seconds: message.f64()?,
        backward_seconds: message.f64()?,
        lower_bound_seconds: message.f64()?,
        communication_seconds: message.f64()?,
        idle_seconds: 0.0,
        total_seconds: message.f64()?,
    })
}

/// Tells transfer and waiting apart: the least time that any rank spent in exchanges is transfer, the rest is waiting.
pub(super) fn settle_times(ranks: &mut [RankWork]) {
    let least = ranks.iter().map(|work| work.communication_seconds).fold(f64::INFINITY, f64::min);
    let total = ranks.iter().map(|work| work.total_seconds).fold(0.0, f64::max);
    for work in ranks {
        let after_the_passes = (total - work.total_seconds).max(0.0);
        work.idle_seconds = work.communication_seconds - least + after_the_passes;
        work.communication_seconds = least;
        work.total_seconds = total;
    }
}

/// What was fetched of the trajectories of all ranks.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    /// Bases of all trajectories.
    pub(super) bases: TrajectoryBases,
    /// `[trajectory][stage]`, with the state at the end of the study.
    pub(super) states: Vec<Vec<Vec<f64>>>,
}

/// Fetches what is wanted of the trajectories of all ranks to the first one; with the last iteration their bases to
/// every rank.
pub(super) fn fetch(
    ranks: &Ranks<'_>,
    mine: &[Trajectory],
    wanted: Wanted,
    is_last: bool,
) -> Result<Fetched, EngineError> {
    let mut fetched = Fetched::default();
    if wanted.bases || is_last {
        let mut message = Message::new();
        message.u64(mine.len() as u64);
        for trajectory in mine {
            message.u64(trajectory.bases.len() as u64);
            for basis in &trajectory.bases {
                write_basis(&mut message, basis.as_ref());
            }
        }
        let received = if is_last { Some(ranks.exchange(Ok(message))?) } else { ranks.collect(&message)? };
        fetched.bases = read_trajectories(received.as_ref(), read_basis)?;
    }
    if wanted.trial_points {
        let mut message = Message::new();
        message.u64(mine.len() as u64);
        for trajectory in mine {
            message.u64(trajectory.states.len() as u64);
            for state in &trajectory.states {
                message.f64s(state);
            }
        }
        let read_state = |message: &mut MessageReader<'_>| {
            let mut state = Vec::new();
            message.f64s(&mut state).map(|()| state)
        };
        fetched.states = read_trajectories(ranks.collect(&message)?.as_ref(), read_state)?;
    }
    Ok(fetched)
}

/// What every trajectory has per stage, in the order of the trajectories.
fn read_trajectories<T>(
    received: Option<&Received>,
    read: impl Fn(&mut MessageReader<'_>) -> Result<T, Unreadable>,
) -> Result<Vec<Vec<T>>, Unreadable> {
    let mut all = Vec::new();
    for mut message in received.into_iter().flat_map(Received::all) {
        for _ in 0..message.usize()? {
            let n_stages = message.usize()?;
            all.push((0..n_stages).map(|_| read(&mut message)).collect::<Result<_, _>>()?);
        }
    }
    Ok(all)
}

fn write_basis(message: &mut Message, basis: Option<&Basis>) {
    let Some(Basis { columns, segments, rows, cuts }) = basis else {
        message.u8(0);
        return;
    };
    message.u8(1);
    for statuses in [columns, segments, rows] {
        message.u64(statuses.len() as u64);
        for &status in statuses {
            message.u8(status.into());
        }
    }
    message.u64(cuts.len() as u64);
    for &id in cuts {
        message.u32(id);
    }
}

fn read_basis(message: &mut MessageReader<'_>) -> Result<Option<Basis>, Unreadable> {
    if message.u8()? == 0 {
        return Ok(None);
    }
    let mut statuses = || {
        let codes = message.bytes()?;
        codes.iter().map(|&code| BasisStatus::try_from(code).map_err(|_| Unreadable)).collect::<Result<Vec<_>, _>>()
    };
    let (columns, segments, rows) = (statuses()?, statuses()?, statuses()?);
    let n_cuts = message.usize()?;
    let cuts = (0..n_cuts).map(|_| message.u32()).collect::<Result<_, _>>()?;
    Ok(Some(Basis { columns, segments, rows, cuts }))
}
