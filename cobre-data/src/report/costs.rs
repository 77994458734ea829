use serde::Serialize;

use super::columns::Columns;
use super::training::{PhaseWork, read_work};
use crate::output::schema::COSTS;
use crate::output::{CostStatistics, OutputError, Run};

/// Columns of the costs that are sums of others.
const SUMS: [&str; 4] = ["total_cost", "immediate_cost", "future_cost", "hydro_violation_cost"];

/// How the simulation went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SimulationReport {
    /// Statistics of the discounted costs of the scenarios; none when the run was written without them.
    pub cost: Option<CostStatistics>,
    /// Costs by cause, undiscounted: those that occur, the dearest first.
    pub causes: Vec<CauseCost>,
    /// Work of the solver.
    pub work: Vec<PhaseWork>,
}

/// What a cause costs over all stages of a scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CauseCost {
    /// Column of the table `costs`.
    pub cause: String,
    /// Whether the cause is a limit or a demand that was not met.
    pub is_violation: bool,
    /// Mean over the scenarios ($).
    pub mean: f64,
    /// Scenario in which it costs most ($).
    pub max: f64,
    /// Scenarios in which it occurs.
    pub n_scenarios: u64,
}

impl SimulationReport {
    /// Reads the simulation tables; none when the run simulated nothing.
    pub(super) fn read(run: &Run) -> Result<Option<Self>, OutputError> {
        if run.manifest().summary.n_scenarios.is_none_or(|n| n == 0) {
            return Ok(None);
        }
        Ok(Some(Self {
            cost: read_statistics(run)?,
            causes: read_causes(run)?,
            work: read_work(run, "simulation/solver_iterations")?,
        }))
    }
}

fn has_table(run: &Run, name: &str) -> bool {
    run.manifest().tables.get(name).is_some_and(|table| table.rows > 0)
}

/// Statistics of the costs of the scenarios, made from the costs themselves.
fn read_statistics(run: &Run) -> Result<Option<CostStatistics>, OutputError> {
    let name = "simulation/scenario_summary";
    if !has_table(run, name) {
        return Ok(None);
    }
    let mut costs: Vec<(u64, f64)> = Vec::new();
    run.for_each_batch(name, |batch| {
        let columns = Columns(batch);
        let ids = columns.numbers("scenario_id").unwrap_or_default();
        let values = columns.numbers("discounted_immediate_cost").unwrap_or_default();
        costs.extend(ids.iter().zip(&values).filter_map(|(id, cost)| Some(((*id)? as u64, (*cost)?))));
    })?;
    costs.sort_unstable_by_key(|cost| cost.0);
    Ok(CostStatistics::of(&costs.into_iter().map(|cost| cost.1).collect::<Vec<_>>()))
}

fn read_causes(run: &Run) -> Result<Vec<CauseCost>, OutputError> {
    let name = "simulation/costs";
    if !has_table(run, name) {
        return Ok(Vec::new());
    }
    let causes: Vec<&str> = COSTS
        .columns
        .iter()
        .map(|column| column.name)
        .filter(|name| name.ends_with("_cost") && !SUMS.contains(name))
        .collect();
    // Element [cause][scenario].
    let mut sums: Vec<Vec<f64>> = vec![Vec::new(); causes.len()];
    run.for_each_batch(name, |batch| {
        let columns = Columns(batch);
        let ids = columns.numbers("scenario_id").unwrap_or_default();
        for (cause, sums) in causes.iter().zip(&mut sums) {
            let Some(values) = columns.numbers(cause) else { continue };
            for (id, value) in ids.iter().zip(values) {
                let (Some(id), Some(value)) = (id, value) else { continue };
                let scenario = *id as usize;
                if sums.len() <= scenario {
                    sums.resize(scenario + 1, 0.0);
                }
                sums[scenario] += value;
            }
        }
    })?;
    let mut costs: Vec<CauseCost> = causes
        .iter()
        .zip(&sums)
        .filter(|(_, sums)| sums.iter().any(|&cost| cost != 0.0))
        .map(|(&cause, sums)| CauseCost {
            cause: cause.to_string(),
            is_violation: is_violation(cause),
            mean: sums.iter().sum::<f64>() / sums.len() as f64,
            max: sums.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            n_scenarios: sums.iter().filter(|&&cost| cost != 0.0).count() as u64,
        })
        .collect();
    costs.sort_by(|a, b| b.mean.abs().total_cmp(&a.mean.abs()));
    Ok(costs)
}

fn is_violation(cause: &str) -> bool {
    cause.contains("violation")
        || ["deficit_cost", "excess_cost", "inflow_penalty_cost", "filling_target_cost"].contains(&cause)
}
