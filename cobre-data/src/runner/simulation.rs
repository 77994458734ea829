use std::time::SystemTime;

use cobre_engine::sddp::{Policy, SimulationOptions};
use cobre_engine::simulation::{SimulationResult, simulate};

use super::{RunError, RunEvents, RunRequest};
use crate::output::metadata::{Distribution, PhaseRecord, SimulationMetadata};
use crate::output::{RunStatus, RunWriter, write_metadata};

/// Simulates the policy from the first bucket that is missing.
pub(super) fn simulate_policy(
    request: &RunRequest<'_>,
    writer: &RunWriter,
    policy: &Policy,
    options: &SimulationOptions,
    events: &mut dyn RunEvents,
) -> Result<SimulationResult, RunError> {
    let started = SystemTime::now();
    // Statistics over all scenarios are made from the first one on.
    let aggregates = request.case.exports.results.aggregates_only;
    let earlier_costs = if aggregates { Vec::new() } else { writer.earlier().discounted_costs() };
    events.simulation_starts(earlier_costs.len(), options.n_scenarios);
    let mut sink = writer.simulation_sink(&request.case.study.system, &request.case.exports.results)?;
    let result =
        simulate(&request.case.study, policy, options, request.control, &earlier_costs, &mut sink, &mut |done| {
            events.scenarios(done, options.n_scenarios);
        })?;
    let manifest = sink.finish()?;
    if !result.stopped {
        let phase = PhaseRecord::ending_now(writer, started, RunStatus::Complete);
        let distribution = Distribution::local(request.control.n_threads);
        let metadata = SimulationMetadata::new(phase, options.n_scenarios, earlier_costs.len(), &result, distribution);
        write_metadata(writer, &metadata)?;
        writer.commit_simulation(&manifest)?;
    }
    Ok(result)
}
