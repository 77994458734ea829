use cobre_engine::system::Bus as BusData;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::stage_arrays::{by_block, by_stage};
use super::{Rebuild, hash_of, rebuild};
use crate::case::Case;

/// A node of the energy balance of a case.
#[pyclass(module = "cobre", frozen)]
pub(crate) struct Bus {
    case: Py<Case>,
    position: usize,
}

impl Bus {
    pub(crate) fn new(case: Py<Case>, position: usize) -> Self {
        Self { case, position }
    }

    fn bus(&self) -> &BusData {
        &self.case.get().system().buses()[self.position]
    }
}

#[pymethods]
impl Bus {
    #[getter]
    fn id(&self) -> i32 {
        self.bus().id
    }
    #[getter]
    fn name(&self) -> &str {
        &self.bus().name
    }
    #[getter]
    fn index(&self) -> usize {
        self.position
    }
    #[getter]
    fn deficit_segments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let segments = self.bus().deficit_segments.iter();
        PyTuple::new(
            py,
            segments.map(|segment| DeficitSegment { depth_mw: segment.depth_mw, cost_per_mwh: segment.cost_per_mwh }),
        )
    }
    #[getter]
    fn has_stochastic_load(&self) -> bool {
        self.bus().has_stochastic_load()
    }
    #[getter]
    fn load_mean_mw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        by_stage(py, &self.bus().stages, |stage| stage.load_mean_mw)
    }
    #[getter]
    fn load_std_mw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        by_stage(py, &self.bus().stages, |stage| stage.load_std_mw)
    }
    #[getter]
    fn load_factors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        by_block(py, &self.bus().stages, |stage| &stage.load_factors, |factor| *factor)
    }
    #[getter]
    fn excess_cost_per_mwh<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        by_stage(py, &self.bus().stages, |stage| stage.excess_cost_per_mwh)
    }
    fn __repr__(&self) -> String {
        format!("Bus(id={}, name={:?})", self.bus().id, self.bus().name)
    }
    fn __eq__(&self, other: &Self) -> bool {
        self.bus() == other.bus()
    }
    fn __hash__(&self) -> u64 {
        hash_of("Bus", self.bus().id, &self.bus().name)
    }
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Rebuild<'py>> {
        rebuild(py, &self.case, "buses", self.position)
    }
}

/// A step of the deficit cost curve of a bus.
#[pyclass(module = "cobre", frozen, get_all, eq)]
#[derive(PartialEq)]
pub(super) struct DeficitSegment {
    depth_mw: f64,
    cost_per_mwh: f64,
}

#[pymethods]
impl DeficitSegment {
    #[new]
    fn new(depth_mw: f64, cost_per_mwh: f64) -> Self {
        Self { depth_mw, cost_per_mwh }
    }
    fn __getnewargs__(&self) -> (f64, f64) {
        (self.depth_mw, self.cost_per_mwh)
    }
    fn __hash__(&self) -> u64 {
        self.depth_mw.to_bits().rotate_left(32) ^ self.cost_per_mwh.to_bits()
    }
    fn __repr__(&self) -> String {
        format!("DeficitSegment(depth_mw={:?}, cost_per_mwh={:?})", self.depth_mw, self.cost_per_mwh)
    }
}
