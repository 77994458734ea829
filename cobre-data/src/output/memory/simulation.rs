use std::time::SystemTime;

use cobre_engine::simulation::{Bucket, OutcomeSink, StageOutcome};
use cobre_engine::system::System;

use super::super::OutputError;
use super::super::destination::Destination;
use super::super::options::ResultOptions;
use super::super::simulation::{CostStatistics, SimulationManifest, SimulationParquetWriter, SimulationSink};
use super::super::stage_record::BucketManifest;
use super::super::table_shape::TableShape;
use super::folder::{Content, MemoryFolder};
use super::tables::MemoryTables;

/// Keeps the results of a simulation in memory, as tables. They are made on a thread of its own, as those of a
/// [`SimulationSink`] are written.
///
/// # Memory
/// The tables, the bucket in work, and what a [`SimulationSink`] holds of outcomes.
pub struct SimulationCollector {
    sink: SimulationSink,
    folder: MemoryFolder,
    shapes: Vec<TableShape>,
    discounted_costs: Vec<f64>,
    started: SystemTime,
}

/// The results of a simulation in memory.
#[derive(Debug, Clone)]
pub struct SimulationOutput {
    /// The simulation tables that were asked for.
    pub tables: MemoryTables,
    /// Statistics of the discounted costs; none without scenarios.
    pub cost: Option<CostStatistics>,
    /// Discounted cost of every scenario ($), in order.
    pub discounted_costs: Vec<f64>,
    pub(in super::super) buckets: Vec<BucketManifest>,
    pub(in super::super) manifest: SimulationManifest,
    pub(in super::super) started: SystemTime,
    pub(in super::super) completed: SystemTime,
}

impl SimulationCollector {
    /// A collector of the tables that `options` choose. Compression has no effect here; every other option has the one
    /// that it has on files.
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] when the options do not fit the tables or the system, [`OutputError::IoError`] when
    /// the thread cannot be started.
    pub fn start(system: &System, options: &ResultOptions) -> Result<Self, OutputError> {
        let folder = MemoryFolder::default();
        let writer = SimulationParquetWriter::new(Destination::Memory(folder.clone()), system, options)?;
        let shapes = writer.shapes().to_vec();
        let (sink, started) = (SimulationSink::start(writer)?, SystemTime::now());
        Ok(Self { sink, folder, shapes, discounted_costs: Vec::new(), started })
    }

    /// Waits until every table is made. After a simulation that was stopped they hold what was done until then.
    ///
    /// # Errors
    /// What failed on the thread, a panic included; a bucket that was begun and not finished.
    pub fn finish(self) -> Result<SimulationOutput, OutputError> {
        let manifest = self.sink.finish()?;
        let Content { files, buckets, .. } = self.folder.take();
        Ok(SimulationOutput {
            tables: MemoryTables::new(&self.shapes, files)?,
            cost: manifest.cost.clone(),
            discounted_costs: self.discounted_costs,
            buckets,
            manifest,
            started: self.started,
            completed: SystemTime::now(),
        })
    }
}

impl SimulationOutput {
    /// Number of scenarios.
    pub fn n_scenarios(&self) -> usize {
        self.discounted_costs.len()
    }
}

impl OutcomeSink for SimulationCollector {
    type Error = OutputError;

    fn write_stage(&mut self, bucket: Bucket, stage: usize, outcomes: Vec<StageOutcome>) -> Result<(), OutputError> {
        self.sink.write_stage(bucket, stage, outcomes)
    }

    fn finish_bucket(&mut self, bucket: Bucket, discounted_costs: &[f64]) -> Result<(), OutputError> {
        self.discounted_costs.extend_from_slice(discounted_costs);
        self.sink.finish_bucket(bucket, discounted_costs)
    }
}
