use cobre_engine::system::{Hydro, HydroBlock, HydroPenalties, HydroStage};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::stage_arrays::{by_block, by_stage};
use super::{Rebuild, hash_of, rebuild};
use crate::case::Case;
use crate::views::array;

/// A hydro plant of a case.
#[pyclass(module = "cobre", name = "HydroPlant", frozen)]
pub(crate) struct HydroPlant {
    case: Py<Case>,
    position: usize,
}

impl HydroPlant {
    pub(crate) fn new(case: Py<Case>, position: usize) -> Self {
        Self { case, position }
    }

    fn hydro(&self) -> &Hydro {
        &self.case.get().system().hydros()[self.position]
    }

    fn id_of(&self, position: Option<usize>) -> Option<i32> {
        position.map(|position| self.case.get().system().hydros()[position].id)
    }

    fn stages<'py>(&self, py: Python<'py>, of: impl Fn(&HydroStage) -> f64) -> PyResult<Bound<'py, PyAny>> {
        by_stage(py, &self.hydro().stages, of)
    }

    fn blocks<'py>(&self, py: Python<'py>, of: impl Fn(&HydroBlock) -> f64) -> PyResult<Bound<'py, PyAny>> {
        by_block(py, &self.hydro().stages, |stage| &stage.blocks, of)
    }
}

/// A penalty: its name as in the case, and where it is.
type Penalty = (&'static str, fn(&HydroPenalties) -> f64);

const PENALTIES: [Penalty; 10] = [
    ("spillage_cost", |costs| costs.spillage_cost),
    ("turbined_cost", |costs| costs.turbined_cost),
    ("diversion_cost", |costs| costs.diversion_cost),
    ("turbined_violation_below_cost", |costs| costs.turbined_violation_below_cost),
    ("outflow_violation_below_cost", |costs| costs.outflow_violation_below_cost),
    ("outflow_violation_above_cost", |costs| costs.outflow_violation_above_cost),
    ("generation_violation_below_cost", |costs| costs.generation_violation_below_cost),
    ("water_withdrawal_violation_pos_cost", |costs| costs.water_withdrawal_violation_pos_cost),
    ("water_withdrawal_violation_neg_cost", |costs| costs.water_withdrawal_violation_neg_cost),
    ("inflow_nonnegativity_cost", |costs| costs.inflow_nonnegativity_cost),
];

#[pymethods]
impl HydroPlant {
    #[getter]
    fn id(&self) -> i32 {
        self.hydro().id
    }
    #[getter]
    fn name(&self) -> &str {
        &self.hydro().name
    }
    #[getter]
    fn index(&self) -> usize {
        self.position
    }
    #[getter]
    fn bus_ids<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let buses = self.case.get().system().buses();
        PyTuple::new(py, self.hydro().cell_buses().into_iter().map(|bus| buses[bus].id))
    }
    #[getter]
    fn downstream_id(&self) -> Option<i32> {
        self.id_of(self.hydro().downstream)
    }
    #[getter]
    fn diversion_downstream_id(&self) -> Option<i32> {
        self.id_of(self.hydro().diversion_downstream)
    }
    #[getter]
    fn unit_groups<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let buses = self.case.get().system().buses();
        let group = |group: &cobre_engine::system::UnitGroup| UnitGroup {
            id: group.id,
            name: group.name.clone(),
            bus_id: buses[group.bus].id,
            min_turbined_m3s: group.turbined_m3s.min,
            max_turbined_m3s: group.turbined_m3s.max,
            min_generation_mw: group.generation_mw.min,
            max_generation_mw: group.generation_mw.max,
        };
        PyTuple::new(py, self.hydro().unit_groups.iter().map(group))
    }
    #[getter]
    fn initial_storage_hm3(&self) -> f64 {
        self.case.get().system().initial().storage_hm3[self.position]
    }
    #[getter]
    fn initial_inflow_lags_m3s<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let lags = self.case.get().system().initial().inflow_lags_m3s[self.position].clone();
        let n_lags = lags.len();
        array(py, lags, &[n_lags])
    }
    #[getter]
    fn productivity_mw_per_m3s<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.stages(py, |stage| stage.productivity_mw_per_m3s)
    }
    #[getter]
    fn min_storage_hm3<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.stages(py, |stage| stage.storage_hm3.min)
    }
    #[getter]
    fn max_storage_hm3<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.stages(py, |stage| stage.storage_hm3.max)
    }
    #[getter]
    fn water_withdrawal_m3s<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.stages(py, |stage| stage.water_withdrawal_m3s)
    }
    #[getter]
    fn penalties<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let penalties = PyDict::new(py);
        for (name, cost) in PENALTIES {
            penalties.set_item(name, self.stages(py, |stage| cost(&stage.penalties))?)?;
        }
        Ok(penalties)
    }
    #[getter]
    fn min_turbined_m3s<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.blocks(py, |block| block.turbined_m3s.min)
    }
    #[getter]
    fn max_turbined_m3s<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.blocks(py, |block| block.turbined_m3s.max)
    }
    #[getter]
    fn min_generation_mw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.blocks(py, |block| block.generation_mw.min)
    }
    #[getter]
    fn max_generation_mw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.blocks(py, |block| block.generation_mw.max)
    }
    #[getter]
    fn min_outflow_m3s<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.blocks(py, |block| block.outflow_m3s.min)
    }
    #[getter]
    fn max_outflow_m3s<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.blocks(py, |block| block.outflow_m3s.max)
    }
    #[getter]
    fn min_spillage_m3s<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.blocks(py, |block| block.spillage_m3s.min)
    }
    #[getter]
    fn max_spillage_m3s<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.blocks(py, |block| block.spillage_m3s.max)
    }
    #[getter]
    fn min_diversion_m3s<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.blocks(py, |block| block.diversion_m3s.min)
    }
    #[getter]
    fn max_diversion_m3s<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.blocks(py, |block| block.diversion_m3s.max)
    }
    fn __repr__(&self) -> String {
        let hydro = self.hydro();
        let buses = self.case.get().system().buses();
        let buses: Vec<i32> = hydro.cell_buses().into_iter().map(|bus| buses[bus].id).collect();
        let downstream = self.downstream_id().map_or("None".to_owned(), |id| id.to_string());
        format!("HydroPlant(id={}, name={:?}, bus_ids={buses:?}, downstream_id={downstream})", hydro.id, hydro.name)
    }
    fn __eq__(&self, other: &Self) -> bool {
        let relations = |plant: &Self| (plant.downstream_id(), plant.diversion_downstream_id());
        self.hydro() == other.hydro()
            && relations(self) == relations(other)
            && self.initial_storage_hm3() == other.initial_storage_hm3()
    }
    fn __hash__(&self) -> u64 {
        hash_of("HydroPlant", self.hydro().id, &self.hydro().name)
    }
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Rebuild<'py>> {
        rebuild(py, &self.case, "hydros", self.position)
    }
}

