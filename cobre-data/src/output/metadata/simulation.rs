use cobre_engine::sddp::SolverStatistics;
use cobre_engine::simulation::SimulationResult;
use serde::{Deserialize, Serialize};

use super::{Distribution, PhaseRecord, SolveStatistics};

/// `simulation/metadata.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimulationMetadata {
    /// Program, machine, times.
    #[serde(flatten)]
    pub phase: PhaseRecord,
    /// Scenarios.
    pub scenarios: ScenarioCounts,
    /// Cost over the scenarios; null when there are none.
    pub cost: Option<SimulatedCost>,
    /// Work of the solver; counts are null where a part was simulated by an earlier process.
    pub solve_stats: SolveStatistics,
    /// Who took part.
    pub distribution: Distribution,
}

/// Scenarios of a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioCounts {
    /// Asked for.
    pub total: u64,
    /// Simulated.
    pub completed: u64,
    /// Without a solution; a run with one ends in an error and writes no metadata.
    pub failed: u64,
}

/// Cost over all scenarios ($), discounted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SimulatedCost {
    /// Mean.
    pub mean_cost: f64,
    /// Sample standard deviation; null for a single scenario.
    pub std_cost: Option<f64>,
}

impl SimulationMetadata {
    /// The metadata of a simulation that has ended; `n_asked` are the scenarios asked for, `n_earlier` those that an
    /// earlier process had simulated.
    pub fn new(
        phase: PhaseRecord,
        n_asked: usize,
        n_earlier: usize,
        result: &SimulationResult,
        distribution: Distribution,
    ) -> Self {
        let mut work = SolverStatistics::default();
        result.solver.iter().for_each(|stage| work.add(stage));
        let n_workers = u64::from(distribution.world_size) * u64::from(distribution.threads_per_rank);
        let solve_stats = if n_earlier == 0 {
            SolveStatistics {
                solve_seconds: Some(work.solve_seconds),
                ..SolveStatistics::solved(work.lp_solves, work.retries, n_workers)
            }
        } else {
            SolveStatistics { failed: Some(0), parallelism: Some(n_workers), ..SolveStatistics::default() }
        };
        Self {
            phase,
            scenarios: ScenarioCounts { total: n_asked as u64, completed: result.n_scenarios as u64, failed: 0 },
            cost: (result.n_scenarios > 0)
                .then_some(SimulatedCost { mean_cost: result.mean_cost, std_cost: result.std_cost }),
            solve_stats,
            distribution,
        }
    }
}
