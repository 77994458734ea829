//! Training: forward pass, backward pass, bounds, stopping.

mod options;
mod record;

pub use options::{SimulationOptions, StoppingMode, StoppingRule, TrainingOptions};
pub use record::{IterationRecord, Phase, SolverStatistics, StopReason};
