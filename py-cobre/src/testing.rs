//! What tests of the package need and nobody else.

use std::io;
use std::path::PathBuf;

use cobre_data::case::CaseError;
use cobre_data::output::OutputError;
use cobre_data::runner::RunError;
use cobre_engine::EngineError;
use cobre_sql::SqlError;
use pyo3::prelude::*;

use crate::attended::{StopRequest, attend};
use crate::failure::Failure;
use crate::waiting::wait_for;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(panic, module)?)?;
    module.add_function(wrap_pyfunction!(panic_in_query, module)?)?;
    module.add_function(wrap_pyfunction!(errors, module)?)
}

/// Panics where training does its work.
#[pyfunction]
fn panic(py: Python<'_>) -> PyResult<()> {
    let work = |_: &_| -> Result<(), Failure> { std::panic::panic_any("a test wants it") };
    let attended = attend(py, "cobre-test", None, &StopRequest::default(), work);
    Ok(attended.done?)
}

/// Panics where queries are answered.
#[pyfunction]
fn panic_in_query(py: Python<'_>) -> PyResult<()> {
    wait_for(py, async { std::panic::panic_any("a test wants it") })
}

/// One error of every kind that does not come of a stage problem, as it reaches Python.
#[pyfunction]
fn errors(py: Python<'_>) -> Vec<(&'static str, Py<PyAny>)> {
    let path = || PathBuf::from("/study/file");
    let message = || "it does not fit; hint: make it fit".to_owned();
    let refused = || io::Error::other("the disk refuses");
    let options = |option| EngineError::Options { option, message: message() };
    let errors: Vec<(&str, Failure)> = vec![
        ("CaseError::Invalid", CaseError::Invalid { findings: Vec::new() }.into()),
        ("CaseError::Io", CaseError::Io { path: path(), source: refused() }.into()),
        ("CaseError::Write", CaseError::Write { path: path(), source: refused() }.into()),
        ("CaseError::Edit", CaseError::Edit { file: "config.json".to_owned(), message: message() }.into()),
        ("OutputError::IoError", OutputError::IoError { operation: "write", path: path(), source: refused() }.into()),
        (
            "OutputError::SerializationError",
            OutputError::SerializationError { path: path(), message: message() }.into(),
        ),
        ("OutputError::SchemaError", OutputError::SchemaError { path: path(), message: message() }.into()),
        ("OutputError::ManifestError", OutputError::ManifestError { path: path(), message: message() }.into()),
        ("EngineError::Options policy", options("policy").into()),
        ("EngineError::Options", options("threads").into()),
        ("EngineError::Threads", EngineError::Threads { message: message() }.into()),
        ("EngineError::OtherRank", EngineError::OtherRank { rank: 1, message: message() }.into()),
        ("EngineError::Communication", EngineError::Communication { message: message() }.into()),
        ("RunError::Engine", RunError::Engine(options("seed")).into()),
        ("RunError::Output", RunError::Output(OutputError::ManifestError { path: path(), message: message() }).into()),
        ("RunError::Refused", RunError::Refused { message: message() }.into()),
        ("RunError::OtherRank", RunError::OtherRank { rank: 1, message: message() }.into()),
        ("SqlError::Attachment", SqlError::Attachment { attachment: "a=".to_owned(), message: message() }.into()),
        ("SqlError::Output", SqlError::Output(OutputError::SchemaError { path: path(), message: message() }).into()),
        ("SqlError::Case", SqlError::Case(CaseError::Io { path: path(), source: refused() }).into()),
        ("SqlError::Answer", SqlError::Answer(refused()).into()),
        ("Failure::threads", Failure::threads("there are none")),
        ("Failure::of_arrow", Failure::of_arrow("columns of two lengths")),
        ("Failure::unsupported", Failure::unsupported("not here")),
    ];
    errors.into_iter().map(|(name, failure)| (name, PyErr::from(failure).into_value(py).into_any())).collect()
}
