//! The entities of a case, read only. Each looks into the case it belongs to and keeps it alive.

mod bus;
mod hydro;
mod line;
mod stage;
mod stage_arrays;
mod thermal;
mod topology;

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::prelude::*;
use pyo3::types::PyTuple;

pub(crate) use bus::Bus;
pub(crate) use hydro::HydroPlant;
pub(crate) use line::Line;
pub(crate) use stage::Stage;
pub(crate) use thermal::ThermalUnit;
pub(crate) use topology::Topology;

use crate::case::Case;
use crate::failure::Failure;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<HydroPlant>()?;
    module.add_class::<hydro::UnitGroup>()?;
    module.add_class::<ThermalUnit>()?;
    module.add_class::<Bus>()?;
    module.add_class::<bus::DeficitSegment>()?;
    module.add_class::<Line>()?;
    module.add_class::<Stage>()?;
    module.add_class::<stage::Block>()?;
    module.add_class::<Topology>()?;
    module.add_function(wrap_pyfunction!(entity, module)?)
}

/// The entities of a class, in canonical order.
pub(crate) fn tuple<'py, E>(
    case: &Bound<'py, Case>,
    n: usize,
    entity: fn(Py<Case>, usize) -> E,
) -> PyResult<Bound<'py, PyTuple>>
where
    E: IntoPyObject<'py>,
{
    PyTuple::new(case.py(), (0..n).map(|position| entity(case.clone().unbind(), position)))
}

/// How an object is made again from its pickle.
type Rebuild<'py> = (Bound<'py, PyAny>, (Py<Case>, &'static str, usize));

fn rebuild<'py>(py: Python<'py>, case: &Py<Case>, class: &'static str, position: usize) -> PyResult<Rebuild<'py>> {
    let function = py.import("cobre._cobre.entities")?.getattr("_entity")?;
    Ok((function, (case.clone_ref(py), class, position)))
}

/// The entity of a case at a position: what pickles name.
#[pyfunction(name = "_entity")]
fn entity<'py>(case: &Bound<'py, Case>, class: &str, position: usize) -> PyResult<Bound<'py, PyAny>> {
    let (py, owner, system) = (case.py(), case.clone().unbind(), case.get().system());
    let object = match class {
        "hydros" if position < system.n_hydros() => Bound::new(py, HydroPlant::new(owner, position))?.into_any(),
        "thermals" if position < system.thermals().len() => {
            Bound::new(py, ThermalUnit::new(owner, position))?.into_any()
        }
        "buses" if position < system.buses().len() => Bound::new(py, Bus::new(owner, position))?.into_any(),
        "lines" if position < system.lines().len() => Bound::new(py, Line::new(owner, position))?.into_any(),
        "stages" if position < system.n_stages() => Bound::new(py, Stage::new(owner, position))?.into_any(),
        _ => return Err(Failure::argument("position", format!("the case has no {class}[{position}]")).into()),
    };
    Ok(object)
}

fn hash_of(class: &str, id: i32, name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (class, id, name).hash(&mut hasher);
    hasher.finish()
}
