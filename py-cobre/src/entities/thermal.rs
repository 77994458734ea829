use cobre_engine::system::Thermal;
use pyo3::prelude::*;

use super::stage_arrays::{by_block, by_stage};
use super::{Rebuild, hash_of, rebuild};
use crate::case::Case;

/// A thermal plant of a case.
#[pyclass(module = "cobre", frozen)]
pub(crate) struct ThermalUnit {
    case: Py<Case>,
    position: usize,
}

impl ThermalUnit {
    pub(crate) fn new(case: Py<Case>, position: usize) -> Self {
        Self { case, position }
    }

    fn thermal(&self) -> &Thermal {
        &self.case.get().system().thermals()[self.position]
    }
}

#[pymethods]
impl ThermalUnit {
    #[getter]
    fn id(&self) -> i32 {
        self.thermal().id
    }
    #[getter]
    fn name(&self) -> &str {
        &self.thermal().name
    }
    #[getter]
    fn index(&self) -> usize {
        self.position
    }
    #[getter]
    fn bus_id(&self) -> i32 {
        self.case.get().system().buses()[self.thermal().bus].id
    }
    #[getter]
    fn cost_per_mwh<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        by_stage(py, &self.thermal().stages, |stage| stage.cost_per_mwh)
    }
    #[getter]
    fn min_generation_mw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        by_block(py, &self.thermal().stages, |stage| &stage.generation_mw, |limits| limits.min)
    }
    #[getter]
    fn max_generation_mw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        by_block(py, &self.thermal().stages, |stage| &stage.generation_mw, |limits| limits.max)
    }
    fn __repr__(&self) -> String {
        let thermal = self.thermal();
        format!("ThermalUnit(id={}, name={:?}, bus_id={})", thermal.id, thermal.name, self.bus_id())
    }
    fn __eq__(&self, other: &Self) -> bool {
        self.thermal() == other.thermal() && self.bus_id() == other.bus_id()
    }
    fn __hash__(&self) -> u64 {
        hash_of("ThermalUnit", self.thermal().id, &self.thermal().name)
    }
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Rebuild<'py>> {
        rebuild(py, &self.case, "thermals", self.position)
    }
}
