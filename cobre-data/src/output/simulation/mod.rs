//! Writes the simulation tables, bucket by bucket.

mod block_costs;
mod bucket_rows;
mod bucket_size;
mod bucket_table;
mod buses;
mod cells;
mod cost_statistics;
mod costs;
mod exchanges;
mod grid;
mod hydros;
mod inflow_lags;
mod layout;
mod manifest;
mod operative_state;
mod paths;
mod retries;
mod scenario_summary;
mod selection;
mod sink;
mod solver_work;
mod statistics;
mod table_files;
mod thermals;
mod turn;
mod writer;

pub use bucket_size::suitable_bucket_size;
pub use cost_statistics::{CostStatistics, ProbabilityValue};
pub use manifest::{SimulationManifest, SimulationTable};
pub(super) use selection::check as check_options;
pub use sink::SimulationSink;
pub use turn::Turn;
pub use writer::{EarlierBuckets, ScenarioOutcome, SimulationParquetWriter};
