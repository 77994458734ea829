use cobre_engine::EngineError;
use cobre_engine::sddp::TrainingError;
use cobre_engine::simulation::SimulationError;

use crate::output::OutputError;

/// Why a run ended without being committed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Something cannot be read or written, or the run belongs to another process.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// What was asked for does not fit what is there.
    #[error("{message}")]
    Refused {
        /// What was found, what was expected, and the next action.
        message: String,
    },
    /// Another rank has failed, which tells more.
    #[error("rank {rank}: {message}")]
    OtherRank {
        /// Which rank.
        rank: usize,
        /// Its error.
        message: String,
    },
}

impl From<TrainingError<OutputError>> for RunError {
    fn from(error: TrainingError<OutputError>) -> Self {
        match error {
            TrainingError::Engine(error) => Self::Engine(error),
            TrainingError::Observer(error) => Self::Output(error),
        }
    }
}

impl From<SimulationError<OutputError>> for RunError {
    fn from(error: SimulationError<OutputError>) -> Self {
        match error {
            SimulationError::Engine(error) => Self::Engine(error),
            SimulationError::Sink(error) => Self::Output(error),
        }
    }
}
