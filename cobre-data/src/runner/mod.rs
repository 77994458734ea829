//! Running a case: train, simulate, write everything into a run of a store, and go on where an earlier run ended.

mod begin;
mod error;
mod info;
mod party;
mod policy_source;
mod ranks;
mod request;
mod silence;
mod simulation;
mod training;

use cobre_engine::sddp::StopReason;

use crate::output::{Manifest, RunShare, RunStatus, RunSummary, RunWriter, write_dictionaries, write_stochastic};

pub use error::RunError;
pub use info::run_info;
pub use policy_source::{PolicyPlace, find_policy, open_policy};
pub use request::{RunEvents, RunRequest, RunStart, SolverIdentity};

use begin::Begun;
use party::Party;
use ranks::Ranks;
use silence::Silence;

/// Runs a case as its configuration says, and commits the run.
///
/// The run is claimed before anything is computed. Training commits checkpoints as configured and one when it is asked
/// to stop; the simulation commits bucket by bucket. A run that fails after its first commit is left to be resumed; one
/// that fails before is removed.
///
/// With several ranks each one calls this with the same case, options and place, which all of them must reach. The
/// events are those of the first rank, which owns the run; every rank has the same outcome.
///
/// # Errors
/// [`RunError`]: the run cannot be begun or resumed, a stage problem has no solution, or something cannot be written.
pub fn run_case(request: &RunRequest<'_>, events: &mut dyn RunEvents) -> Result<Manifest, RunError> {
    let ranks = Ranks::new(request.control.communicator);
    let mut silence = Silence;
    let events = if ranks.is_first() { events } else { &mut silence };
    ranks.agree(check(request))?;
    let party = Party::gather(request)?;
    let mut begun = None;
    let share = ranks.by_first(ranks.only_first(()), |()| {
        let claimed = begin::begin(request, events)?;
        events.begun(&claimed.writer);
        let share = claimed.writer.share();
        begun = Some(claimed);
        Ok(share)
    })?;
    let outcome = train_and_simulate(&party, begun.as_ref(), &share, events);
    if outcome.is_err() {
        ranks.wait(); // Until no rank writes any more.
    }
    match outcome {
        Ok((status, summary)) => ranks.by_first(begun, |begun| commit(begun.writer, status, summary, events)),
        Err(error) => {
            if let Some(begun) = begun {
                give_up(begun.writer, events);
            }
            Err(error)
        }
    }
}

fn check(request: &RunRequest<'_>) -> Result<(), RunError> {
    let case = request.case;
    if case.simulation.is_some()
        && let Err(message) = case.exports.results.check(&case.study.system)
    {
        return Err(RunError::Refused { message: format!("exports.results: {message}") });
    }
    Ok(())
}

fn commit(
    writer: RunWriter,
    status: RunStatus,
    summary: RunSummary,
    events: &mut dyn RunEvents,
) -> Result<Manifest, RunError> {
    let run = writer.run();
    writer.commit(status, summary).map_err(|error| {
        events.note(&resumable(run));
        error.into()
    })
}

/// Leaves a run that has failed to be resumed, or removes it when there is nothing to resume.
fn give_up(writer: RunWriter, events: &mut dyn RunEvents) {
    // The first failure is the one to tell; what cannot be removed stays without a manifest.
    if writer.has_progress() {
        let run = writer.run();
        if writer.release().is_ok() {
            events.note(&resumable(run));
        }
    } else {
        let _ = writer.abort();
    }
}

/// What comes of training and simulation: known to the first rank; `begun` is there on it alone.
fn train_and_simulate(
    party: &Party<'_>,
    begun: Option<&Begun>,
    share: &RunShare,
    events: &mut dyn RunEvents,
) -> Result<(RunStatus, RunSummary), RunError> {
    let case = party.request.case;
    party.ranks.by_first(begun, |Begun { writer, .. }| {
        let earlier = writer.earlier();
        if case.training.is_none() && (earlier.training().is_some() || earlier.checkpoint().is_some()) {
            let message = format!(
                "run {} has trained a policy of its own, and training is switched off now; hint: switch it on, or begin a \
                 new run",
                writer.run()
            );
            return Err(RunError::Refused { message });
        }
        if earlier.training().is_none() {
            write_dictionaries(writer, &case.study)?;
            if case.exports.stochastic {
                write_stochastic(writer, case)?;
            }
        }
        Ok(())
    })?;
    let mut summary = RunSummary::default();
    let (policy, stopped) = training::policy(party, begun, &mut summary, events)?;
    if stopped {
        return Ok((RunStatus::Partial, summary));
    }
    let mut status = RunStatus::Complete;
    if let Some(options) = &case.simulation {
        let result = simulation::simulate_policy(party, begun, share, &policy, options, events)?;
        if result.stopped {
            status = RunStatus::Partial;
        }
        summary.simulation_mean = result.mean_cost;
        summary.simulation_std = result.std_cost;
        summary.n_scenarios = Some(result.n_scenarios as u64);
    }
    Ok((status, summary))
}

fn resumable(run: u32) -> String {
    format!("run {run} can be resumed with --resume")
}

/// Whether training was ended by a request to stop.
fn was_stopped(reason: StopReason) -> bool {
    reason == StopReason::Requested
}
