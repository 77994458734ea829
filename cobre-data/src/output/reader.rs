use arrow::array::{RecordBatch, RecordBatchReader};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::OutputError;
use super::checkpoint::{CheckpointRecord, read_checkpoint};
use super::manifest::{FileEntry, Manifest, TableEntry};
use super::partition_columns;
use super::run_name::{META, Record, final_manifest_file};
use crate::store::{FileInfo, Store};

/// A committed run. Reading goes through its manifest, never through a listing of its folder.
#[derive(Clone)]
pub struct Run {
    store: Store,
    manifest: Manifest,
    record: String,
}

/// Where the record of a committed run is, and when it was written: two equal places hold the same run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Number of the run.
    pub run: u32,
    /// Its manifest.
    pub file: FileInfo,
}

/// The record of run `run` of `store`, or of the newest committed one.
///
/// # Errors
/// As [`open_run`], except that no record is read.
pub fn find_run(store: &Store, run: Option<u32>) -> Result<RunRecord, OutputError> {
    let committed = commits(store)?;
    let commit = match (run, committed.last()) {
        (Some(run), _) => committed.iter().find(|(commit, _)| commit.run == run).ok_or_else(|| {
            let known: Vec<u32> = committed.iter().map(|(commit, _)| commit.run).collect();
            OutputError::manifest(
                &store.location(&final_manifest_file(run)),
                format!("run {run} is not committed; committed runs: {known:?}"),
            )
        })?,
        (None, Some(newest)) => newest,
        (None, None) => return Err(OutputError::manifest(&store.location(META), "there is no committed run")),
    };
    Ok(RunRecord { run: commit.0.run, file: commit.1.clone() })
}

/// Opens run `run` of `store`, or the newest committed one.
///
/// # Errors
/// [`OutputError::ManifestError`] when there is no such run or its record is damaged, [`OutputError::IoError`] when the
/// store cannot be read.
pub fn open_run(store: &Store, run: Option<u32>) -> Result<Run, OutputError> {
    open_record(store, &find_run(store, run)?)
}

/// Opens the run of a record.
///
/// # Errors
/// As [`open_run`].
pub fn open_record(store: &Store, record: &RunRecord) -> Result<Run, OutputError> {
    let path = &record.file.path;
    let manifest = Manifest::read(store, path)?;
    if manifest.run != record.run {
        return Err(OutputError::manifest(
            &store.location(path),
            format!("it records run {}, expected run {}", manifest.run, record.run),
        ));
    }
    Ok(Run { store: store.clone(), manifest, record: path.clone() })
}

/// Numbers of the committed runs of `store`, ascending; none when there are no outputs. A run that was stopped on
/// request and committed what it had counts.
///
/// # Errors
/// [`OutputError::IoError`] when the folder of manifests cannot be read.
pub fn committed_runs(store: &Store) -> Result<Vec<u32>, OutputError> {
    Ok(commits(store)?.into_iter().map(|(commit, _)| commit.run).collect())
}

/// The record that counts of a committed run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Commit {
    run: u32,
    /// Attempt of the newest partial commit; none when the run is complete.
    partial: Option<u32>,
}

/// One commit per run, by number: the final one, else the newest partial one.
fn commits(store: &Store) -> Result<Vec<(Commit, FileInfo)>, OutputError> {
    let commit = |file: FileInfo| match Record::parse(file.name())? {
        Record::Final { run } => Some((Commit { run, partial: None }, file)),
        Record::Partial { run, attempt } => Some((Commit { run, partial: Some(attempt) }, file)),
        Record::Claim { .. } => None,
    };
    let mut commits: Vec<_> = store.list(META)?.files.into_iter().filter_map(commit).collect();
    commits.sort_by_key(|(commit, _)| (commit.run, commit.partial.is_some(), std::cmp::Reverse(commit.partial)));
    commits.dedup_by_key(|(commit, _)| commit.run);
    Ok(commits)
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Run({})", self.store.location(&self.record).display())
    }
}

impl Run {
    /// The record of the run.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where the run is.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Path of the run's manifest relative to the root.
    pub fn record(&self) -> &str {
        &self.record
    }

    /// The record of the run's policy; none when nothing was trained.
    ///
    /// # Errors
    /// When the policy cannot be read.
    pub fn checkpoint(&self) -> Result<Option<CheckpointRecord>, OutputError> {
        self.manifest.policy.as_ref().map(|policy| read_checkpoint(&self.store, &policy.path)).transpose()
    }

    /// Files of a table, by partition.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] when the run has no such table, or one of that name in both phases: then use the
    /// qualified name, e.g. `training/solver_iterations`.
    pub fn table_files(&self, name: &str) -> Result<&[FileEntry], OutputError> {
        self.table(name).map(|table| table.files.as_slice())
    }

    /// Reads a table whole; the columns that live in the path are appended. A table without files gives no batch.
    ///
    /// # Errors
    /// As [`table_files`](Self::table_files), and when a file is missing, damaged or not as the manifest knows it.
    pub fn read_table(&self, name: &str) -> Result<Vec<RecordBatch>, OutputError> {
        let mut batches = Vec::new();
        for file in &self.table(name)?.files {
            self.read_file(file, &mut batches)?;
        }
        Ok(batches)
    }

    /// Reads a table file by file, so that only one of them is in memory, and hands over every batch.
    ///
    /// # Errors
    /// As [`read_table`](Self::read_table).
    pub fn for_each_batch(&self, name: &str, mut see: impl FnMut(&RecordBatch)) -> Result<(), OutputError> {
        let mut batches = Vec::new();
        for file in &self.table(name)?.files {
            self.read_file(file, &mut batches)?;
            batches.drain(..).for_each(|batch| see(&batch));
        }
        Ok(())
    }

    fn table(&self, name: &str) -> Result<&TableEntry, OutputError> {
        self.manifest.resolve_table(name).and_then(|name| self.manifest.tables.get(name)).ok_or_else(|| {
            let known: Vec<&str> = self.manifest.tables.keys().map(String::as_str).collect();
            OutputError::manifest(
                &self.store.location(&self.record),
                format!("no single table is named {name}; tables: {}", known.join(", ")),
            )
        })
    }

    fn read_file(&self, entry: &FileEntry, batches: &mut Vec<RecordBatch>) -> Result<(), OutputError> {
        let path = self.store.location(&entry.path);
        let broken = |error: &dyn std::fmt::Display| OutputError::serialization(&path, error);
        let content = self.store.get(&entry.path)?;
        let bytes = content.len() as u64;
        if bytes != entry.bytes {
            return Err(OutputError::manifest(&path, format!("{bytes} bytes found, {} recorded", entry.bytes)));
        }
        let reader = ParquetRecordBatchReaderBuilder::try_new(content)
            .and_then(ParquetRecordBatchReaderBuilder::build)
            .map_err(|error| broken(&error))?;
        let mut rows = 0;
        let schema = partition_columns::schema_with(&reader.schema(), entry.partition.keys().map(String::as_str));
        for batch in reader {
            let batch = batch.map_err(|error| broken(&error))?;
            let batch = partition_columns::append(&batch, &schema, &entry.partition).map_err(|error| broken(&error))?;
            rows += batch.num_rows() as u64;
            batches.push(batch);
        }
        if rows == entry.rows {
            Ok(())
        } else {
            Err(OutputError::manifest(&path, format!("{rows} rows found, {} recorded", entry.rows)))
        }
    }
}
