//! Running a case: train, simulate, write everything into a run of a store, and go on where an earlier run ended.

mod begin;
mod error;
mod info;
mod policy_source;
mod request;
mod simulation;
mod training;

use cobre_engine::sddp::StopReason;

use crate::output::{Manifest, RunStatus, RunSummary, RunWriter, write_dictionaries, write_stochastic};

pub use error::RunError;
pub use policy_source::open_policy;
pub use request::{RunEvents, RunRequest, RunStart, SolverIdentity};

use begin::Begun;

/// Runs a case as its configuration says, and commits the run.
///
/// The run is claimed before anything is computed. Training commits checkpoints as configured and one when it is asked
/// to stop; the simulation commits bucket by bucket. A run that fails after its first commit is left to be resumed; one
/// that fails before is removed.
///
/// # Errors
/// [`RunError`]: the run cannot be begun or resumed, a stage problem has no solution, or something cannot be written.
pub fn run_case(request: &RunRequest<'_>, events: &mut dyn RunEvents) -> Result<Manifest, RunError> {
    let case = request.case;
    if case.simulation.is_some()
        && let Err(message) = case.exports.results.check(&case.study.system)
    {
        return Err(RunError::Refused { message: format!("exports.results: {message}") });
    }
    let begun = begin::begin(request, events)?;
    events.begun(&begun.writer);
    match train_and_simulate(request, &begun, events) {
        Ok((status, summary)) => {
            let run = begun.writer.run();
            begun.writer.commit(status, summary).map_err(|error| {
                events.note(&resumable(run));
                error.into()
            })
        }
        Err(error) => {
            // The first failure is the one to tell; what cannot be removed stays without a manifest.
            let writer: RunWriter = begun.writer;
            if writer.has_progress() {
                let run = writer.run();
                if writer.release().is_ok() {
                    events.note(&resumable(run));
                }
            } else {
                let _ = writer.abort();
            }
            Err(error)
        }
    }
}

fn train_and_simulate(
    request: &RunRequest<'_>,
    begun: &Begun,
    events: &mut dyn RunEvents,
) -> Result<(RunStatus, RunSummary), RunError> {
    let writer = &begun.writer;
    if writer.earlier().training().is_none() {
        write_dictionaries(writer, &request.case.study)?;
        if request.case.exports.stochastic {
            write_stochastic(writer, request.case)?;
        }
    }
    let mut summary = RunSummary::default();
    let (policy, stopped) = training::policy(request, begun, &mut summary, events)?;
    if stopped {
        return Ok((RunStatus::Partial, summary));
    }
    let mut status = RunStatus::Complete;
    if let Some(options) = &request.case.simulation {
        let result = simulation::simulate_policy(request, writer, &policy, options, events)?;
        if result.stopped {
            status = RunStatus::Partial;
        }
        summary.simulation_mean = Some(result.mean_cost).filter(|mean| mean.is_finite());
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
