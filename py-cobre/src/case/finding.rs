use cobre_data::case::{Finding as FindingData, Severity};
use pyo3::prelude::*;

const ERROR: &str = "error";
const WARNING: &str = "warning";

/// What is wrong with, or noteworthy about, a case.
#[pyclass(module = "cobre", frozen, get_all, eq, hash, skip_from_py_object)]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Finding {
    pub(super) code: String,
    pub(super) severity: String,
    pub(super) file: String,
    pub(super) pointer: String,
    pub(super) message: String,
    pub(super) value: Option<String>,
    pub(super) hint: Option<String>,
}

impl From<&FindingData> for Finding {
    fn from(finding: &FindingData) -> Self {
        let severity = match finding.severity {
            Severity::Error => ERROR,
            Severity::Warning => WARNING,
        };
        Self {
            code: finding.code.to_owned(),
            severity: severity.to_owned(),
            file: finding.file.clone(),
            pointer: finding.pointer.clone(),
            message: finding.message.clone(),
            value: finding.value.clone(),
            hint: finding.hint.clone(),
        }
    }
}

#[pymethods]
impl Finding {
    #[new]
    #[pyo3(signature = (code, severity, file, pointer, message, value=None, hint=None))]
    fn new(
        code: String,
        severity: String,
        file: String,
        pointer: String,
        message: String,
        value: Option<String>,
        hint: Option<String>,
    ) -> Self {
        Self { code, severity, file, pointer, message, value, hint }
    }
    #[getter]
    pub(super) fn is_error(&self) -> bool {
        self.severity == ERROR
    }
    fn __getnewargs__(&self) -> (&str, &str, &str, &str, &str, Option<&str>, Option<&str>) {
        let Self { code, severity, file, pointer, message, value, hint } = self;
        (code, severity, file, pointer, message, value.as_deref(), hint.as_deref())
    }
    fn __str__(&self) -> String {
        let Self { code, severity, file, pointer, message, value, hint } = self;
        let place = if pointer.is_empty() { String::new() } else { format!(" at {pointer}") };
        let value = value.as_ref().map(|value| format!(" (found {value})")).unwrap_or_default();
        let hint = hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
        format!("{severity}[{code}] {file}{place}: {message}{value}{hint}")
    }
    fn __repr__(&self) -> String {
        format!("Finding({})", self.__str__().lines().next().unwrap_or_default())
    }
}
