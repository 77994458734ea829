use std::sync::Arc;

use cobre_data::output::{OutputError, Run, RunRecord, find_run, open_record};
use cobre_data::store::Store;
use datafusion::datasource::object_store::ObjectStoreUrl;
use object_store::ObjectStore;

use super::case_source::inputs_of;
use super::schema::{StudySchema, Tables};
use crate::dictionaries::dictionary_tables;
use crate::table::{FooterCache, result_tables};
use crate::views::with_views;
use crate::{Attachment, SqlError};

/// An attachment, and its tables as they were at the last look.
pub(crate) struct StudySource {
    attachment: Attachment,
    store: Store,
    url: ObjectStoreUrl,
    footers: Arc<FooterCache>,
    seen: Option<(RunRecord, RunTables)>,
}

/// The tables of a run and, where its case is still there as it was, the inputs.
#[derive(Clone, Default)]
struct RunTables {
    tables: Arc<Tables>,
    inputs: Option<Arc<Tables>>,
}

impl StudySource {
    pub(crate) fn new(attachment: Attachment, store: Store, footers: &Arc<FooterCache>) -> Result<Self, SqlError> {
        // The name of a host holds no `_`.
        let url = ObjectStoreUrl::parse(format!("cobre://{}", attachment.name.replace('_', "-")))?;
        Ok(Self { attachment, store, url, footers: Arc::clone(footers), seen: None })
    }

    pub(crate) fn name(&self) -> &str {
        &self.attachment.name
    }

    /// Where DataFusion finds the files.
    pub(crate) fn url(&self) -> &ObjectStoreUrl {
        &self.url
    }

    pub(crate) fn object_store(&self) -> Arc<dyn ObjectStore> {
        self.store.object_store()
    }

    /// The tables of what is committed now, and the inputs of the run as a schema of their own.
    pub(crate) async fn refresh(&mut self) -> Result<Vec<StudySchema>, SqlError> {
        let (store, run) = (self.store.clone(), self.attachment.run);
        let seen = self.seen.as_ref().map(|(record, _)| record.clone());
        let found = blocking(move || {
            let record = find_run(&store, run)?;
            if seen.as_ref() == Some(&record) {
                return Ok((record, None));
            }
            let run = open_record(&store, &record)?;
            let inputs = inputs_of(&run);
            Ok((record, Some((run, inputs))))
        });
        let run = match (found.await?, &self.seen) {
            ((_, None), Some((_, seen))) => seen.clone(),
            ((record, found), _) => {
                let run = found.map(|(run, inputs)| RunTables {
                    tables: Arc::new(self.tables(run)),
                    inputs: inputs.map(Arc::new),
                });
                let run = run.unwrap_or_default();
                self.seen = Some((record, run.clone()));
                run
            }
        };
        let inputs = run.inputs.map(|inputs| StudySchema::new(&inputs_name(self.name()), inputs));
        Ok([Some(StudySchema::new(self.name(), run.tables)), inputs].into_iter().flatten().collect())
    }

    fn tables(&self, run: Run) -> Tables {
        let run = Arc::new(run);
        let mut tables = result_tables(&run, &self.url, &self.footers);
        tables.extend(dictionary_tables(&run));
        with_views(tables)
    }
}

/// Name of the schema of a run's inputs.
pub(crate) fn inputs_name(run: &str) -> String {
    format!("{run}_inputs")
}

/// Runs what waits for a store where it holds up nobody else.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OutputError> + Send + 'static,
) -> Result<T, SqlError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => Ok(outcome?),
        Err(stopped) => Err(SqlError::Answer(std::io::Error::other(stopped))),
    }
}
