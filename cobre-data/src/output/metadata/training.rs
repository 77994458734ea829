use cobre_engine::Study;
use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::{StopReason, StoppingMode, StoppingRule, TrainingOptions};
use serde::{Deserialize, Serialize};

use super::super::training::{TrainingTotals, gap_percent};
use super::{Distribution, PhaseRecord, SolveStatistics};
use crate::case::PolicyMode;

/// `training/metadata.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingMetadata {
    /// Program, machine, times.
    #[serde(flatten)]
    pub phase: PhaseRecord,
    /// What was asked for.
    pub configuration: Configuration,
    /// Size of the study.
    pub problem_dimensions: ProblemDimensions,
    /// Iterations done.
    pub iterations: IterationCounts,
    /// How training ended.
    pub convergence: Convergence,
    /// Cuts.
    pub row_pool: RowPool,
    /// Bounds after the last iteration.
    pub bounds: Bounds,
    /// Work of the solver.
    pub solve_stats: SolveStatistics,
    /// Time before training, where it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<SetupTimes>,
    /// Who took part.
    pub distribution: Distribution,
}

/// What training was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// Seed of the forward samples.
    pub seed: Option<u64>,
    /// Iteration limit.
    pub max_iterations: Option<u32>,
    /// Trajectories of a forward pass.
    pub forward_passes: Option<u64>,
    /// `any` or `all`.
    pub stopping_mode: String,
    /// `fresh`, `warm_start` or `resume`.
    pub policy_mode: String,
}

/// Size of the study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemDimensions {
    /// Stages.
    pub num_stages: u64,
    /// Hydro plants.
    pub num_hydros: u64,
    /// Thermal plants.
    pub num_thermals: u64,
    /// Buses.
    pub num_buses: u64,
    /// Lines.
    pub num_lines: u64,
}

/// Iterations done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IterationCounts {
    /// Iterations, those before a resume included.
    pub completed: u32,
    /// Iteration at which a rule of convergence held.
    pub converged_at: Option<u32>,
}

/// How training ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Convergence {
    /// Whether a rule of convergence ended it; a limit is none.
    pub achieved: bool,
    /// Distance of the bounds (%); null where it has no meaning: under risk aversion, or below a positive bound.
    pub final_gap_percent: Option<f64>,
    /// Name of the rule, or `requested`.
    pub termination_reason: String,
}

/// Cuts, over all stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowPool {
    /// Cuts that were made, those merged away included.
    pub total_generated: u64,
    /// Active cuts in the pools at the end.
    pub total_active: u64,
    /// Most active cuts in the pools after any iteration.
    pub peak_active: u64,
    /// The same as `total_active`.
    pub cuts_active: u64,
    /// Cut rows in the LP at optimality, summed over solves.
    pub rows_in_lp_total: u64,
    /// Solves of that sum.
    pub rows_in_lp_solve_count: u64,
}

/// Bounds after the last iteration ($).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Lower bound of the optimal value.
    pub final_lower_bound: Option<f64>,
    /// Mean cost of the trajectories.
    pub final_upper_bound: Option<f64>,
    /// Sample standard deviation of those costs.
    pub final_upper_bound_std: Option<f64>,
    /// `statistical`: a mean over sampled trajectories.
    pub final_upper_bound_kind: String,
}

/// Seconds of the steps before training; steps that were not taken or not measured are left out.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct SetupTimes {
    /// Reading and checking the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_seconds: Option<f64>,
    /// Sending it to the other ranks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broadcast_seconds: Option<f64>,
}

impl TrainingMetadata {
    /// The metadata of a training that has ended.
    pub fn new(
        phase: PhaseRecord,
        study: &Study,
        options: &TrainingOptions,
        mode: PolicyMode,
        totals: &TrainingTotals,
        reason: StopReason,
        distribution: Distribution,
    ) -> Self {
        let system = &study.system;
        let risk_averse = system.stages().iter().any(|stage| stage.risk_measure != RiskMeasure::Expectation);
        let achieved = reason == StopReason::BoundStalling;
        let n_workers = u64::from(distribution.world_size) * u64::from(distribution.threads_per_rank);
        Self {
            phase,
            configuration: Configuration::new(options, mode),
            problem_dimensions: ProblemDimensions {
                num_stages: system.n_stages() as u64,
                num_hydros: system.n_hydros() as u64,
                num_thermals: system.thermals().len() as u64,
                num_buses: system.buses().len() as u64,
                num_lines: system.lines().len() as u64,
            },
            iterations: IterationCounts {
                completed: totals.iterations,
                converged_at: achieved.then_some(totals.iterations),
            },
            convergence: Convergence {
                achieved,
                final_gap_percent: totals
                    .lower_bound
                    .zip(totals.upper_bound)
                    .filter(|_| !risk_averse)
                    .and_then(|(lower, upper)| gap_percent(lower, upper)),
                termination_reason: reason.name().to_owned(),
            },
            row_pool: RowPool {
                total_generated: totals.cuts_added,
                total_active: totals.cuts_active,
                peak_active: totals.peak_cuts_active,
                cuts_active: totals.cuts_active,
                rows_in_lp_total: totals.cut_rows,
                rows_in_lp_solve_count: totals.lp_solves,
            },
            bounds: Bounds {
                final_lower_bound: totals.lower_bound,
                final_upper_bound: totals.upper_bound,
                final_upper_bound_std: totals.upper_bound_std,
                final_upper_bound_kind: "statistical".to_owned(),
            },
            solve_stats: SolveStatistics {
                forward_solve_seconds: Some(totals.forward_solve_seconds),
                backward_solve_seconds: Some(totals.backward_solve_seconds),
                ..SolveStatistics::solved(totals.lp_solves, totals.lp_retries, n_workers)
            },
            setup: None,
            distribution,
        }
    }
}

impl Configuration {
    fn new(options: &TrainingOptions, mode: PolicyMode) -> Self {
        let limit = |rule: &StoppingRule| match *rule {
            StoppingRule::IterationLimit { limit } => Some(limit),
            _ => None,
        };
        Self {
            seed: Some(options.seed),
            max_iterations: options.stopping_rules.iter().filter_map(limit).min(),
            forward_passes: Some(options.forward_passes as u64),
            stopping_mode: match options.stopping_mode {
                StoppingMode::Any => "any",
                StoppingMode::All => "all",
            }
            .to_owned(),
            policy_mode: match mode {
                PolicyMode::Fresh => "fresh",
                PolicyMode::WarmStart => "warm_start",
                PolicyMode::Resume => "resume",
            }
            .to_owned(),
        }
    }
}
