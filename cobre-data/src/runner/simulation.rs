use std::time::SystemTime;

use cobre_engine::comm::Local;
use cobre_engine::sddp::{Control, Policy, SimulationOptions};
use cobre_engine::simulation::{OutcomeSink, SimulationResult, simulate};
use serde::{Deserialize, Serialize};

use super::begin::Begun;
use super::party::Party;
use super::ranks::Ranks;
use super::{RunError, RunEvents};
use crate::output::metadata::{PhaseRecord, SimulationMetadata};
use crate::output::{RunShare, RunStatus, RunWriter, SimulationManifest, SimulationSink, Turn, write_metadata};

/// How a simulation ended, as every rank knows it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Simulated {
    pub(super) n_scenarios: usize,
    /// None without scenarios.
    pub(super) mean_cost: Option<f64>,
    pub(super) std_cost: Option<f64>,
    pub(super) stopped: bool,
}

/// Simulates the policy from the first bucket that is missing.
pub(super) fn simulate_policy(
    party: &Party<'_>,
    begun: Option<&Begun>,
    share: &RunShare,
    policy: &Policy,
    options: &SimulationOptions,
    events: &mut dyn RunEvents,
) -> Result<Simulated, RunError> {
    let (request, ranks) = (party.request, party.ranks);
    let writer = begun.map(|begun| &begun.writer);
    if request.case.exports.results.aggregates_only && ranks.size() > 1 {
        events.note("aggregates only: the first rank simulates alone");
        let control = Control { communicator: &Local, ..request.control };
        return ranks.by_first(writer, |writer| {
            let sink = writer.simulation_sink(&request.case.study.system, &request.case.exports.results)?;
            let phase = Phase { party, options, control, n_earlier: 0, started: SystemTime::now() };
            let (result, sink) = phase.simulate(policy, &[], sink, events)?;
            phase.conclude(writer, &result, &sink.finish()?)?;
            Ok(Simulated::of(&result))
        });
    }
    let earlier_costs = ranks.by_first(writer, |writer| {
        // Statistics over all scenarios are made from the first one on.
        let from_start = request.case.exports.results.aggregates_only;
        Ok(if from_start { Vec::new() } else { writer.earlier().discounted_costs() })
    })?;
    let sink = ranks.agree(begin_sink(party, writer, share))?;
    let (control, n_earlier) = (request.control, earlier_costs.len());
    let phase = Phase { party, options, control, n_earlier, started: SystemTime::now() };
    let (result, mut sink) = phase.simulate(policy, &earlier_costs, sink, events)?;
    if ranks.size() > 1 {
        exchange_reports(ranks, &mut sink)?;
    }
    ranks.by_first(writer, |writer| phase.conclude(writer, &result, &sink.finish()?))?;
    Ok(Simulated::of(&result))
}

/// Tells the first rank of the buckets that were written since the last round of the simulation.
fn exchange_reports(ranks: Ranks<'_>, sink: &mut SimulationSink) -> Result<(), RunError> {
    let mine = ranks.agree(sink.flush().and_then(|()| sink.take_report()).map_err(RunError::from))?;
    let reports = ranks.all_gather(&mine)?;
    let mut received = (0..ranks.size()).map(|rank| sink.receive_report(rank, reports.of(rank)));
    ranks.agree(received.try_for_each(|one| one).map_err(RunError::from))
}

/// Where the outcomes of this rank go.
fn begin_sink(party: &Party<'_>, writer: Option<&RunWriter>, share: &RunShare) -> Result<SimulationSink, RunError> {
    let (request, ranks) = (party.request, party.ranks);
    let (system, results) = (&request.case.study.system, &request.case.exports.results);
    let turn = Turn { rank: ranks.rank(), n_ranks: ranks.size() };
    Ok(match writer {
        Some(writer) => writer.shared_simulation_sink(system, results, ranks.size())?,
        None => share.simulation_sink(request.store, system, results, turn)?,
    })
}

/// A simulation while it runs.
struct Phase<'a> {
    party: &'a Party<'a>,
    options: &'a SimulationOptions,
    control: Control<'a>,
    /// Scenarios of before.
    n_earlier: usize,
    started: SystemTime,
}

impl Phase<'_> {
    fn simulate(
        &self,
        policy: &Policy,
        earlier_costs: &[f64],
        mut sink: SimulationSink,
        events: &mut dyn RunEvents,
    ) -> Result<(SimulationResult, SimulationSink), RunError> {
        let (study, options) = (&self.party.request.case.study, self.options);
        events.simulation_starts(earlier_costs.len(), options.n_scenarios);
        let mut on_bucket = |done| events.scenarios(done, options.n_scenarios);
        let result = simulate(study, policy, options, self.control, earlier_costs, &mut sink, &mut on_bucket)?;
        Ok((result, sink))
    }

    /// Tells of the simulation and commits it, unless it was stopped.
    fn conclude(
        &self,
        writer: &RunWriter,
        result: &SimulationResult,
        manifest: &SimulationManifest,
    ) -> Result<(), RunError> {
        if result.stopped {
            return Ok(());
        }
        let n_buckets = (self.options.n_scenarios - self.n_earlier).div_ceil(self.options.bucket_size);
        let distribution = self.party.distribution(n_buckets);
        let phase = PhaseRecord::ending_now(writer, self.started, RunStatus::Complete);
        let metadata = SimulationMetadata::new(phase, self.options.n_scenarios, self.n_earlier, result, distribution);
        write_metadata(writer, &metadata)?;
        writer.commit_simulation(manifest)?;
        Ok(())
    }
}

impl Simulated {
    fn of(result: &SimulationResult) -> Self {
        Self {
            n_scenarios: result.n_scenarios,
            mean_cost: Some(result.mean_cost).filter(|mean| mean.is_finite()),
            std_cost: result.std_cost,
            stopped: result.stopped,
        }
    }
}
