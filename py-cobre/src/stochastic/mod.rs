//! The stochastic process of a case: inflow model, openings, sampled paths, given scenarios.

mod external;
mod inflow_arrays;
mod inflow_model;
mod opening_tree;
mod sample;

use pyo3::prelude::*;

pub(crate) use inflow_model::ParModel;
pub(crate) use opening_tree::OpeningTree;

use crate::case::Case;
use crate::failure::Failure;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<ParModel>()?;
    module.add_class::<OpeningTree>()?;
    module.add_class::<external::ExternalScenarios>()?;
    module.add_function(wrap_pyfunction!(external::load_external_scenarios, module)?)?;
    module.add_function(wrap_pyfunction!(sample::sample_noise, module)?)
}

/// Whose each component of the noise vector is: the plants, then the buses with stochastic demand.
fn noise_entities(case: &Case) -> Vec<(&'static str, i32)> {
    let system = case.system();
    let hydros = system.hydros().iter().map(|hydro| ("inflow", hydro.id));
    let buses = system.buses().iter().filter(|bus| bus.has_stochastic_load()).map(|bus| ("load", bus.id));
    hydros.chain(buses).collect()
}

/// A position of a stage, checked.
fn stage_position(case: &Case, stage: usize) -> Result<usize, Failure> {
    let n_stages = case.system().n_stages();
    if stage < n_stages {
        return Ok(stage);
    }
    Err(Failure::argument("stage", format!("a position from 0 to {} is needed, found {stage}", n_stages - 1)))
}
