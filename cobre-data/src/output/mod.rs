//! Results of a run as partitioned Parquet tables on a local disk.
//!
//! ```text
//! <root>/_meta/run-<n>.json                       the commit of run n, written last
//! <root>/_meta/claim-<n>.json                     who writes run n; removed after the commit
//! <root>/run=<n>/training/<table>/part-0.parquet
//! <root>/run=<n>/simulation/<table>/part-0.parquet
//! <root>/run=<n>/simulation/<table>/scenario_bucket=<k>/part-0.parquet
//! ```
//!
//! A [`RunWriter`] takes a number, gives out the [`TrainingParquetWriter`] and the [`SimulationParquetWriter`], and
//! commits: it reads every file back and writes the manifest. Readers start from the manifest ([`open_run`]); without
//! one there is no run. The tables are described in [`schema`].

mod claim;
mod column_buffer;
mod dictionaries;
mod document;
mod error;
#[cfg(test)]
mod fault_tests;
mod ledger;
mod manifest;
pub mod metadata;
mod options;
mod reader;
mod run;
mod run_id;
pub mod schema;
mod simulation;
mod stochastic;
mod store;
mod table_file;
mod table_rows;
mod table_shape;
mod timestamp;
mod training;

pub use claim::Claim;
pub use dictionaries::write_dictionaries;
pub use document::{DocumentRecord, WrittenFiles};
pub use error::OutputError;
pub use manifest::{FileEntry, FileRecord, MANIFEST_VERSION, Manifest, RunInfo, RunStatus, RunSummary, TableEntry};
pub use metadata::write_metadata;
pub use options::{PageCompression, PartitionKey, ResultOptions};
pub use reader::{Run, committed_runs, open_run};
pub use run::RunWriter;
pub use simulation::{
    CostStatistics, EarlierBuckets, ProbabilityValue, ScenarioOutcome, SimulationManifest, SimulationParquetWriter,
    SimulationSink, SimulationTable, suitable_bucket_size,
};
pub use stochastic::write_stochastic;
pub use timestamp::format_rfc3339;
pub use training::{RankTimingRecord, TrainingManifest, TrainingParquetWriter, TrainingTotals};
