//! Simulation: the trained policy applied to many scenarios, outcomes streamed to a sink.

mod outcome;
mod simulate;
mod sink;

pub use outcome::{
    BlockCost, BusBlockOutcome, CostBreakdown, HydroBlockOutcome, HydroOutcome, LineBlockOutcome, StageOutcome,
};
pub use simulate::{SimulationError, SimulationResult, simulate};
pub use sink::{Bucket, OutcomeSink};
