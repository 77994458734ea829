use std::sync::Arc;

use cobre_data::output::{SimulationCollector, SimulationOutput};
use cobre_data::runner::{RunError, RunEvents};
use cobre_engine::simulation::{SimulationResult as Counts, simulate as simulate_policy};

use super::options;
use crate::events::{Events, Teller};
use crate::failure::Failure;
use crate::policy::PolicyData;
use crate::work::{Work, fit};

/// A simulation whose results are in memory.
pub(super) struct Simulated {
    pub(super) counts: Counts,
    pub(super) output: Arc<SimulationOutput>,
}

/// Simulates without touching a disk.
pub(super) fn simulate(work: &Work, policy: &PolicyData, events: &Events) -> Result<Simulated, Failure> {
    let case = &*work.case;
    let options = options(case)?;
    let mut teller = Teller::new(events, case, work.n_threads);
    teller.begun_in_memory();
    teller.new_warnings(&work.original);
    let (policy, report) = fit(&policy.stored()?, case)?;
    teller.adapted(report.as_ref());
    let mut collector = SimulationCollector::start(&case.study.system, &case.exports.results)?;
    teller.simulation_starts(0, options.n_scenarios);
    let mut on_bucket = |done: usize| teller.scenarios(done, options.n_scenarios);
    let counts = work.controlled(|control| {
        simulate_policy(&case.study, &policy, options, control, &[], &mut collector, &mut on_bucket)
    });
    let counts = counts.map_err(RunError::from)?;
    Ok(Simulated { counts, output: Arc::new(collector.finish()?) })
}
