use crate::sddp::Phase;
use crate::solver::LpStatus;

/// Why training or simulation cannot go on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A stage problem has no solution, or its solver found none that passes the checks.
    #[error(
        "{} stage problem is {}: stage {stage_id}, opening {opening}, {}",
        phase.name(), status_name(*status), place(*phase, *iteration, *path)
    )]
    StageProblem {
        /// What it was solved for.
        phase: Phase,
        /// Label of the stage.
        stage_id: i32,
        /// Position of the opening.
        opening: usize,
        /// Iteration, 1-based; 0 in simulation.
        iteration: u32,
        /// Trajectory or scenario.
        path: usize,
        /// How the solve ended.
        status: LpStatus,
        /// The LP as text, for a file.
        dump: String,
    },
    /// The options contradict themselves or the study.
    #[error("option {option}: {message}")]
    Options {
        /// Which option.
        option: &'static str,
        /// What is wrong.
        message: String,
    },
    /// The pool of worker threads could not be started.
    #[error("worker threads could not be started: {message}")]
    Threads {
        /// What the system says.
        message: String,
    },
    /// Another rank has failed outside of a stage problem: what it observes training with, or writes outcomes to.
    #[error("rank {rank}: {message}")]
    OtherRank {
        /// Which rank.
        rank: usize,
        /// Its error.
        message: String,
    },
    /// The ranks cannot exchange data.
    #[error("{message}")]
    Communication {
        /// What happened.
        message: String,
    },
}

impl EngineError {
    /// The usual causes, as a hint for the user.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::StageProblem { status: LpStatus::Infeasible, .. } => Some(
                "hard limits cannot be met together: look for a storage limit that the incoming water cannot respect \
                 (e.g. negative inflow with `inflow_non_negativity.method = \"none\"`, a minimum storage above what \
                 can be reached), a minimum spillage or diversion without water, or thermal minima above demand \
                 where excess is bounded",
            ),
            Self::StageProblem { status: LpStatus::Unbounded, .. } => {
                Some("a cost below zero without a limit: look for negative prices")
            }
            Self::StageProblem { .. } => Some(
                "the numbers span too wide a range for the solver: look for penalties or limits many orders of \
                 magnitude apart, or set `modeling.cost_scale_factor`",
            ),
            Self::Options { .. } | Self::Threads { .. } | Self::OtherRank { .. } | Self::Communication { .. } => None,
        }
    }
}

fn status_name(status: LpStatus) -> &'static str {
    match status {
        LpStatus::Optimal => "optimal",
        LpStatus::Infeasible => "infeasible",
        LpStatus::Unbounded => "unbounded",
        LpStatus::Failed(_) => "not solved within tolerances",
    }
}

fn place(phase: Phase, iteration: u32, path: usize) -> String {
    match phase {
        Phase::Simulation => format!("scenario {path}"),
        Phase::LowerBound => format!("iteration {iteration}"),
        Phase::Forward | Phase::Backward => format!("iteration {iteration}, trajectory {path}"),
    }
}
