//! Policies inside expressions of Polars.

mod plugin;
mod policies;
mod states;

use pyo3::prelude::*;

use crate::detached::detached;
use crate::failure::Failure;
use crate::policy::Policy;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(_hold, module)?)?;
    module.add_function(wrap_pyfunction!(_release, module)?)?;
    module.add_function(wrap_pyfunction!(_check, module)?)
}

/// Keeps a policy for expressions, and gives the name they know it by.
#[pyfunction]
fn _hold(py: Python<'_>, policy: &Bound<'_, Policy>) -> PyResult<String> {
    let policy = policy.get().data();
    detached(py, || Ok(policies::hold(policy)))
}

/// Forgets a policy. False when no expression used it.
#[pyfunction]
fn _release(py: Python<'_>, policy: &Bound<'_, Policy>) -> PyResult<bool> {
    let policy = policy.get().data();
    detached(py, || Ok(policies::release(policy)))
}

/// Refuses a stage, a plant or names of components that the policy does not have; gives the names in its order.
#[pyfunction]
#[pyo3(signature = (policy, *, stage = None, hydro = None, names = None))]
fn _check(
    policy: &Bound<'_, Policy>,
    stage: Option<i64>,
    hydro: Option<i64>,
    names: Option<Vec<String>>,
) -> PyResult<Vec<String>> {
    let policy = policy.get().data();
    if stage.is_some() {
        policy.stage_index(stage)?;
    }
    if let Some(hydro) = hydro {
        policy.storage_index(hydro)?;
    }
    if let Some(names) = names {
        states::order_of(&names, policy.names()).map_err(|message| Failure::argument("state", message))?;
    }
    Ok(policy.names().to_vec())
}
