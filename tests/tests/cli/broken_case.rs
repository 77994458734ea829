use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array, Float64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::setting::dataset;

/// A copy of a case, the toy as a rule, that a test may change, with a place for results.
pub(super) struct BrokenCase {
    folder: tempfile::TempDir,
}

impl BrokenCase {
    pub(super) fn new() -> Self {
        Self::of("toy")
    }

    /// A copy of another case.
    pub(super) fn of(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        copy(&dataset(name), &folder.path().join("case"));
        Self { folder }
    }

    /// A copy in which `file` was changed by `change`.
    pub(super) fn with_json(file: &str, change: impl FnOnce(&mut Value)) -> Self {
        let case = Self::new();
        case.change_json(file, change);
        case
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("case")
    }

    pub(super) fn output(&self) -> PathBuf {
        self.folder.path().join("results")
    }

    /// Path of the case and of the results, for a command line.
    pub(super) fn arguments(&self) -> [String; 2] {
        [self.path().display().to_string(), self.output().display().to_string()]
    }

    pub(super) fn file(&self, file: &str) -> PathBuf {
        self.path().join(file)
    }

    pub(super) fn change_json(&self, file: &str, change: impl FnOnce(&mut Value)) {
        let path = self.file(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut json: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        change(&mut json);
        std::fs::write(&path, json.to_string()).unwrap_or_else(|error| panic!("{file}: {error}"));
    }

    /// Gives the values of a Float64 column of a table to `change` and writes the column it returns.
    pub(super) fn change_column(&self, file: &str, column: &str, change: impl FnOnce(Vec<f64>) -> ArrayRef) {
        let path = self.file(file);
        let source = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut reader = ParquetRecordBatchReaderBuilder::try_new(source)
            .and_then(ParquetRecordBatchReaderBuilder::build)
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        let batch = reader.next().expect("the table has rows").unwrap_or_else(|error| panic!("{file}: {error}"));
        let at = batch.schema().index_of(column).unwrap_or_else(|error| panic!("{file}: {error}"));
        let values: &Float64Array = batch.column(at).as_any().downcast_ref().expect("a Float64 column");
        let mut columns = batch.columns().to_vec();
        columns[at] = change(values.values().to_vec());
        let fields: Vec<Field> = batch
            .schema()
            .fields()
            .iter()
            .zip(&columns)
            .map(|(field, column)| Field::new(field.name(), column.data_type().clone(), field.is_nullable()))
            .collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("columns of equal length");
        let target = std::fs::File::create(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut writer = ArrowWriter::try_new(target, batch.schema(), None).expect("a writer for the schema");
        writer.write(&batch).expect("the batch can be written");
        writer.close().expect("the file can be closed");
    }

    /// Asserts that the results hold no committed run.
    pub(super) fn assert_nothing_committed(&self) {
        let meta = self.output().join("_meta");
        let names: Vec<String> = match std::fs::read_dir(&meta) {
            Ok(entries) => entries
                .map(|entry| entry.expect("a readable folder").file_name().to_string_lossy().into_owned())
                .collect(),
            Err(_) => Vec::new(),
        };
        assert!(names.iter().all(|name| !name.starts_with("run-")), "a run was committed: {names:?}");
    }
}

/// The values as 32-bit floats.
pub(super) fn single_precision(values: Vec<f64>) -> ArrayRef {
    let array: ArrayRef = Arc::new(values.into_iter().map(|value| value as f32).collect::<Float32Array>());
    assert_eq!(array.data_type(), &DataType::Float32);
    array
}

/// The values with one that is no number.
pub(super) fn with_nan(mut values: Vec<f64>, row: usize) -> ArrayRef {
    values[row] = f64::NAN;
    Arc::new(Float64Array::from(values))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be created");
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let path = entry.expect("a readable folder").path();
        let name = path.file_name().expect("an entry has a name");
        if path.is_file() {
            std::fs::copy(&path, to.join(name)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        } else if name == "system" || name == "scenarios" || name == "constraints" {
            copy(&path, &to.join(name));
        }
    }
}
