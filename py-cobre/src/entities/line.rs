use cobre_engine::system::Line as LineData;
use pyo3::prelude::*;

use super::stage_arrays::{by_block, by_stage};
use super::{Rebuild, hash_of, rebuild};
use crate::case::Case;

/// A transmission line of a case.
#[pyclass(module = "cobre", frozen)]
pub(crate) struct Line {
    case: Py<Case>,
    position: usize,
}

impl Line {
    pub(crate) fn new(case: Py<Case>, position: usize) -> Self {
        Self { case, position }
    }

    fn line(&self) -> &LineData {
        &self.case.get().system().lines()[self.position]
    }

    fn bus_id(&self, position: usize) -> i32 {
        self.case.get().system().buses()[position].id
    }
}

#[pymethods]
impl Line {
    #[getter]
    fn id(&self) -> i32 {
        self.line().id
    }
    #[getter]
    fn name(&self) -> &str {
        &self.line().name
    }
    #[getter]
    fn index(&self) -> usize {
        self.position
    }
    #[getter]
    fn source_bus_id(&self) -> i32 {
        self.bus_id(self.line().source_bus)
    }
    #[getter]
    fn target_bus_id(&self) -> i32 {
        self.bus_id(self.line().target_bus)
    }
    #[getter]
    fn losses_percent(&self) -> f64 {
        self.line().losses_percent
    }
    #[getter]
    fn exchange_cost_per_mwh<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        by_stage(py, &self.line().stages, |stage| stage.exchange_cost_per_mwh)
    }
    #[getter]
    fn direct_mw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        by_block(py, &self.line().stages, |stage| &stage.blocks, |limits| limits.direct_mw)
    }
    #[getter]
    fn reverse_mw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        by_block(py, &self.line().stages, |stage| &stage.blocks, |limits| limits.reverse_mw)
    }
    fn __repr__(&self) -> String {
        let (line, source, target) = (self.line(), self.source_bus_id(), self.target_bus_id());
        format!("Line(id={}, name={:?}, source_bus_id={source}, target_bus_id={target})", line.id, line.name)
    }
    fn __eq__(&self, other: &Self) -> bool {
        let ends = |line: &Self| (line.source_bus_id(), line.target_bus_id());
        self.line() == other.line() && ends(self) == ends(other)
    }
    fn __hash__(&self) -> u64 {
        hash_of("Line", self.line().id, &self.line().name)
    }
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Rebuild<'py>> {
        rebuild(py, &self.case, "lines", self.position)
    }
}
