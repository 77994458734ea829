use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cobre_engine::simulation::{Bucket, OutcomeSink, StageOutcome};
use cobre_engine::system::System;

use super::super::OutputError;
use super::super::destination::Destination;
use super::super::manifest::FileRecord;
use super::super::options::ResultOptions;
use super::super::schema::{COST_STATISTICS, TablePhase, phase_tables, statistics_of};
use super::super::stage_record::BucketManifest;
use super::super::table_shape::TableShape;
use super::bucket_rows::BucketRows;
use super::bucket_size::suitable_bucket_size;
use super::cost_statistics::CostStatistics;
use super::layout::Layout;
use super::manifest::{SimulationManifest, SimulationTable};
use super::selection::Selection;
use super::statistics::TableStatistics;
use super::table_files::BucketFiles;
use super::turn::Turn;

/// Everything that happens in one scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioOutcome {
    /// Position of the scenario, 0-based.
    pub scenario: usize,
    /// One outcome per stage.
    pub stages: Vec<StageOutcome>,
    /// Immediate costs of all stages, each times its cumulative discount factor ($).
    pub discounted_cost: f64,
}

/// What an earlier attempt has written of a simulation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EarlierBuckets {
    /// Buckets, all from the first on.
    pub n_buckets: usize,
    /// Their files.
    pub files: Vec<FileRecord>,
    /// Discounted costs of their scenarios ($), in order.
    pub discounted_costs: Vec<f64>,
}

/// Writes the simulation tables of a run, bucket by bucket, on the calling thread.
///
/// Outcomes come in one of two ways, scenario by scenario ([`write_scenario`](Self::write_scenario)) or stage by stage
/// for all scenarios of a bucket ([`write_stage`](Self::write_stage), [`finish_bucket`](Self::finish_bucket)). The files
/// of a bucket are written when it is complete. [`SimulationSink`](super::SimulationSink) does the same on a thread of
/// its own.
///
/// # Memory
/// With `S` scenarios per bucket, `B` blocks summed over all `T` stages, `H` plants, `C` cells, `G` thermals, `L` lines,
/// `N` buses and `P` lags, the bucket in work takes
/// `8·S·(B·(10·H + 2·C + G + 2·L + 4·N + 10) + T·(7·H + P·H + 26))` bytes, kept for the next bucket. To this come one batch of
/// about 32 thousand rows (plus one stage of one entity) and one encoded row group of 128 thousand rows of the table being
/// written: at most some 50 MB. Callers of `write_scenario` have a bucket of outcomes besides. Until the end 8 bytes
/// per scenario are kept and the records of the files; with aggregates only 32 bytes per quantity, entity, stage and
/// block.
pub struct SimulationParquetWriter {
    to: Destination,
    folder: PathBuf,
    layout: Layout,
    options: ResultOptions,
    selection: Selection,
    open: Option<BucketRows>,
    /// Memory of the last bucket.
    spare: Option<BucketRows>,
    /// Scenarios that came whole and wait for their bucket to be complete.
    waiting: Vec<ScenarioOutcome>,
    bucket_size: usize,
    turn: Turn,
    /// The next bucket of this rank.
    next_own: usize,
    /// Buckets that this rank has written and nobody has taken the records of.
    written: Vec<BucketManifest>,
    /// Buckets that wait for one before them to be committed.
    uncommitted: BTreeMap<usize, BucketManifest>,
    /// The next bucket to be committed.
    next_bucket: usize,
    discounted_costs: Vec<f64>,
    statistics: Vec<TableStatistics>,
    files: Vec<FileRecord>,
}

