use arrow::array::AsArray;
use arrow::datatypes::Float64Type;
use cobre_data::output::{Manifest, OutputError, Run, open_run};
use cobre_data::runner::{RunRequest, RunStart, run_case};

use crate::events::{Events, Teller};
use crate::failure::Failure;
use crate::policy::PolicyData;
use crate::work::{Root, Work, fit};

/// The table with a row per scenario, and its column of discounted costs.
const SCENARIOS: &str = "simulation/scenario_summary";
const COST: &str = "discounted_immediate_cost";

/// A simulation whose results are a run.
pub(super) struct StoredSimulation {
    pub(super) manifest: Manifest,
    /// Discounted cost of every scenario ($), in order; empty where the case asks for aggregates only.
    pub(super) costs: Vec<f64>,
}

/// Simulates into a run.
pub(super) fn simulate(
    work: &Work,
    policy: &PolicyData,
    root: &Root,
    begin: RunStart,
    events: &Events,
) -> Result<StoredSimulation, Failure> {
    let mut case = (*work.case).clone();
    case.training = None;
    let store = root.open()?;
    // What does not fit is told as such, and before there is a run.
    fit(&policy.stored()?, &case)?;
    let policy = policy.in_memory_store()?;
    let mut teller = Teller::new(events, &work.case, work.n_threads);
    teller.new_warnings(&work.original);
    let manifest = work.controlled(|control| {
        let request = RunRequest {
            case: &case,
            case_path: case.name.clone(),
            store: &store,
            store_options: &root.options,
            start: begin,
            policy: Some(policy.to_string()),
            solver: work.solver_identity(),
            control,
        };
        run_case(&request, &mut teller)
    });
    let manifest = manifest?;
    let costs = costs(&open_run(&store, Some(manifest.run))?)?;
    Ok(StoredSimulation { manifest, costs })
}

/// Discounted costs of the scenarios, from the table that has them.
fn costs(run: &Run) -> Result<Vec<f64>, OutputError> {
    let mut costs = Vec::new();
    if run.manifest().tables.contains_key(SCENARIOS) {
        run.for_each_batch(SCENARIOS, |batch| {
            if let Some(column) = batch.column_by_name(COST).and_then(|column| column.as_primitive_opt::<Float64Type>())
            {
                costs.extend_from_slice(column.values());
            }
        })?;
    }
    Ok(costs)
}
