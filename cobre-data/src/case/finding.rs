//! Findings: what is wrong with, or noteworthy about, a case.

use std::cell::RefCell;
use std::fmt;

use serde::Serialize;

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The case cannot be studied.
    Error,
    /// The case can be studied; the reader should know.
    Warning,
}

/// One finding about a case directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable code, `namespace.label`.
    pub code: &'static str,
    /// How serious it is.
    pub severity: Severity,
    /// Path of the file, relative to the case directory.
    pub file: String,
    /// Where in the file: a JSON pointer, or `row 3, column mean_m3s` (rows from 0) in a Parquet file; empty for the
    /// file as a whole.
    pub pointer: String,
    /// The value found there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What is wrong, what was expected.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Finding {
    /// An error at a place.
    pub(super) fn error(code: &'static str, place: &Place, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, place, message.into())
    }

    /// A warning at a place.
    pub(super) fn warning(code: &'static str, place: &Place, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, place, message.into())
    }

    fn new(code: &'static str, severity: Severity, place: &Place, message: String) -> Self {
        debug_assert!(super::codes::is_listed(code), "the code {code} is not listed");
        let Place { file, pointer } = place.clone();
        Self { code, severity, file, pointer, value: None, message, hint: None }
    }

    /// With the value found.
    pub(super) fn value(mut self, value: impl fmt::Display) -> Self {
        self.value = Some(value.to_string());
        self
    }

    /// With a next action.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        self.hint = (!hint.is_empty()).then_some(hint);
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}[{}] {}", self.code, self.file)?;
        if !self.pointer.is_empty() {
            write!(f, " at {}", self.pointer)?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(value) = &self.value {
            write!(f, " (found {value})")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

/// A file and a position in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Path relative to the case directory.
    pub(super) file: String,
    /// JSON pointer, or row and column.
    pub(super) pointer: String,
}

impl Place {
    /// A file as a whole.
    pub(super) fn file(file: &str) -> Self {
        Self { file: file.to_owned(), pointer: String::new() }
    }

    /// A member of the JSON value at this place.
    pub(super) fn member(&self, key: &str) -> Self {
        let pointer = format!("{}/{}", self.pointer, key.replace('~', "~0").replace('/', "~1"));
        Self { file: self.file.clone(), pointer }
    }
}

/// Collects the findings of a whole case.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: RefCell<Vec<Finding>>,
}

impl Report {
    /// Adds a finding.
    pub(super) fn push(&self, finding: Finding) {
        self.findings.borrow_mut().push(finding);
    }

    /// Adds an error without value or hint.
    pub(super) fn error(&self, code: &'static str, place: &Place, message: impl Into<String>) {
        self.push(Finding::error(code, place, message));
    }

    /// Adds a warning without value or hint.
    pub(super) fn warning(&self, code: &'static str, place: &Place, message: impl Into<String>) {
        self.push(Finding::warning(code, place, message));
    }

    /// Refuses a feature of the format that is not supported.
    pub(super) fn unsupported(&self, code: &'static str, place: &Place) {
        let (what, hint) = super::unsupported::describe(code);
        self.push(Finding::error(code, place, format!("{what} not supported")).hint(hint));
    }

    /// Number of errors so far.
    pub(super) fn n_errors(&self) -> usize {
        self.findings.borrow().iter().filter(|finding| finding.severity == Severity::Error).count()
    }

    /// Everything that was found, in order of discovery.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings.into_inner()
    }
}
