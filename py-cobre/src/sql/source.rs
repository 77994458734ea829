use std::sync::Arc;

use cobre_data::case::Case;
use cobre_data::store::Store;
use cobre_sql::{Attachment, SqlError, StudySession};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::outputs::Outputs;
use crate::place::Place;
use crate::simulation::SimulationResult;
use crate::tables::TableSet;
use crate::training::TrainingResult;

/// What a query sees as a schema.
pub(crate) enum Source {
    /// A root or a case directory, by its place.
    Place(Attachment),
    /// A root that is open already.
    Opened { attachment: Attachment, store: Store },
    /// A case in memory.
    Case { name: String, case: Arc<Case> },
    /// Results in memory.
    Tables { name: String, tables: TableSet },
}

impl Source {
    /// What Python gives under a name.
    pub(super) fn take(name: &str, object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(outputs) = object.cast::<Outputs>() {
            return Ok(outputs.get().source(name)?);
        }
        if let Ok(case) = object.cast::<crate::case::Case>() {
            return Ok(Self::Case { name: name.to_owned(), case: Arc::clone(case.get().data()) });
        }
        if let Ok(training) = object.cast::<TrainingResult>() {
            return training.get().source(object.py(), name);
        }
        if let Ok(simulation) = object.cast::<SimulationResult>() {
            return Ok(simulation.get().results().source(object.py(), name)?);
        }
        match object.extract::<Place>() {
            Ok(Place::Text(text)) => {
                let attachment = Attachment::parse(&format!("{name}={text}"));
                Ok(Self::Place(attachment.map_err(crate::failure::Failure::from)?))
            }
            Ok(path) => Ok(Self::Place(Attachment { name: name.to_owned(), location: path.location()?, run: None })),
            Err(_) => Err(PyTypeError::new_err(format!(
                "{name}: a path, a URL, Outputs, a Case, results or an Arrow object expected, found {}",
                object.get_type().name()?
            ))),
        }
    }

    /// Attaches it to a session.
    pub(super) async fn attach_to(self, session: &mut StudySession) -> Result<(), SqlError> {
        match self {
            Self::Place(attachment) => session.attach(&attachment).await,
            Self::Opened { attachment, store } => session.attach_opened(&attachment, store).await,
            Self::Case { name, case } => session.attach_case(&name, &case).await,
            Self::Tables { name, tables } => session.attach_tables(&name, tables.into_batches()).await,
        }
    }
}