/// Generating units of a plant that feed one bus.
#[pyclass(module = "cobre", frozen, get_all, eq)]
#[derive(PartialEq)]
pub(super) struct UnitGroup {
    id: i32,
    name: String,
    bus_id: i32,
    min_turbined_m3s: f64,
    max_turbined_m3s: f64,
    min_generation_mw: f64,
    max_generation_mw: f64,
}

#[pymethods]
impl UnitGroup {
    #[new]
    fn new(
        id: i32,
        name: String,
        bus_id: i32,
        min_turbined_m3s: f64,
        max_turbined_m3s: f64,
        min_generation_mw: f64,
        max_generation_mw: f64,
    ) -> Self {
        Self { id, name, bus_id, min_turbined_m3s, max_turbined_m3s, min_generation_mw, max_generation_mw }
    }
    fn __getnewargs__(&self) -> (i32, &str, i32, f64, f64, f64, f64) {
        let (id, name, bus_id) = (self.id, self.name.as_str(), self.bus_id);
        let turbined = (self.min_turbined_m3s, self.max_turbined_m3s);
        (id, name, bus_id, turbined.0, turbined.1, self.min_generation_mw, self.max_generation_mw)
    }
    fn __hash__(&self) -> u64 {
        hash_of("UnitGroup", self.id, &self.name)
    }
    fn __repr__(&self) -> String {
        format!(
            "UnitGroup(id={}, name={:?}, bus_id={}, max_turbined_m3s={:?}, max_generation_mw={:?})",
            self.id, self.name, self.bus_id, self.max_turbined_m3s, self.max_generation_mw
        )
    }
}
