use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cobre_data::case::{CaseError, Finding, Severity};
use cobre_data::output::OutputError;
use cobre_engine::EngineError;

use crate::events::print_message;

/// Stopped on request; outputs are written.
pub(crate) const STOPPED: u8 = 5;

/// What ends a command, with its exit code.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The case breaks rules of the format.
    InvalidCase { case: String, findings: Vec<Finding> },
    /// An argument does not fit what it is about.
    Arguments { message: String },
    /// A file cannot be read or written.
    Files { message: String },
    /// A stage problem has no solution.
    Solver { message: String, hint: Option<&'static str>, dump: Option<PathBuf> },
    /// Something that must not happen.
    Internal { message: String },
    /// What another rank has told of its failure.
    OtherRank { rank: usize, code: u8, message: String },
}

impl Failure {
    pub(crate) fn io(operation: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::Files { message: format!("cannot {operation} {}: {error}", path.display()) }
    }

    pub(crate) fn of_case(case: &str, error: CaseError) -> Self {
        match error {
            CaseError::Invalid { findings } => Self::InvalidCase { case: case.to_owned(), findings },
            other => Self::Files { message: other.to_string() },
        }
    }

    /// Takes an error of the engine; the LP of a failed stage problem goes into a file under `folder`, if there is one
    /// for it.
    pub(crate) fn of_engine(error: &EngineError, folder: Option<&Path>) -> Self {
        let dump = match error {
            EngineError::StageProblem { dump, stage_id, opening, .. } => folder.and_then(|folder| {
                let path = folder.join(format!("failed-stage-{stage_id}-opening-{opening}.lp"));
                let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, dump));
                written.is_ok().then_some(path)
            }),
            // What a rank observes training with and writes outcomes to are files.
            EngineError::OtherRank { .. } => return Self::Files { message: error.to_string() },
            EngineError::Options { .. } | EngineError::Threads { .. } | EngineError::Communication { .. } => {
                return Self::Internal { message: error.to_string() };
            }
            _ => None,
        };
        Self::Solver { message: error.to_string(), hint: error.hint(), dump }
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::InvalidCase { .. } | Self::Arguments { .. } => 1,
            Self::Files { .. } => 2,
            Self::Solver { .. } => 3,
            Self::Internal { .. } => 4,
            Self::OtherRank { code, .. } => *code,
        }
    }

    /// One line, or the findings, without the `error:` in front.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::InvalidCase { case, findings } => {
                let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
                let noun = if errors == 1 { "error" } else { "errors" };
                format!("the case {case} has {errors} {noun}; nothing was run")
            }
            Self::Arguments { message }
            | Self::Files { message }
            | Self::Internal { message }
            | Self::Solver { message, .. } => message.clone(),
            Self::OtherRank { rank, message, .. } => format!("rank {rank}: {message}"),
        }
    }

    /// Prints the failure for people.
    pub(crate) fn report(&self) -> ExitCode {
        if let Self::InvalidCase { findings, .. } = self {
            for finding in findings {
                print_message(&finding.to_string());
            }
        }
        print_message(&format!("error: {}", self.message()));
        if let Self::Solver { hint, dump, .. } = self {
            if let Some(path) = dump {
                print_message(&format!("the stage problem is in {}", path.display()));
            }
            if let Some(hint) = hint {
                print_message(&format!("hint: {hint}"));
            }
        }
        ExitCode::from(self.code())
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Self::Files { message: error.to_string() }
    }
}
