use cobre_data::case::Season;
use cobre_engine::risk::RiskMeasure;
use cobre_engine::system::Stage as StageData;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::{Rebuild, hash_of, rebuild};
use crate::case::Case;

/// What the calendar of Python counts as the first day of 1970.
const ORDINAL_OF_1970: i32 = 719_163;

/// A stage of a case.
#[pyclass(module = "cobre", frozen)]
pub(crate) struct Stage {
    case: Py<Case>,
    position: usize,
}

impl Stage {
    pub(crate) fn new(case: Py<Case>, position: usize) -> Self {
        Self { case, position }
    }

    fn stage(&self) -> &StageData {
        &self.case.get().system().stages()[self.position]
    }

    fn season_data(&self) -> Option<&Season> {
        self.case.get().data().seasons.get(self.stage().season?)
    }
}

fn date(py: Python<'_>, day: i32) -> PyResult<Bound<'_, PyAny>> {
    py.import("datetime")?.getattr("date")?.call_method1("fromordinal", (day + ORDINAL_OF_1970,))
}

#[pymethods]
impl Stage {
    #[getter]
    fn id(&self) -> i32 {
        self.stage().id
    }
    #[getter]
    fn index(&self) -> usize {
        self.position
    }
    #[getter]
    fn start_date<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        date(py, self.stage().start_day)
    }
    #[getter]
    fn end_date<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        date(py, self.stage().end_day)
    }
    #[getter]
    fn season_id(&self) -> Option<usize> {
        self.season_data().map(|season| season.id)
    }
    #[getter]
    fn season(&self) -> Option<&str> {
        self.season_data().map(|season| season.label.as_str())
    }
    #[getter]
    fn blocks<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let blocks = self.stage().blocks.iter().enumerate();
        PyTuple::new(py, blocks.map(|(id, block)| Block { id, name: block.name.clone(), hours: block.hours }))
    }
    #[getter]
    fn hours(&self) -> f64 {
        self.stage().hours()
    }
    #[getter]
    fn hm3_per_m3s(&self) -> f64 {
        self.stage().hm3_per_m3s()
    }
    #[getter]
    fn discount_factor(&self) -> f64 {
        self.stage().discount_factor
    }
    #[getter]
    fn cvar_tail_probability(&self) -> Option<f64> {
        match self.stage().risk_measure {
            RiskMeasure::Expectation => None,
            RiskMeasure::Cvar { alpha, .. } => Some(alpha),
        }
    }
    #[getter]
    fn cvar_weight(&self) -> Option<f64> {
        match self.stage().risk_measure {
            RiskMeasure::Expectation => None,
            RiskMeasure::Cvar { lambda, .. } => Some(lambda),
        }
    }
    #[getter]
    fn n_openings(&self) -> usize {
        self.case.get().data().study.openings.n_openings(self.position)
    }
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (id, start) = (self.id(), self.start_date(py)?);
        let n_blocks = self.stage().blocks.len();
        Ok(format!("Stage(id={id}, start_date={start}, n_blocks={n_blocks}, n_openings={})", self.n_openings()))
    }
    fn __eq__(&self, other: &Self) -> bool {
        let sampled = |stage: &Self| (stage.n_openings(), stage.season_data().cloned());
        self.stage() == other.stage() && sampled(self) == sampled(other)
    }
    fn __hash__(&self) -> u64 {
        hash_of("Stage", self.stage().id, "")
    }
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Rebuild<'py>> {
        rebuild(py, &self.case, "stages", self.position)
    }
}

/// A load block of a stage.
#[pyclass(module = "cobre", frozen, get_all, eq)]
#[derive(PartialEq)]
pub(super) struct Block {
    id: usize,
    name: String,
    hours: f64,
}

#[pymethods]
impl Block {
    #[new]
    fn new(id: usize, name: String, hours: f64) -> Self {
        Self { id, name, hours }
    }
    #[getter]
    fn hm3_per_m3s(&self) -> f64 {
        cobre_engine::system::Block { name: String::new(), hours: self.hours }.hm3_per_m3s()
    }
    fn __getnewargs__(&self) -> (usize, &str, f64) {
        (self.id, &self.name, self.hours)
    }
    fn __hash__(&self) -> u64 {
        hash_of("Block", self.id as i32, &self.name)
    }
    fn __repr__(&self) -> String {
        format!("Block(id={}, name={:?}, hours={:?})", self.id, self.name, self.hours)
    }
}
