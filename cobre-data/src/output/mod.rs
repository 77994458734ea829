//! Results of a run as partitioned Parquet tables, on a local disk or in an object store, or as Arrow tables in memory.
//!
//! ```text
//! <root>/_meta/run-<n>.json                       the commit of run n, written last
//! <root>/_meta/run-<n>-partial-<a>.json           the commit of a run that was stopped on request, at attempt a
//! <root>/_meta/claim-<n>.json                     who writes run n; removed after the commit
//! <root>/run=<n>/dictionaries/…                   entities, codes, variables, bounds, state
//! <root>/run=<n>/training/<table>/part-<i>.parquet
//! <root>/run=<n>/training/_manifest.json          the commit of training
//! <root>/run=<n>/policy/<iteration>/…             a checkpoint, committed by its policy.bin
//! <root>/run=<n>/simulation/<table>/scenario_bucket=<k>/part-<i>.parquet
//! <root>/run=<n>/simulation/_buckets/<k>.json     the commit of a bucket
//! <root>/run=<n>/simulation/_manifest.json        the commit of the simulation
//! ```
//!
//! A [`RunWriter`] claims a run, gives out the [`TrainingParquetWriter`] and the [`SimulationParquetWriter`], commits the
//! parts as they are done, and the run at the end: it reads every file back and writes the manifest. A run that was
//! begun and not completed is resumed where its last committed part ends. Readers start from the manifest
//! ([`open_run`]); without one there is no run. The tables are described in [`schema`].
//!
//! Without a store a [`TrainingCollector`] and a [`SimulationCollector`] keep the same tables in memory;
//! [`write_results`] makes a run of them.
//!
//! Files of a resumed run carry the number of the attempt (`part-0-r1.parquet`), so that a writer that was thought dead
//! cannot replace them.

mod checkpoint;
mod claim;
mod column_buffer;
mod destination;
mod dictionaries;
mod document;
mod earlier;
mod error;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
#[path = "../../tests/output_fixture/mod.rs"]
mod fixture;
mod gc;
mod ledger;
mod manifest;
mod memory;
pub mod metadata;
mod options;
mod ownership;
mod parquet_file;
mod partition_columns;
mod process;
mod quantity_chunk;
mod reader;
mod results;
mod row_groups;
mod run;
mod run_folder;
mod run_id;
mod run_name;
mod run_share;
mod scan;
pub mod schema;
mod simulation;
mod stage_record;
mod stochastic;
mod table_file;
mod table_rows;
mod table_shape;
mod timestamp;
mod training;
mod unfinished;
mod verify;

pub use checkpoint::{CheckpointOptions, CheckpointRecord, TrainingNumbers};
pub use claim::{Claim, DEAD_AFTER, Liveness};
pub use dictionaries::write_dictionaries;
pub use document::{DocumentRecord, WrittenFiles};
pub use earlier::Earlier;
pub use error::OutputError;
pub use gc::{GcOptions, GcReport, LeftRun, collect_garbage};
pub use manifest::{
    FileEntry, FileRecord, MANIFEST_VERSION, Manifest, PolicyEntry, RunInfo, RunStatus, RunSummary, StageCommit,
    TableEntry,
};
pub use memory::{
    MemoryFiles, MemoryTable, MemoryTables, SimulationCollector, SimulationOutput, TrainingCollector, TrainingOutput,
    collect_dictionaries, collect_stochastic,
};
pub use metadata::write_metadata;
pub use options::{PageCompression, PartitionKey, ResultOptions};
pub use process::Process;
pub(crate) use process::host_name;
pub use reader::{Run, RunRecord, committed_runs, find_run, open_record, open_run};
pub use results::{Simulated, Trained, write_results};
pub use run::RunWriter;
pub use run_share::RunShare;
pub use scan::{Bounds, TableFile, TableScan};
pub use simulation::{
    CostStatistics, EarlierBuckets, ProbabilityValue, ScenarioOutcome, SimulationManifest, SimulationParquetWriter,
    SimulationSink, SimulationTable, Turn, suitable_bucket_size,
};
pub(crate) use stage_record::of_given_policy;
pub use stage_record::{BucketManifest, TrainingManifest, write_simulation_manifest, write_training_manifest};
pub use stochastic::write_stochastic;
pub use timestamp::format_rfc3339;
pub use training::{RankTimingRecord, TrainingParquetWriter, TrainingTables, TrainingTotals};
pub use unfinished::{UnfinishedRun, unfinished_runs};
pub(crate) use verify::damages;
