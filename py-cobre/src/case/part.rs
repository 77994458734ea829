use pyo3::prelude::*;

use super::Case;

/// How a part of a case is made again from its pickle: the attribute of the case that gives it.
pub(crate) type PartOfCase<'py> = (Bound<'py, PyAny>, (Py<Case>,));

/// The pickle of what the attribute `name` of `case` gives.
pub(crate) fn part_of_case<'py>(py: Python<'py>, case: &Py<Case>, name: &str) -> PyResult<PartOfCase<'py>> {
    let getter = py.import("operator")?.getattr("attrgetter")?.call1((name,))?;
    Ok((getter, (case.clone_ref(py),)))
}
