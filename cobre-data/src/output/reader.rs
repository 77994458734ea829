use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::OutputError;
use super::claim::{META, file_names, manifest_file, run_number};
use super::manifest::{FileEntry, Manifest, TableEntry};

/// A committed run. Reading goes through its manifest, never through a listing of its folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    root: PathBuf,
    manifest: Manifest,
}

/// Opens run `run` under `root`, or the newest committed one.
///
/// # Errors
/// [`OutputError::ManifestError`] when there is no such run or its record is damaged, [`OutputError::IoError`] when the
/// root cannot be read.
pub fn open_run(root: &Path, run: Option<u32>) -> Result<Run, OutputError> {
    let committed = committed_runs(root)?;
    let run = match (run, committed.last()) {
        (Some(run), _) if committed.contains(&run) => run,
        (Some(run), _) => {
            return Err(OutputError::manifest(
                &root.join(manifest_file(run)),
                format!("run {run} is not committed; committed runs: {committed:?}"),
            ));
        }
        (None, Some(&newest)) => newest,
        (None, None) => return Err(OutputError::manifest(&root.join(META), "there is no committed run")),
    };
    let path = root.join(manifest_file(run));
    let manifest = Manifest::read(&path)?;
    if manifest.run != run {
        return Err(OutputError::manifest(&path, format!("it records run {}, expected run {run}", manifest.run)));
    }
    Ok(Run { root: root.to_path_buf(), manifest })
}

/// Numbers of the committed runs under `root`, ascending; none when there are no outputs.
///
/// # Errors
/// [`OutputError::IoError`] when the folder of manifests cannot be read.
pub fn committed_runs(root: &Path) -> Result<Vec<u32>, OutputError> {
    let folder = root.join(META);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut runs: Vec<u32> = file_names(&folder)?.iter().filter_map(|name| run_number(name, "run-", ".json")).collect();
    runs.sort_unstable();
    Ok(runs)
}

impl Run {
    /// The record of the run.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
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

    fn table(&self, name: &str) -> Result<&TableEntry, OutputError> {
        self.manifest.resolve_table(name).and_then(|name| self.manifest.tables.get(name)).ok_or_else(|| {
            let known: Vec<&str> = self.manifest.tables.keys().map(String::as_str).collect();
            OutputError::manifest(
                &self.root.join(manifest_file(self.manifest.run)),
                format!("no single table is named {name}; tables: {}", known.join(", ")),
            )
        })
    }

    fn read_file(&self, entry: &FileEntry, batches: &mut Vec<RecordBatch>) -> Result<(), OutputError> {
        let path = self.root.join(&entry.path);
        let broken = |error: &dyn std::fmt::Display| OutputError::serialization(&path, error);
        let file = File::open(&path).map_err(|source| OutputError::io("read", &path, source))?;
        let bytes = file.metadata().map_err(|source| OutputError::io("read", &path, source))?.len();
        if bytes != entry.bytes {
            return Err(OutputError::manifest(&path, format!("{bytes} bytes found, {} recorded", entry.bytes)));
        }
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(ParquetRecordBatchReaderBuilder::build)
            .map_err(|error| broken(&error))?;
        let mut rows = 0;
        for batch in reader {
            let batch =
                with_partition(&batch.map_err(|error| broken(&error))?, entry).map_err(|error| broken(&error))?;
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

/// Appends the columns that live in the path, as Int32.
fn with_partition(batch: &RecordBatch, entry: &FileEntry) -> Result<RecordBatch, String> {
    let schema = batch.schema();
    let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    for (name, &value) in &entry.partition {
        let value = i32::try_from(value).map_err(|_| format!("partition value {name}={value} is out of range"))?;
        fields.push(Arc::new(Field::new(name, DataType::Int32, false)));
        columns.push(Arc::new(Int32Array::from_value(value, batch.num_rows())));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|error| error.to_string())
}
