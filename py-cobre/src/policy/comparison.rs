use cobre_data::policy::PolicyComparison as Comparison;
use pyo3::prelude::*;

use crate::json;

/// Two policies side by side; immutable.
#[pyclass(module = "cobre", frozen)]
pub(crate) struct PolicyComparison {
    comparison: Comparison,
}

impl PolicyComparison {
    pub(super) fn new(comparison: Comparison) -> Self {
        Self { comparison }
    }
}

#[pymethods]
impl PolicyComparison {
    #[getter]
    fn max_relative_difference(&self) -> f64 {
        self.comparison.stages.iter().map(|stage| stage.max_relative_difference).fold(0.0, f64::max)
    }

    #[getter]
    fn iterations(&self) -> (u32, u32) {
        self.comparison.iterations.into()
    }

    #[getter]
    fn lower_bounds(&self) -> (Option<f64>, Option<f64>) {
        self.comparison.lower_bounds.into()
    }

    #[getter]
    fn n_cuts(&self) -> (u64, u64) {
        self.comparison.n_cuts.into()
    }

    #[getter]
    fn stages<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::to_python(py, &self.comparison.stages)
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::to_python(py, &self.comparison)
    }

    fn __str__(&self) -> String {
        self.comparison.to_string()
    }

    fn __repr__(&self) -> String {
        let [one, other] = self.comparison.n_cuts;
        let (n, difference) = (self.comparison.stages.len(), self.max_relative_difference());
        format!("PolicyComparison({n} stages, {one} and {other} cuts, largest relative difference {difference:.2e})")
    }

    fn _repr_html_(&self, py: Python<'_>) -> PyResult<String> {
        let escaped: String = py.import("html")?.call_method1("escape", (self.__str__(),))?.extract()?;
        Ok(format!("<pre>{escaped}</pre>"))
    }
}
