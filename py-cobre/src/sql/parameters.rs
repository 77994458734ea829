use cobre_sql::{ParamValues, ScalarValue};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

/// Parameters of a query: a list or a tuple for `$1`, `$2` …, a dictionary for `$name`.
pub(super) fn parameters(given: &Bound<'_, PyAny>) -> PyResult<ParamValues> {
    if let Ok(named) = given.cast::<PyDict>() {
        let pairs = named.iter().map(|(name, value)| Ok((name.extract()?, scalar(&value)?)));
        return Ok(pairs.collect::<PyResult<Vec<(String, ScalarValue)>>>()?.into());
    }
    if !given.is_instance_of::<PyList>() && !given.is_instance_of::<PyTuple>() {
        let found = given.get_type().name()?;
        return Err(PyTypeError::new_err(format!("parameters: a list, a tuple or a dict expected, found {found}")));
    }
    let values = given.try_iter()?.map(|value| scalar(&value?)).collect::<PyResult<Vec<_>>>()?;
    Ok(values.into())
}

fn scalar(value: &Bound<'_, PyAny>) -> PyResult<ScalarValue> {
    if value.is_none() {
        return Ok(ScalarValue::Null);
    }
    if let Ok(value) = value.cast::<PyBool>() {
        return Ok(ScalarValue::Boolean(Some(value.is_true())));
    }
    if value.is_instance_of::<PyInt>() {
        return Ok(ScalarValue::Int64(Some(value.extract()?)));
    }
    if value.is_instance_of::<PyFloat>() {
        return Ok(ScalarValue::Float64(Some(value.extract()?)));
    }
    if value.is_instance_of::<PyString>() {
        return Ok(ScalarValue::Utf8(Some(value.extract()?)));
    }
    let found = value.get_type().name()?;
    Err(PyTypeError::new_err(format!("a parameter is None, a bool, an int, a float or a str, found {found}")))
}
