use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use cobre_data::case::{CaseFolder, Finding as FindingData};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyIterator, PyTuple};

use super::finding::Finding;
use crate::detached::detached;
use crate::failure::Failure;
use crate::place::{Place, store_options};
use crate::tables::{Table, stream_capsule};

/// Everything that was found about a case.
#[pyclass(module = "cobre", frozen)]
pub(crate) struct ValidationResult {
    found: Vec<FindingData>,
}

#[pyfunction]
#[pyo3(signature = (path, storage_options=None))]
pub(super) fn validate(
    py: Python<'_>,
    path: Place,
    storage_options: Option<BTreeMap<String, String>>,
) -> PyResult<ValidationResult> {
    let options = store_options(storage_options);
    let found = detached(py, || Ok(CaseFolder::read_at(&path.location()?, &options)?.validate()))?;
    Ok(ValidationResult { found })
}

impl ValidationResult {
    fn tuple<'py>(&self, py: Python<'py>, is_wanted: impl Fn(&Finding) -> bool) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.found.iter().map(Finding::from).filter(is_wanted).collect::<Vec<_>>())
    }

    fn n_errors(&self) -> usize {
        self.found.iter().map(Finding::from).filter(Finding::is_error).count()
    }

    fn batch(&self) -> Result<RecordBatch, Failure> {
        let rows: Vec<Finding> = self.found.iter().map(Finding::from).collect();
        let texts = |of: fn(&Finding) -> &str| Arc::new(StringArray::from_iter_values(rows.iter().map(of))) as ArrayRef;
        let optional =
            |of: fn(&Finding) -> Option<&str>| Arc::new(rows.iter().map(of).collect::<StringArray>()) as ArrayRef;
        let columns = [
            ("severity", texts(|row| &row.severity)),
            ("code", texts(|row| &row.code)),
            ("file", texts(|row| &row.file)),
            ("pointer", texts(|row| &row.pointer)),
            ("message", texts(|row| &row.message)),
            ("value", optional(|row| row.value.as_deref())),
            ("hint", optional(|row| row.hint.as_deref())),
        ];
        let nullable = ["value", "hint"];
        let fields: Vec<Field> =
            columns.iter().map(|(name, _)| Field::new(*name, DataType::Utf8, nullable.contains(name))).collect();
        let columns = columns.into_iter().map(|(_, column)| column).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|error| Failure::panic(&error.to_string()))
    }
}

#[pymethods]
impl ValidationResult {
    #[getter]
    fn is_valid(&self) -> bool {
        self.n_errors() == 0
    }
    #[getter]
    fn findings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.tuple(py, |_| true)
    }
    #[getter]
    fn errors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.tuple(py, Finding::is_error)
    }
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.tuple(py, |finding| !finding.is_error())
    }
    fn raise_for_errors(&self) -> PyResult<()> {
        if self.is_valid() { Ok(()) } else { Err(Failure::invalid_case(&self.found).into()) }
    }
    fn to_table(&self) -> PyResult<Table> {
        let batch = self.batch()?;
        Ok(Table::new("findings", batch.schema(), vec![batch]))
    }
    fn to_polars<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import("polars")?.call_method1("DataFrame", (self.to_table()?,))
    }
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let batch = self.batch()?;
        stream_capsule(py, &batch.schema(), std::iter::once(Ok(batch)), requested_schema)
    }
    fn __bool__(&self) -> bool {
        self.is_valid()
    }
    fn __len__(&self) -> usize {
        self.found.len()
    }
    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.findings(py)?.try_iter()
    }
    fn __str__(&self) -> String {
        self.found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }
    fn __repr__(&self) -> String {
        let (errors, all) = (self.n_errors(), self.found.len());
        let is_valid = if errors == 0 { "True" } else { "False" };
        format!("ValidationResult(is_valid={is_valid}, {errors} errors, {} warnings)", all - errors)
    }
}
