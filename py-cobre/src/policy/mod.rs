//! Policies: what training makes, as data.

mod comparison;
mod cuts;
mod data;
mod evaluation;
mod object;
mod of_training;

mod save;
mod states;

use pyo3::prelude::*;

pub(crate) use data::PolicyData;
pub(crate) use evaluation::StateBatch;
pub(crate) use object::Policy;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<comparison::PolicyComparison>()?;
    module.add_class::<Policy>()?;
    module.add_function(wrap_pyfunction!(object::_policy_from_files, module)?)
}
