//! Tables in memory: Arrow batches under a name, as Python sees them.

mod column;
mod input;
mod set;
mod stream;
mod table;

use pyo3::prelude::*;

pub(crate) use column::Column;
pub(crate) use input::ArrowInput;
pub(crate) use set::{TableSet, unknown_table};
pub(crate) use stream::{schema_capsule, stream_capsule};
pub(crate) use table::Table;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Column>()?;
    module.add_class::<Table>()?;
    module.add_function(wrap_pyfunction!(table::_table_from_ipc, module)?)
}
