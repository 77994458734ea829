use cobre_data::store::StoreOptions;
use cobre_sql::{NamedBatches, ParamValues, SessionOptions, SqlError, StudySession};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::parameters::parameters;
use super::source::Source;
use crate::failure::Failure;
use crate::outputs::Outputs;
use crate::tables::{ArrowInput, Table};
use crate::threads::n_threads;
use crate::waiting::wait_for;

/// Name of the schema where nothing else is attached.
const OWN: &str = "study";

/// A query, and what it is asked of.
pub(crate) struct Question {
    text: String,
    parameters: Option<ParamValues>,
    options: SessionOptions,
    sources: Vec<Source>,
    tables: Vec<NamedBatches>,
}

impl Question {
    /// A query that sees nothing yet.
    ///
    /// # Errors
    /// When a parameter has no type in SQL, or the memory limit is 0.
    pub(crate) fn new(
        text: &str,
        given: Option<&Bound<'_, PyAny>>,
        memory_limit: Option<usize>,
        storage: &StoreOptions,
    ) -> PyResult<Self> {
        if memory_limit == Some(0) {
            return Err(Failure::argument("memory_limit", "at least 1 byte is needed, found 0").into());
        }
        let parameters = given.map(parameters).transpose()?;
        let options = SessionOptions {
            storage: storage.clone(),
            memory_limit,
            threads: Some(n_threads(None)?),
            ..SessionOptions::default()
        };
        Ok(Self { text: text.to_owned(), parameters, options, sources: Vec::new(), tables: Vec::new() })
    }

    /// Lets the query see `first`, and what Python gives by name: Arrow objects as tables, all else as schemas.
    ///
    /// # Errors
    /// When something is neither.
    pub(crate) fn attach(&mut self, first: Option<Source>, named: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        self.sources.extend(first);
        for (name, object) in named.into_iter().flatten() {
            let name: String = name.extract()?;
            if ArrowInput::is_arrow(&object)? && !object.is_instance_of::<Outputs>() {
                let ArrowInput { schema, batches } = ArrowInput::take(&object)?;
                self.tables.push((name, schema, batches));
            } else {
                self.sources.push(Source::take(&name, &object)?);
            }
        }
        Ok(())
    }

    /// A session with `sources` attached.
    pub(crate) fn session(&self, py: Python<'_>, sources: Vec<Source>) -> PyResult<StudySession> {
        let options = self.options.clone();
        wait_for(py, async move { Ok(attached(options, sources, Vec::new()).await?) })
    }

    /// The answer of a session.
    pub(crate) fn ask(&self, py: Python<'_>, session: &StudySession) -> PyResult<Table> {
        let answer = session.answer(&self.text, self.parameters.clone()).map_err(Failure::from)?;
        let answer = wait_for(py, async move { Ok(answer.await?) })?;
        Ok(Table::new("query", answer.schema, answer.batches))
    }

    /// The answer of a session of its own, with everything attached.
    pub(crate) fn answer(mut self, py: Python<'_>) -> PyResult<Table> {
        let (sources, tables) = (std::mem::take(&mut self.sources), std::mem::take(&mut self.tables));
        let options = self.options.clone();
        let session = wait_for(py, async move { Ok(attached(options, sources, tables).await?) })?;
        self.ask(py, &session)
    }
}

async fn attached(
    options: SessionOptions,
    sources: Vec<Source>,
    tables: Vec<NamedBatches>,
) -> Result<StudySession, SqlError> {
    let mut session = StudySession::new(options)?;
    let is_alone = sources.is_empty();
    for source in sources {
        source.attach_to(&mut session).await?;
    }
    if is_alone {
        session.attach_tables(OWN, Vec::new()).await?;
    }
    for table in tables {
        session.add_table(table)?;
    }
    Ok(session)
}
