use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use cobre_engine::system::System;
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::claim::{self, Claim};
use super::ledger::Ledger;
use super::manifest::{FileEntry, FileRecord, MANIFEST_VERSION, Manifest, RunInfo, RunStatus, RunSummary, TableEntry};
use super::options::ResultOptions;
use super::schema::{TablePhase, phase_tables};
use super::simulation::{SimulationParquetWriter, SimulationSink, SimulationTable};
use super::store::{Store, fingerprint};
use super::table_file::Origin;
use super::timestamp::format_rfc3339;
use super::training::{TrainingParquetWriter, TrainingTotals};
use super::{OutputError, run_id};

/// Where and how a writer puts its files.
#[derive(Clone)]
pub(super) struct RunFolder {
    pub(super) store: Store,
    pub(super) origin: Origin,
    pub(super) ledger: Ledger,
    /// Relative path of the run's folder.
    pub(super) relative: String,
}

/// A run that is being written under an output root.
///
/// Creating one takes the next free run number; nothing is visible to readers until [`commit`](Self::commit) has
/// verified every file and written the manifest. Dropped without commit or abort, the run is left behind like that of
/// a crashed process: claim and files stay, no reader sees them.
pub struct RunWriter {
    folder: RunFolder,
    run: u32,
    run_id: String,
    started_at: String,
    host: Option<String>,
    info: RunInfo,
}

impl RunWriter {
    /// Takes the next free run number under `root` (created if need be) and creates the run's folder.
    ///
    /// # Errors
    /// [`OutputError::IoError`] when the root cannot be written.
    pub fn create(root: &Path, info: RunInfo) -> Result<Self, OutputError> {
        Self::create_in(Store::open(root)?, info)
    }

    pub(super) fn create_in(store: Store, info: RunInfo) -> Result<Self, OutputError> {
        let now = SystemTime::now();
        let (run_id, started_at, host) = (run_id::new_run_id(now), format_rfc3339(now), claim::host_name());
        let claim = Claim {
            run_id: run_id.clone(),
            host: host.clone(),
            pid: std::process::id(),
            started_at: started_at.clone(),
        };
        let run = claim.take(&store)?;
        let origin = Origin {
            run_id: run_id.clone(),
            engine_version: info.engine_version.clone(),
            case_hash: info.case_hash.clone(),
        };
        let folder = RunFolder { store, origin, ledger: Ledger::default(), relative: claim::run_folder(run) };
        Ok(Self { folder, run, run_id, started_at, host, info })
    }

    /// Number of the run under its root.
    pub fn run(&self) -> u32 {
        self.run
    }

    /// Identity of the run anywhere.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// The writer of the training tables.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] when the run already has one.
    pub fn training_writer(&self, system: &System) -> Result<TrainingParquetWriter, OutputError> {
        self.folder.ledger.open(TablePhase::Training, &self.folder.store.path(&self.folder.relative))?;
        Ok(TrainingParquetWriter::new(self.folder.clone(), system))
    }

    /// The writer of the training tables that continues after a checkpoint: `files` and `totals` are what
    /// [`TrainingParquetWriter::flush`] and [`TrainingParquetWriter::totals`] gave when it was written.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] when the run already has one, or a file is no part of a training table of this
    /// run; [`OutputError::IoError`] when the folder of the run cannot be read.
    pub fn resume_training_writer(
        &self,
        system: &System,
        files: Vec<FileRecord>,
        totals: TrainingTotals,
    ) -> Result<TrainingParquetWriter, OutputError> {
        self.folder.ledger.open(TablePhase::Training, &self.folder.store.path(&self.folder.relative))?;
        TrainingParquetWriter::resume(self.folder.clone(), system, files, totals)
    }

    /// What was known of the run before it started.
    pub fn info(&self) -> &RunInfo {
        &self.info
    }

    /// Where the files of the run go.
    pub(super) fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// The writer of the simulation tables, with its thread running.
    /// The writer of the simulation tables.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] when the run already has one, [`OutputError::SchemaError`] when the options do not
    /// fit the tables or the system.
    pub fn simulation_writer(
        &self,
        system: &System,
        options: &ResultOptions,
    ) -> Result<SimulationParquetWriter, OutputError> {
        self.folder.ledger.open(TablePhase::Simulation, &self.folder.store.path(&self.folder.relative))?;
        SimulationParquetWriter::new(self.folder.clone(), system, options)
    }

