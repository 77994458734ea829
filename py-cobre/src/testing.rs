//! What tests of the package need and nobody else.

use pyo3::prelude::*;

use crate::attended::{StopRequest, attend};
use crate::failure::Failure;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(panic, module)?)
}

/// Panics where training does its work.
#[pyfunction]
fn panic(py: Python<'_>) -> PyResult<()> {
    let work = |_: &_| -> Result<(), Failure> { std::panic::panic_any("a test wants it") };
    let attended = attend(py, "cobre-test", None, &StopRequest::default(), work);
    Ok(attended.done?)
}
