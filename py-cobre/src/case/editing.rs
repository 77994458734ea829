use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use cobre_data::case::CaseFolder;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyMapping};
use serde_json::Value;

use crate::failure::Failure;
use crate::json;
use crate::tables::{ArrowInput, Table};

/// Records of a case that frames stand for: the name of the argument, the file, and the key of its array.
const RECORDS: [(&str, &str, &str); 5] = [
    ("buses", "system/buses.json", "buses"),
    ("hydros", "system/hydros.json", "hydros"),
    ("lines", "system/lines.json", "lines"),
    ("stages", "stages.json", "stages"),
    ("thermals", "system/thermals.json", "thermals"),
];

/// What a file becomes.
enum Content {
    Absent,
    Bytes(Vec<u8>),
    Json(Value),
    Rows(Vec<RecordBatch>),
}

/// Changes of a case, taken from Python, in the order in which they are made.
#[derive(Default)]
pub(super) struct Edits {
    files: BTreeMap<String, Content>,
    records: Vec<(&'static str, &'static str, Vec<RecordBatch>)>,
    config: Option<Value>,
}

impl Edits {
    /// Files by their paths (plain data for JSON, an Arrow object for Parquet, bytes as they are, `None` for none), rows
    /// that replace the entities of a class, and a merge patch of `config.json`.
    pub(super) fn new(
        files: Option<&Bound<'_, PyMapping>>,
        records: &[(&str, Option<&Bound<'_, PyAny>>)],
        config: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let mut edits = Self::default();
        if let Some(files) = files {
            for file in files.items()? {
                let (path, content): (String, Bound<'_, PyAny>) = file.extract()?;
                let content = read_content(&path, &content)?;
                edits.files.insert(path, content);
            }
        }
        for (name, rows) in records {
            let file = RECORDS.iter().find(|records| records.0 == *name);
            if let (Some((_, path, key)), Some(rows)) = (file, rows) {
                edits.records.push((path, key, ArrowInput::take(rows)?.batches));
            }
        }
        edits.config = config.map(|patch| config_patch(patch, "config")).transpose()?;
        Ok(edits)
    }

    /// Makes the changes.
    pub(super) fn apply(self, folder: &mut CaseFolder) -> Result<(), Failure> {
        for (path, content) in self.files {
            match content {
                Content::Absent => {
                    folder
                        .remove(&path)
                        .ok_or_else(|| Failure::argument("files", format!("the case has no {path}")))?;
                }
                Content::Bytes(bytes) => folder.insert(&path, bytes)?,
                Content::Json(value) => folder.insert(&path, pretty(&value)?)?,
                Content::Rows(batches) => folder.insert_table(&path, &batches)?,
            }
        }
        for (path, key, batches) in self.records {
            folder.insert_records(path, key, &batches)?;
        }
        if let Some(patch) = self.config {
            folder.merge_config(&patch)?;
        }
        Ok(())
    }
}

/// Plain data that is a dictionary.
pub(crate) fn config_patch(patch: &Bound<'_, PyAny>, argument: &str) -> PyResult<Value> {
    if !patch.is_instance_of::<PyDict>() {
        let found = patch.get_type().name()?;
        return Err(PyTypeError::new_err(format!("{argument} is a dict, found {found}")));
    }
    json::from_python(patch, argument)
}

fn read_content(path: &str, content: &Bound<'_, PyAny>) -> PyResult<Content> {
    if content.is_none() {
        return Ok(Content::Absent);
    }
    if let Ok(bytes) = content.cast::<PyBytes>() {
        return Ok(Content::Bytes(bytes.as_bytes().to_vec()));
    }
    if ArrowInput::is_arrow(content)? {
        let ArrowInput { schema, mut batches } = ArrowInput::take(content)?;
        if batches.is_empty() {
            batches.push(RecordBatch::new_empty(schema));
        }
        return Ok(Content::Rows(batches));
    }
    if content.is_instance_of::<PyDict>() || content.is_instance_of::<PyList>() {
        return Ok(Content::Json(json::from_python(content, path)?));
    }
    let found = content.get_type().name()?;
    let expected = "a dict (JSON), an Arrow object (Parquet), bytes or None";
    Err(PyTypeError::new_err(format!("{path} is {expected}, found {found}")))
}

fn pretty(value: &Value) -> Result<Vec<u8>, Failure> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| Failure::panic(&error.to_string()))?;
    text.push(b'\n');
    Ok(text)
}

/// Names of the tables of a case: its records, and its Parquet files without folder and extension.
pub(super) fn table_names(folder: &CaseFolder) -> Vec<String> {
    let records = RECORDS.iter().filter(|records| folder.get(records.1).is_some());
    let mut names: Vec<String> = records.map(|records| records.0.to_owned()).collect();
    names.extend(folder.paths().filter_map(table_name).map(str::to_owned));
    names.sort_unstable();
    names
}

fn table_name(path: &str) -> Option<&str> {
    path.rsplit('/').next()?.strip_suffix(".parquet")
}

/// A table of a case, in the form in which the case takes it back.
pub(super) fn table(folder: &CaseFolder, name: &str) -> Result<Table, Failure> {
    if let Some((_, path, key)) = RECORDS.iter().find(|records| records.0 == name) {
        let batch = folder.records(path, key)?;
        return Ok(Table::new(name, batch.schema(), vec![batch]));
    }
    let path = folder.paths().find(|path| *path == name || table_name(path) == Some(name));
    let Some(path) = path.filter(|path| table_name(path).is_some()) else {
        let known = table_names(folder).join(", ");
        return Err(Failure::argument("name", format!("the case has no table `{name}`; its tables: {known}")));
    };
    let batches = folder.table(path)?;
    let schema = batches.first().map_or_else(|| Schema::empty().into(), RecordBatch::schema);
    Ok(Table::new(name, schema, batches))
}
