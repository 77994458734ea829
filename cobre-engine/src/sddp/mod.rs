//! Training: forward pass, backward pass, bounds, stopping.

mod backward;
mod context;
mod crew;
mod exchange;
mod forward;
mod lower_bound;
mod observer;
mod opening_paths;
mod options;
mod policy;
mod record;
mod selection;
mod snapshot;
mod start;
mod stopping;
#[cfg(all(test, feature = "highs"))]
mod tests;
mod train;
mod trajectory;
mod workers;

pub use context::Control;
pub use observer::{TrainingError, TrainingObserver, Wanted};
pub use options::{SimulationOptions, StoppingMode, StoppingRule, TrainingOptions};
pub use policy::Policy;
pub use record::{IterationRecord, Phase, RETRY_LEVELS, RankWork, SolverStatistics, StageSelection, StopReason};
pub use snapshot::{TrainingSnapshot, TrainingStart, TrainingState};
pub use train::{TrainingResult, train};
pub use workers::SolverFactory;

pub(crate) use context::Context;
pub(crate) use exchange::{read_statistics, write_statistics};
pub(crate) use start::{check_bases, check_policy};
pub(crate) use train::mean_and_std;
