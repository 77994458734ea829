//! Queries on several machines: a session plans, its workers read, filter, join and aggregate.
//!
//! A [`StudyWorker`] holds no state of its own. What it is sent are parts of physical plans, whose tables say which run
//! of which root they are; it opens them itself, if they lie in one of the roots that it was given, and refuses what is
//! not the run that the session has planned for.

mod admission;
mod channels;
mod codec;
mod named_worker;
mod open_runs;
mod planner;
mod roster;
mod setup;
mod travel;
mod worker;
mod worker_options;
mod worker_session;
mod workers;

pub(crate) use open_runs::OpenRuns;
pub(crate) use setup::{Distribution, distribute};
pub use worker::StudyWorker;
pub use worker_options::WorkerOptions;
pub use workers::{WorkerSecurity, Workers};

/// What a worker and a session have to have in common: plans are understood by equal versions only.
pub(crate) fn version() -> String {
    format!("cobre {}, DataFusion {}", env!("CARGO_PKG_VERSION"), datafusion::DATAFUSION_VERSION)
}