    /// The writer of the simulation tables on a thread of its own.
    ///
    /// # Errors
    /// As [`simulation_writer`](Self::simulation_writer), and [`OutputError::IoError`] when the thread cannot be started.
    pub fn simulation_sink(&self, system: &System, options: &ResultOptions) -> Result<SimulationSink, OutputError> {
        SimulationSink::start(self.simulation_writer(system, options)?)
    }

    /// Verifies every file (size, checksum, rows) and makes the run visible by writing its manifest.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] when a writer was not finished or a file is not as it was written,
    /// [`OutputError::IoError`] when the manifest cannot be written. Then there is no manifest.
    pub fn commit(self, status: RunStatus, summary: RunSummary) -> Result<Manifest, OutputError> {
        let store = &self.folder.store;
        let (phases, files) = self.folder.ledger.close(&store.path(&self.folder.relative))?;
        for file in &files {
            verify(store, file)?;
        }
        let manifest = Manifest {
            format_version: MANIFEST_VERSION,
            run: self.run,
            run_id: self.run_id,
            status,
            started_at: self.started_at,
            completed_at: format_rfc3339(SystemTime::now()),
            host: self.host,
            info: self.info,
            summary,
            tables: table_entries(&phases, &self.folder.ledger.simulation_tables(), files),
        };
        let relative = claim::manifest_file(self.run);
        let content = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| OutputError::serialization(&store.path(&relative), error))?;
        store.put_new(&relative, &content)?;
        // The run is committed: a claim that cannot be removed is stale, not a failure.
        let _ = store.remove(&claim::claim_file(self.run));
        Ok(manifest)
    }

    /// Gives the run up: removes its folder and its claim. No manifest is written.
    ///
    /// # Errors
    /// [`OutputError::IoError`] when something cannot be removed.
    pub fn abort(self) -> Result<(), OutputError> {
        self.folder.store.remove_folder(&self.folder.relative)?;
        self.folder.store.remove(&claim::claim_file(self.run))
    }
}

/// Every training table when there was training, and the simulation tables that were asked for; those without files
/// included.
fn table_entries(
    phases: &[TablePhase],
    simulation: &[SimulationTable],
    files: Vec<FileRecord>,
) -> BTreeMap<String, TableEntry> {
    let mut tables = BTreeMap::new();
    let mut insert = |name: String, phase: TablePhase, schema_version, partition_by| {
        let phase = phase.name().to_string();
        tables.insert(name, TableEntry { phase, schema_version, partition_by, rows: 0, files: Vec::new() });
    };
    for table in phase_tables(TablePhase::Training).filter(|table| phases.contains(&table.phase)) {
        let partition_by = table.partition_by.iter().map(ToString::to_string).collect();
        insert(table.qualified_name(), TablePhase::Training, table.schema_version, partition_by);
    }
    for table in simulation {
        insert(table.name.clone(), TablePhase::Simulation, table.schema_version, table.partition_by.clone());
    }
    for file in files {
        if let Some(entry) = tables.get_mut(&file.table) {
            entry.rows += file.rows;
            entry.files.push(FileEntry {
                path: file.path,
                rows: file.rows,
                bytes: file.bytes,
                sha256: file.sha256,
                partition: file.partition,
            });
        }
    }
    tables
}

/// Reads a file back and compares it with what was written.
fn verify(store: &Store, record: &FileRecord) -> Result<(), OutputError> {
    let path = store.path(&record.path);
    let found = fingerprint(&path)?;
    if found.bytes != record.bytes {
        return Err(OutputError::manifest(
            &path,
            format!("{} bytes found, {} were written", found.bytes, record.bytes),
        ));
    }
    if found.sha256 != record.sha256 {
        return Err(OutputError::manifest(
            &path,
            format!("SHA-256 {} found, {} was written", found.sha256, record.sha256),
        ));
    }
    let file = std::fs::File::open(&path).map_err(|source| OutputError::io("read", &path, source))?;
    let reader = SerializedFileReader::new(file).map_err(|error| OutputError::serialization(&path, error))?;
    let rows = reader.metadata().file_metadata().num_rows();
    if u64::try_from(rows) == Ok(record.rows) {
        Ok(())
    } else {
        Err(OutputError::manifest(&path, format!("{rows} rows found, {} were written", record.rows)))
    }
}
