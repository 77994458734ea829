//! Simulation: the trained policy applied to many scenarios, outcomes streamed to a sink.

mod outcome;
mod sink;

pub use outcome::{BusBlockOutcome, CostBreakdown, HydroBlockOutcome, HydroOutcome, LineBlockOutcome, StageOutcome};
pub use sink::{Bucket, OutcomeSink};