impl SimulationParquetWriter {
    /// A writer of the tables that `options` choose, from the first bucket on.
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] when the options name a table or column that there is not, or do not fit each other
    /// or the system.
    pub(in super::super) fn new(
        to: Destination,
        system: &System,
        options: &ResultOptions,
    ) -> Result<Self, OutputError> {
        let layout = Layout::new(system);
        let folder = to.location("simulation");
        let selection = Selection::new(options, &layout).map_err(|message| OutputError::schema(&folder, message))?;
        let statistics = phase_tables(TablePhase::Simulation)
            .filter(|_| options.aggregates_only)
            .filter_map(|table| Some((table, selection.shape(statistics_of(table)?)?)))
            .map(|(table, shape)| TableStatistics::new(table, shape.clone()))
            .collect();
        Ok(Self {
            to,
            folder,
            layout,
            options: options.clone(),
            selection,
            open: None,
            spare: None,
            waiting: Vec::new(),
            bucket_size: options.bucket_size.unwrap_or_else(|| suitable_bucket_size(system)),
            turn: Turn::ALONE,
            next_own: 0,
            written: Vec::new(),
            uncommitted: BTreeMap::new(),
            next_bucket: 0,
            discounted_costs: Vec::new(),
            statistics,
            files: Vec::new(),
        })
    }

    /// Goes on after the buckets that an earlier attempt has written.
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] with aggregates only, which hold nothing of single buckets: such a simulation starts
    /// again from its first bucket.
    pub fn resume(mut self, earlier: EarlierBuckets) -> Result<Self, OutputError> {
        if self.options.aggregates_only && earlier.n_buckets > 0 {
            let message = "with aggregates only a simulation cannot go on after its first buckets; hint: start it again \
                           from bucket 0";
            return Err(self.misfit(message));
        }
        if self.next_bucket > 0 || self.open.is_some() || !self.waiting.is_empty() {
            return Err(self.misfit("outcomes came before the writer was told of earlier buckets"));
        }
        self = self.after(earlier.n_buckets);
        self.files = earlier.files;
        self.discounted_costs = earlier.discounted_costs;
        Ok(self)
    }

    /// Goes on after `n_buckets`, which another writer knows.
    pub(in super::super) fn after(mut self, n_buckets: usize) -> Self {
        self.next_bucket = n_buckets;
        self.next_own = n_buckets;
        self
    }

    /// Writes the buckets of one rank of several, after those of an earlier attempt. They come stage by stage, and are
    /// not committed when they are written, but when [`commit_written`](Self::commit_written) has their records.
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] with aggregates only, which are made of all scenarios in their order.
    pub fn in_turn(mut self, turn: Turn) -> Result<Self, OutputError> {
        if self.options.aggregates_only && !turn.is_alone() {
            return Err(self.misfit("aggregates only are made by one rank alone"));
        }
        self.turn = turn;
        self.next_own = self.next_bucket + turn.rank;
        Ok(self)
    }

    /// The records of the buckets that this rank has written since the last call, where there are several ranks.
    pub fn take_written(&mut self) -> Vec<BucketManifest> {
        std::mem::take(&mut self.written)
    }

    /// Commits buckets that some rank has written, each as soon as there are all before it.
    ///
    /// # Errors
    /// [`OutputError::IoError`] when a record cannot be written, [`OutputError::ManifestError`] when the run was taken
    /// over.
    pub fn commit_written(&mut self, records: Vec<BucketManifest>) -> Result<(), OutputError> {
        self.uncommitted.extend(records.into_iter().map(|record| (record.bucket as usize, record)));
        while let Some(record) = self.uncommitted.remove(&self.next_bucket) {
            self.commit(record)?;
        }
        Ok(())
    }

    /// Files of the buckets that are written, those of an earlier attempt included.
    pub fn files(&self) -> &[FileRecord] {
        &self.files
    }

    /// Discounted costs of the scenarios of those buckets ($), in order.
    pub fn discounted_costs(&self) -> &[f64] {
        &self.discounted_costs
    }

    /// Takes a whole scenario; scenarios come in order. Every `bucket_size` of them are written as a bucket.
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] when the scenario is not the next one or does not fit the system,
    /// [`OutputError::IoError`] when a file cannot be written.
    pub fn write_scenario(&mut self, outcome: ScenarioOutcome) -> Result<(), OutputError> {
        if !self.turn.is_alone() {
            return Err(self.misfit("a rank takes whole buckets, stage by stage"));
        }
        let next = self.discounted_costs.len() + self.waiting.len();
        if outcome.scenario != next {
            return Err(self.misfit(format!("scenario {} came, expected scenario {next}", outcome.scenario)));
        }
        if outcome.stages.len() != self.layout.n_stages() {
            let (found, expected) = (outcome.stages.len(), self.layout.n_stages());
            return Err(self.misfit(format!("scenario {next} has {found} stages, the study has {expected}")));
        }
        if self.open.is_some() {
            return Err(self.misfit(format!("scenario {next} came whole while a bucket came stage by stage")));
        }
        self.waiting.push(outcome);
        if self.waiting.len() == self.bucket_size { self.write_waiting() } else { Ok(()) }
    }

    /// Writes the scenarios that wait as a bucket.
    fn write_waiting(&mut self) -> Result<(), OutputError> {
        let mut waiting = std::mem::take(&mut self.waiting);
        let bucket =
            Bucket { index: self.next_bucket, first_scenario: self.discounted_costs.len(), n_scenarios: waiting.len() };
        for stage in 0..self.layout.n_stages() {
            let outcomes: Vec<StageOutcome> =
                waiting.iter_mut().map(|scenario| std::mem::take(&mut scenario.stages[stage])).collect();
            self.put(bucket, stage, &outcomes)?;
        }
        let costs: Vec<f64> = waiting.iter().map(|scenario| scenario.discounted_cost).collect();
        self.close(bucket, &costs)?;
        waiting.clear();
        self.waiting = waiting; // Its memory serves the next bucket.
        Ok(())
    }

    /// Takes the outcomes of one stage for all scenarios of `bucket`; buckets and their stages come in order.
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] when the outcomes are not those of the next stage or do not fit the system.
    pub fn write_stage(&mut self, bucket: Bucket, stage: usize, outcomes: &[StageOutcome]) -> Result<(), OutputError> {
        self.no_scenario_waits(bucket)?;
        self.put(bucket, stage, outcomes)
    }

    /// Writes the files of a bucket whose stages have come; `discounted_costs` are those of its scenarios ($).
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] when a stage or a cost is missing, [`OutputError::IoError`] when a file cannot be
    /// written.
    pub fn finish_bucket(&mut self, bucket: Bucket, discounted_costs: &[f64]) -> Result<(), OutputError> {
        self.no_scenario_waits(bucket)?;
        self.close(bucket, discounted_costs)
    }

    fn no_scenario_waits(&self, bucket: Bucket) -> Result<(), OutputError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        Err(self.misfit(format!("bucket {} came stage by stage while scenarios came whole", bucket.index)))
    }

    fn put(&mut self, bucket: Bucket, stage: usize, outcomes: &[StageOutcome]) -> Result<(), OutputError> {
        let mut rows = match self.open.take() {
            Some(rows) => rows,
            None => self.open_bucket(bucket)?,
        };
        let expected = (rows.bucket(), rows.n_stages_done());
        if (bucket, stage) != expected || stage >= self.layout.n_stages() {
            return Err(self.misfit(format!(
                "stage position {stage} of bucket {} came, expected stage position {} of bucket {} (the study has {} \
                 stages)",
                bucket.index,
                expected.1,
                expected.0.index,
                self.layout.n_stages()
            )));
        }
        if outcomes.len() != bucket.n_scenarios {
            return Err(self.misfit(format!(
                "{} outcomes at stage position {stage} of bucket {}, which has {} scenarios",
                outcomes.len(),
                bucket.index,
                bucket.n_scenarios
            )));
        }
        rows.put(&self.layout, stage, outcomes).map_err(|problem| self.misfit(problem))?;
        self.open = Some(rows);
        Ok(())
    }

    fn open_bucket(&mut self, bucket: Bucket) -> Result<BucketRows, OutputError> {
        // The scenarios of other ranks are not known here before they are committed.
        let next_scenario = self.turn.is_alone().then_some(self.discounted_costs.len());
        if bucket.index != self.next_own || next_scenario.is_some_and(|next| bucket.first_scenario != next) {
            let from = next_scenario.map_or(String::new(), |next| format!(" from scenario {next}"));
            return Err(self.misfit(format!(
                "bucket {} from scenario {} came, expected bucket {}{from}",
                bucket.index, bucket.first_scenario, self.next_own,
            )));
        }
        if i32::try_from(bucket.first_scenario.saturating_add(bucket.n_scenarios)).is_err() {
            return Err(self.misfit(format!("scenarios of bucket {} exceed 32 bits", bucket.index)));
        }
        Ok(match self.spare.take() {
            Some(spare) => spare.restart(&self.layout, bucket),
            None => BucketRows::new(&self.layout, bucket),
        })
    }

    fn close(&mut self, bucket: Bucket, discounted_costs: &[f64]) -> Result<(), OutputError> {
        let n_stages = self.layout.n_stages();
        let rows =
            self.open.take().filter(|rows| rows.bucket() == bucket && rows.n_stages_done() == n_stages).ok_or_else(
                || self.misfit(format!("bucket {} was finished before its {n_stages} stages", bucket.index)),
            )?;
        if discounted_costs.len() != bucket.n_scenarios {
            let (found, expected) = (discounted_costs.len(), bucket.n_scenarios);
            return Err(self.misfit(format!("{found} costs for the {expected} scenarios of bucket {}", bucket.index)));
        }
        let files = self.write_tables(&rows, discounted_costs)?;
        self.spare = Some(rows);
        self.bucket_is_written(bucket, files, discounted_costs)
    }

    /// Writes the tables with rows per scenario, and takes the others into the statistics.
    fn write_tables(&mut self, rows: &BucketRows, discounted_costs: &[f64]) -> Result<Vec<FileRecord>, OutputError> {
        let bucket = rows.bucket();
        let mut files = Vec::new();
        if bucket.n_scenarios == 0 {
            return Ok(files);
        }
        let Self { to, layout, selection, statistics, options, folder, .. } = self;
        let into = BucketFiles { to, layout, bucket, max_rows: options.max_rows_per_file };
        rows.visit(layout, discounted_costs, |table| {
            if let Some(statistics) = statistics.iter_mut().find(|one| one.table() == table.table()) {
                statistics
                    .add(table, layout.n_stages(), bucket.n_scenarios)
                    .map_err(|message| OutputError::schema(folder, message))?;
            }
            if let Some(shape) = selection.shape(table.table()) {
                files.extend(into.write(shape, table)?);
            }
            Ok::<(), OutputError>(())
        })?;
        Ok(files)
    }

    /// The one place that every bucket of this rank passes when all of its files are written and durable.
    fn bucket_is_written(
        &mut self,
        bucket: Bucket,
        files: Vec<FileRecord>,
        discounted_costs: &[f64],
    ) -> Result<(), OutputError> {
        let record = self.to.bucket_record(bucket, discounted_costs, files);
        self.next_own += self.turn.n_ranks;
        if !self.turn.is_alone() {
            self.written.push(record);
            return Ok(());
        }
        self.commit(record)
    }

    /// Commits the next bucket.
    fn commit(&mut self, record: BucketManifest) -> Result<(), OutputError> {
        let next_scenario = self.discounted_costs.len();
        if record.first_scenario != next_scenario as u64 {
            let (bucket, first) = (record.bucket, record.first_scenario);
            return Err(self.misfit(format!("bucket {bucket} begins with scenario {first}, expected {next_scenario}")));
        }
        if !self.options.aggregates_only {
            self.to.commit_bucket(&record)?;
        }
        self.files.extend(record.files);
        self.discounted_costs.extend(record.discounted_costs);
        self.next_bucket = record.bucket as usize + 1;
        Ok(())
    }

    /// Writes what is left, the last bucket of whole scenarios included, and the tables over all scenarios.
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] when a bucket was begun and not finished, or one of another rank has not come;
    /// [`OutputError::IoError`] when a file cannot be written.
    pub fn finalize(mut self) -> Result<SimulationManifest, OutputError> {
        if let Some(rows) = self.open.take() {
            return Err(self.misfit(format!(
                "bucket {} was not finished: {} of {} stages came",
                rows.bucket().index,
                rows.n_stages_done(),
                self.layout.n_stages()
            )));
        }
        if !self.waiting.is_empty() {
            self.write_waiting()?;
        }
        if let Some((&bucket, _)) = self.uncommitted.first_key_value() {
            return Err(self.misfit(format!("bucket {} is missing, and bucket {bucket} is there", self.next_bucket)));
        }
        let max_rows = self.options.max_rows_per_file;
        for statistics in &self.statistics {
            self.files.extend(statistics.write(&self.to, max_rows)?);
        }
        let cost = CostStatistics::of(&self.discounted_costs);
        if let (Some(cost), Some(shape)) = (&cost, self.selection.shape(&COST_STATISTICS)) {
            self.files.extend(cost.write(&self.to, shape, max_rows)?);
        }
        let manifest = SimulationManifest {
            format_version: SimulationManifest::VERSION,
            n_scenarios: self.discounted_costs.len() as u64,
            n_buckets: self.next_bucket as u64,
            cost,
            tables: self.selection.shapes().iter().map(SimulationTable::of).collect(),
            files: self.files,
        };
        self.to.finish(TablePhase::Simulation, &manifest.files);
        self.to.describe(&manifest.tables);
        Ok(manifest)
    }

    /// Which buckets are its own.
    pub(super) fn turn(&self) -> Turn {
        self.turn
    }

    /// The tables that it writes, each in its shape.
    pub(in super::super) fn shapes(&self) -> &[TableShape] {
        self.selection.shapes()
    }

    /// Folder of the tables, for messages.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn misfit(&self, message: impl Into<String>) -> OutputError {
        OutputError::schema(&self.folder, message)
    }
}

impl OutcomeSink for SimulationParquetWriter {
    type Error = OutputError;

    fn write_stage(&mut self, bucket: Bucket, stage: usize, outcomes: Vec<StageOutcome>) -> Result<(), OutputError> {
        Self::write_stage(self, bucket, stage, &outcomes)
    }

    fn finish_bucket(&mut self, bucket: Bucket, discounted_costs: &[f64]) -> Result<(), OutputError> {
        Self::finish_bucket(self, bucket, discounted_costs)
    }
}
