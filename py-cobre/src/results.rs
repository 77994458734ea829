//! Tables of results, in memory or in a run, behind one face.

use std::sync::Arc;

use cobre_data::case::Case as CaseData;
use cobre_data::output::{MemoryTables, RunInfo};
use cobre_data::runner::{SolverIdentity, run_info};
use cobre_data::store::StoreOptions;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::failure::Failure;
use crate::outputs::Outputs;
use crate::sql::{Question, Source};
use crate::tables::{Table, TableSet};
use crate::work::Work;

/// The tables of a training or a simulation.
pub(crate) enum Results {
    Memory(TableSet),
    /// What `cobre.open` gives, of which one phase is asked for.
    Run {
        outputs: Py<Outputs>,
        phase: &'static str,
    },
}

impl Results {
    pub(crate) fn in_memory(tables: &MemoryTables) -> Self {
        Self::Memory(TableSet::new(tables.clone()))
    }

    pub(crate) fn of_run(outputs: Py<Outputs>, phase: &'static str) -> Self {
        Self::Run { outputs, phase }
    }

    /// Qualified names.
    pub(crate) fn names(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        match self {
            Self::Memory(tables) => Ok(tables.names()),
            Self::Run { outputs, phase } => {
                let prefix = format!("{phase}/");
                Ok(outputs.bind(py).get().names()?.into_iter().filter(|name| name.starts_with(&prefix)).collect())
            }
        }
    }

    pub(crate) fn table(&self, py: Python<'_>, name: &str) -> PyResult<Table> {
        match self {
            Self::Memory(tables) => Ok(tables.get(name)?),
            Self::Run { outputs, phase } => outputs.bind(py).get().table(py, &qualified(phase, name)),
        }
    }

    pub(crate) fn scan<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Self::Memory(tables) => tables.lazy(py, name),
            Self::Run { outputs, phase } => outputs.bind(py).get().scan(py, &qualified(phase, name)),
        }
    }

    /// The run, where the results are one.
    pub(crate) fn output(&self, py: Python<'_>) -> Option<Py<Outputs>> {
        match self {
            Self::Memory(_) => None,
            Self::Run { outputs, .. } => Some(outputs.clone_ref(py)),
        }
    }

    /// What a query sees of them under a name: of results in a run all that the run holds.
    pub(crate) fn source(&self, py: Python<'_>, name: &str) -> Result<Source, Failure> {
        match self {
            Self::Memory(tables) => Ok(Source::Tables { name: name.to_owned(), tables: tables.clone() }),
            Self::Run { outputs, .. } => outputs.bind(py).get().source(name),
        }
    }

    /// The answer to a query over the tables, which need no prefix; `tables` are further ones that Python gives.
    pub(crate) fn sql(
        &self,
        py: Python<'_>,
        query: &str,
        parameters: Option<&Bound<'_, PyAny>>,
        memory_limit: Option<usize>,
        tables: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Table> {
        let mut question = Question::new(query, parameters, memory_limit, &StoreOptions::default())?;
        question.attach(Some(self.source(py, "study")?), tables)?;
        question.answer(py)
    }
}

/// A name that means the same among the tables of all phases.
fn qualified(phase: &str, name: &str) -> String {
    if name.contains('/') { name.to_owned() } else { format!("{phase}/{name}") }
}

/// Where results in memory come from: what a run says of itself.
pub(crate) struct Origin {
    pub(crate) case: Arc<CaseData>,
    solver: SolverIdentity,
    n_threads: usize,
}

impl Origin {
    pub(crate) fn new(work: &Work) -> Self {
        Self { case: Arc::clone(&work.case), solver: work.solver_identity(), n_threads: work.n_threads }
    }

    pub(crate) fn info(&self) -> RunInfo {
        run_info(&self.case, &self.case.name, None, &self.solver, self.n_threads, 1)
    }
}
