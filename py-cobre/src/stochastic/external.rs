use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use cobre_data::case::{ExternalScenarios as Scenarios, read_external_scenarios};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::detached::detached;
use crate::failure::Failure;
use crate::place::{Place, store_options};
use crate::tables::{Table, stream_capsule};
use crate::views::view;

/// A table of given scenarios.
#[pyclass(module = "cobre", frozen)]
pub(super) struct ExternalScenarios {
    scenarios: Arc<Scenarios>,
}

#[pyfunction]
#[pyo3(signature = (path, storage_options=None))]
pub(super) fn load_external_scenarios(
    py: Python<'_>,
    path: Place,
    storage_options: Option<BTreeMap<String, String>>,
) -> PyResult<ExternalScenarios> {
    let options = store_options(storage_options);
    let scenarios = detached(py, || Ok(read_external_scenarios(&path.location()?, &options)?))?;
    Ok(ExternalScenarios { scenarios: Arc::new(scenarios) })
}

impl ExternalScenarios {
    fn batch(&self, py: Python<'_>) -> PyResult<RecordBatch> {
        detached(py, || self.scenarios.to_batch().map_err(|error| Failure::panic(&error.to_string())))
    }
}

#[pymethods]
impl ExternalScenarios {
    #[getter]
    fn kind(&self) -> &'static str {
        self.scenarios.kind.name()
    }
    #[getter]
    fn stage_ids(&self) -> Vec<i32> {
        self.scenarios.stage_ids.clone()
    }
    #[getter]
    fn entity_ids(&self) -> Vec<i32> {
        self.scenarios.entity_ids.clone()
    }
    #[getter]
    fn n_scenarios(&self) -> Vec<usize> {
        self.scenarios.n_scenarios.clone()
    }
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let Scenarios { stage_ids, entity_ids, n_scenarios, .. } = self.scenarios.as_ref();
        let most = n_scenarios.iter().copied().max().unwrap_or(0);
        let shape = [most, stage_ids.len(), entity_ids.len()];
        view(py, Arc::clone(&self.scenarios), &shape, |scenarios| scenarios.values.as_slice())
    }
    fn to_table(&self, py: Python<'_>) -> PyResult<Table> {
        let batch = self.batch(py)?;
        Ok(Table::new(self.kind(), batch.schema(), vec![batch]))
    }
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let batch = self.batch(py)?;
        stream_capsule(py, &batch.schema(), std::iter::once(Ok(batch)), requested_schema)
    }
    fn __repr__(&self) -> String {
        let Scenarios { kind, stage_ids, entity_ids, n_scenarios, .. } = self.scenarios.as_ref();
        let most = n_scenarios.iter().copied().max().unwrap_or(0);
        format!(
            "ExternalScenarios({kind}: {most} scenarios, {} stages, {} entities)",
            stage_ids.len(),
            entity_ids.len()
        )
    }
}
