//! Which exception an error becomes. The classes are those of `cobre/errors.py`.

use cobre_data::case::{CaseError, Finding, Severity};
use cobre_data::output::OutputError;
use cobre_data::runner::RunError;
use cobre_engine::EngineError;
use cobre_sql::{Blame, SqlError};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::{Map, Value, json};

/// An error on its way to Python: every kind belongs to exactly one class.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    class: &'static str,
    kind: &'static str,
    message: String,
    context: Map<String, Value>,
    suggestion: Option<String>,
}

impl Failure {
    fn new(class: &'static str, kind: &'static str, message: impl Into<String>) -> Self {
        Self { class, kind, message: message.into(), context: Map::new(), suggestion: None }
    }

    /// An argument that does not fit: a wrong shape, a value that is not a number, a name that is not there.
    pub(crate) fn argument(name: &str, message: impl Into<String>) -> Self {
        Self::new("ArgumentError", "argument", format!("{name}: {}", message.into())).with("argument", name)
    }

    /// A policy that does not fit the system it is used with.
    pub(crate) fn policy(message: impl Into<String>) -> Self {
        Self::new("PolicyError", "policy_mismatch", message)
    }

    /// The same, from a message that may end with a hint.
    pub(crate) fn policy_with_hint(message: &str) -> Self {
        let (message, suggestion) = split_hint(message);
        Self { suggestion, ..Self::policy(message) }
    }

    /// Threads that cannot be had.
    pub(crate) fn threads(message: &str) -> Self {
        Self::new("CobreError", "threads", message)
    }

    /// An object that was closed.
    pub(crate) fn closed(what: &str) -> Self {
        Self::new("ClosedError", "closed", format!("{what} is closed")).suggest("open it again")
    }

    /// What is not supported, named.
    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new("ArgumentError", "unsupported", message)
    }

    /// Columns that do not fit each other: a defect of the program.
    pub(crate) fn of_arrow(error: impl std::fmt::Display) -> Self {
        Self::panic(&error.to_string())
    }

    /// A panic: a defect of the program.
    pub(crate) fn panic(message: &str) -> Self {
        Self::new("InternalError", "panic", format!("the program has a defect: {message}"))
            .suggest("report it with the case that led to it")
    }

    /// What failed, where, what was found and expected.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// With a fact about it.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.context.insert(key.to_owned(), value.into());
        self
    }

    /// With a next action.
    pub(crate) fn suggest(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// Findings about a case, of which at least one is an error.
    pub(crate) fn invalid_case(findings: &[Finding]) -> Self {
        let errors: Vec<&Finding> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        let noun = if errors.len() == 1 { "error" } else { "errors" };
        let mut message = format!("the case has {} {noun}", errors.len());
        for finding in &errors {
            message.push('\n');
            message.push_str(&finding.to_string());
        }
        Self::new("ValidationError", "invalid_case", message).with("findings", json!(findings))
    }
}

impl From<CaseError> for Failure {
    fn from(error: CaseError) -> Self {
        match &error {
            CaseError::Invalid { findings } => Self::invalid_case(findings),
            CaseError::Io { path, .. } => {
                Self::new("IOError", "case_not_readable", error.to_string()).with("path", path.display().to_string())
            }
            CaseError::Write { path, .. } => {
                let (message, suggestion) = split_hint(&error.to_string());
                let failure = Self::new("IOError", "case_not_written", message);
                Self { suggestion, ..failure.with("path", path.display().to_string()) }
            }
            CaseError::Edit { file, .. } => {
                let (message, suggestion) = split_hint(&error.to_string());
                Self { suggestion, ..Self::new("ArgumentError", "case_edit", message).with("file", file.as_str()) }
            }
            _ => Self::new("CobreError", "unknown", error.to_string()),
        }
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        let (kind, path) = match &error {
            OutputError::IoError { path, .. } => ("io", path),
            OutputError::SerializationError { path, .. } => ("output_corrupted", path),
            OutputError::SchemaError { path, .. } => ("schema_mismatch", path),
            OutputError::ManifestError { path, .. } => ("output_not_found", path),
            _ => return Self::new("CobreError", "unknown", error.to_string()),
        };
        let path = path.display().to_string();
        let (message, suggestion) = split_hint(&error.to_string());
        Self { suggestion, ..Self::new("IOError", kind, message).with("path", path) }
    }
}

/// A message and the hint at its end.
fn split_hint(message: &str) -> (String, Option<String>) {
    match message.split_once("; hint: ") {
        Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
        None => (message.to_owned(), None),
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let failure = match &error {
            EngineError::StageProblem { phase, stage_id, opening, iteration, path, dump, .. } => {
                Self::new("SolverError", "solver_failure", error.to_string())
                    .with("phase", phase.name())
                    .with("stage_id", *stage_id)
                    .with("opening", *opening)
                    .with("iteration", *iteration)
                    .with("path", *path)
                    .with("dump", dump.as_str())
            }
            EngineError::Options { option: "policy" | "resume", .. } => Self::policy(error.to_string()),
            EngineError::Options { option, .. } => {
                Self::new("ArgumentError", "option", error.to_string()).with("argument", *option)
            }
            EngineError::Threads { .. } => Self::new("CobreError", "threads", error.to_string()),
            EngineError::OtherRank { .. } => Self::new("CobreError", "other_rank", error.to_string()),
            EngineError::Communication { .. } => Self::new("CobreError", "communication", error.to_string()),
            _ => Self::new("CobreError", "unknown", error.to_string()),
        };
        match error.hint() {
            Some(hint) => failure.suggest(hint),
            None => failure,
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Engine(error) => error.into(),
            RunError::Output(error) => error.into(),
            RunError::Refused { message } => {
                let (message, suggestion) = split_hint(&message);
                Self { suggestion, ..Self::new("ArgumentError", "refused", message) }
            }
            RunError::OtherRank { .. } => Self::new("CobreError", "other_rank", error.to_string()),
            _ => Self::new("CobreError", "unknown", error.to_string()),
        }
    }
}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        let message = error.to_string();
        match error {
            SqlError::Attachment { attachment, .. } => {
                Self::new("ArgumentError", "attachment", message).with("argument", attachment)
            }
            SqlError::Output(error) => error.into(),
            SqlError::Case(error) => error.into(),
            other => match other.blame() {
                Blame::Question => Self::new("QueryError", "query", message),
                Blame::Files => Self::new("IOError", "query_io", message),
                Blame::Program => Self::new("InternalError", "query_internal", message),
            },
        }
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        Python::attach(|py| failure.exception(py).unwrap_or_else(|error| error))
    }
}

impl Failure {
    fn exception(&self, py: Python<'_>) -> PyResult<PyErr> {
        let classes = py.import("cobre.errors")?;
        let class = classes.getattr(self.class)?;
        let arguments = PyDict::new(py);
        arguments.set_item("kind", self.kind)?;
        let text = serde_json::to_string(&self.context).map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        arguments.set_item("context", py.import("json")?.call_method1("loads", (text,))?)?;
        arguments.set_item("suggestion", self.suggestion.as_deref())?;
        Ok(PyErr::from_value(class.call((&self.message,), Some(&arguments))?))
    }
}
