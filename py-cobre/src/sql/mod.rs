//! Questions in SQL.

mod parameters;
mod question;
mod source;

use std::collections::BTreeMap;

use pyo3::prelude::*;
use pyo3::types::PyDict;

pub(crate) use question::Question;
pub(crate) use source::Source;

use crate::place::store_options;
use crate::tables::Table;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(sql, module)?)
}

#[pyfunction]
#[pyo3(signature = (query, parameters = None, *, memory_limit = None, storage_options = None, **attached))]
fn sql(
    py: Python<'_>,
    query: &str,
    parameters: Option<&Bound<'_, PyAny>>,
    memory_limit: Option<usize>,
    storage_options: Option<BTreeMap<String, String>>,
    attached: Option<&Bound<'_, PyDict>>,
) -> PyResult<Table> {
    let mut question = Question::new(query, parameters, memory_limit, &store_options(storage_options))?;
    question.attach(None, attached)?;
    question.answer(py)
}
