use std::sync::Mutex;
use std::sync::PoisonError;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use cobre_data::output::{OutputError, TableScan};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::detached::{detached, guarded};
use crate::failure::Failure;
use crate::tables::{Table, schema_capsule, stream_capsule};

/// Batches of a table, one row group at a time.
type Reading = Box<dyn Iterator<Item = Result<RecordBatch, OutputError>> + Send>;

/// A table of a run that is read piece by piece.
#[pyclass(module = "cobre", frozen)]
pub(crate) struct Batches {
    name: String,
    scan: TableScan,
    reading: Mutex<Reading>,
}

impl Batches {
    pub(super) fn new(name: &str, scan: TableScan) -> Self {
        let reading = Mutex::new(Box::new(scan.clone().into_batches()) as Reading);
        Self { name: name.to_owned(), scan, reading }
    }
}

#[pymethods]
impl Batches {
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Table>> {
        let next = || self.reading.lock().unwrap_or_else(PoisonError::into_inner).next().transpose();
        let batch = detached(py, || Ok(next()?))?;
        let schema = self.scan.schema().clone();
        Ok(batch.map(|batch| Table::new(&self.name, schema, vec![batch])))
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // Every stream begins at the first row, and none takes rows from another.
        let mut reading = self.scan.clone().into_batches();
        let batches = std::iter::from_fn(move || {
            // A panic must not run into the library that reads the stream.
            let next = guarded(|| Ok(reading.next().transpose()?));
            next.transpose()
                .map(|batch| batch.map_err(|failure: Failure| ArrowError::ExternalError(failure.message().into())))
        });
        let described = Table::new(&self.name, self.scan.schema().clone(), Vec::new());
        stream_capsule(py, described.arrow_schema(), batches, requested_schema)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let described = Table::new(&self.name, self.scan.schema().clone(), Vec::new());
        schema_capsule(py, described.arrow_schema())
    }

    fn __repr__(&self) -> String {
        let rows: u64 = self.scan.files().iter().map(|file| file.rows).sum();
        format!("Batches({}: {rows} rows in {} files)", self.name, self.scan.files().len())
    }
}
