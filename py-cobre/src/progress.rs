//! Who listens to events: a display, a callable of the user, and `logging`.

use pyo3::prelude::*;

/// What `cobre/_progress.py` makes of the argument `progress`; none where nobody would hear.
pub(crate) fn listener<'py>(
    py: Python<'py>,
    progress: Option<&Bound<'py, PyAny>>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let made = py.import("cobre._progress")?.call_method1("listener", (progress,))?;
    Ok((!made.is_none()).then_some(made))
}
