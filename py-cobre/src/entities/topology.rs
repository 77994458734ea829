use cobre_engine::system::System;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::case::{Case, PartOfCase, part_of_case};
use crate::failure::Failure;

/// How the entities of a case are connected, by their ids.
#[pyclass(module = "cobre", frozen)]
pub(crate) struct Topology {
    case: Py<Case>,
}

impl Topology {
    pub(crate) fn new(case: Py<Case>) -> Self {
        Self { case }
    }

    fn system(&self) -> &System {
        self.case.get().system()
    }

    fn hydro(&self, id: i32) -> Result<usize, Failure> {
        let position = self.system().hydros().iter().position(|hydro| hydro.id == id);
        position.ok_or_else(|| unknown("hydro_id", "hydro plant", id))
    }

    fn bus(&self, argument: &str, id: i32) -> Result<usize, Failure> {
        let position = self.system().buses().iter().position(|bus| bus.id == id);
        position.ok_or_else(|| unknown(argument, "bus", id))
    }

    fn hydro_ids<'py>(
        &self,
        py: Python<'py>,
        positions: impl IntoIterator<Item = usize>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let ids: Vec<i32> = positions.into_iter().map(|position| self.system().hydros()[position].id).collect();
        PyTuple::new(py, ids)
    }

    /// Plants that water of `hydro` reaches by turbines and spillways, nearest first.
    fn below(&self, hydro: usize) -> impl Iterator<Item = usize> {
        let hydros = self.system().hydros();
        std::iter::successors(hydros[hydro].downstream, move |&position| hydros[position].downstream)
    }
}

fn unknown(argument: &str, what: &str, id: i32) -> Failure {
    Failure::argument(argument, format!("the case has no {what} with the id {id}")).with("id", id)
}

#[pymethods]
impl Topology {
    #[getter]
    fn cascade_order<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.hydro_ids(py, self.system().cascade_order().iter().copied())
    }
    fn downstream(&self, hydro_id: i32) -> PyResult<Option<i32>> {
        let hydros = self.system().hydros();
        Ok(hydros[self.hydro(hydro_id)?].downstream.map(|position| hydros[position].id))
    }
    fn diversion_downstream(&self, hydro_id: i32) -> PyResult<Option<i32>> {
        let hydros = self.system().hydros();
        Ok(hydros[self.hydro(hydro_id)?].diversion_downstream.map(|position| hydros[position].id))
    }
    fn upstream<'py>(&self, py: Python<'py>, hydro_id: i32) -> PyResult<Bound<'py, PyTuple>> {
        let target = Some(self.hydro(hydro_id)?);
        let hydros = self.system().hydros();
        self.hydro_ids(py, (0..hydros.len()).filter(|&position| hydros[position].downstream == target))
    }
    fn diverted_from<'py>(&self, py: Python<'py>, hydro_id: i32) -> PyResult<Bound<'py, PyTuple>> {
        let target = Some(self.hydro(hydro_id)?);
        let hydros = self.system().hydros();
        self.hydro_ids(py, (0..hydros.len()).filter(|&position| hydros[position].diversion_downstream == target))
    }
    fn all_downstream<'py>(&self, py: Python<'py>, hydro_id: i32) -> PyResult<Bound<'py, PyTuple>> {
        let start = self.hydro(hydro_id)?;
        self.hydro_ids(py, self.below(start))
    }
    fn all_upstream<'py>(&self, py: Python<'py>, hydro_id: i32) -> PyResult<Bound<'py, PyTuple>> {
        let target = self.hydro(hydro_id)?;
        let order = self.system().cascade_order().iter().copied();
        self.hydro_ids(py, order.filter(|&hydro| self.below(hydro).any(|position| position == target)))
    }
    fn hydros_of_bus<'py>(&self, py: Python<'py>, bus_id: i32) -> PyResult<Bound<'py, PyTuple>> {
        let bus = self.bus("bus_id", bus_id)?;
        let hydros = self.system().hydros();
        self.hydro_ids(py, (0..hydros.len()).filter(|&position| hydros[position].cell_buses().contains(&bus)))
    }
    fn thermals_of_bus<'py>(&self, py: Python<'py>, bus_id: i32) -> PyResult<Bound<'py, PyTuple>> {
        let bus = self.bus("bus_id", bus_id)?;
        let thermals = self.system().thermals().iter().filter(|thermal| thermal.bus == bus);
        PyTuple::new(py, thermals.map(|thermal| thermal.id).collect::<Vec<_>>())
    }
    fn lines_of_bus<'py>(&self, py: Python<'py>, bus_id: i32) -> PyResult<Bound<'py, PyTuple>> {
        let bus = self.bus("bus_id", bus_id)?;
        let lines = self.system().lines().iter().filter(|line| line.source_bus == bus || line.target_bus == bus);
        PyTuple::new(py, lines.map(|line| line.id).collect::<Vec<_>>())
    }
    fn lines_between<'py>(&self, py: Python<'py>, bus_id: i32, other_bus_id: i32) -> PyResult<Bound<'py, PyTuple>> {
        let ends = (self.bus("bus_id", bus_id)?, self.bus("other_bus_id", other_bus_id)?);
        let ends = [ends, (ends.1, ends.0)];
        let lines = self.system().lines().iter().filter(|line| ends.contains(&(line.source_bus, line.target_bus)));
        PyTuple::new(py, lines.map(|line| line.id).collect::<Vec<_>>())
    }
    fn __repr__(&self) -> String {
        let system = self.system();
        let springs = system.hydros().len() - count_receivers(system);
        format!(
            "Topology({} hydro plants, {springs} of them without a plant upstream; {} buses, {} lines)",
            system.n_hydros(),
            system.buses().len(),
            system.lines().len()
        )
    }
    fn __eq__(&self, other: &Self) -> bool {
        self.case.get() == other.case.get()
    }
    fn __hash__(&self) -> u64 {
        self.case.get().hash_value()
    }
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<PartOfCase<'py>> {
        part_of_case(py, &self.case, "topology")
    }
}

/// Number of plants that turbined or spilled water of another plant reaches.
fn count_receivers(system: &System) -> usize {
    let receivers: std::collections::BTreeSet<usize> =
        system.hydros().iter().filter_map(|hydro| hydro.downstream).collect();
    receivers.len()
}
