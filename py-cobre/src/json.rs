//! Plain data across the border: what JSON can say.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use serde::Serialize;
use serde_json::Value;

use crate::failure::Failure;

/// Dictionaries, lists, numbers and texts for Python; a number that is not finite is `None`.
pub(crate) fn to_python<'py, T: Serialize + ?Sized>(py: Python<'py>, value: &T) -> PyResult<Bound<'py, PyAny>> {
    let text = serde_json::to_string(value).map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    py.import("json")?.call_method1("loads", (text,))
}

/// Plain data from Python; `name` is the argument it was given as.
pub(crate) fn from_python(given: &Bound<'_, PyAny>, name: &str) -> PyResult<Value> {
    let text: String = given.py().import("json")?.call_method1("dumps", (given,))?.extract()?;
    let read = serde_json::from_str(&text);
    Ok(read.map_err(|error| Failure::argument(name, format!("not plain data: {error}")))?)
}
