use std::sync::Arc;

use cobre_data::output::{OutputError, Run, RunRecord, find_run, open_record};
use cobre_data::store::Store;
use datafusion::datasource::object_store::ObjectStoreUrl;
use object_store::ObjectStore;

use super::schema::{StudySchema, Tables};
use crate::table::{FooterCache, result_tables};
use crate::views::with_views;
use crate::{Attachment, SqlError};

/// An attachment, and its tables as they were at the last look.
pub(crate) struct StudySource {
    attachment: Attachment,
    store: Store,
    url: ObjectStoreUrl,
    footers: Arc<FooterCache>,
    seen: Option<(RunRecord, Arc<Tables>)>,
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

    /// The tables of what is committed now.
    pub(crate) async fn refresh(&mut self) -> Result<StudySchema, SqlError> {
        let (store, run) = (self.store.clone(), self.attachment.run);
        let seen = self.seen.as_ref().map(|(record, _)| record.clone());
        let found = blocking(move || {
            let record = find_run(&store, run)?;
            let run = if seen.as_ref() == Some(&record) { None } else { Some(open_record(&store, &record)?) };
            Ok((record, run))
        });
        let tables = match (found.await?, &self.seen) {
            ((_, None), Some((_, tables))) => Arc::clone(tables),
            ((record, run), _) => {
                let tables = Arc::new(run.map(|run| self.tables(run)).unwrap_or_default());
                self.seen = Some((record, Arc::clone(&tables)));
                tables
            }
        };
        Ok(StudySchema::new(self.name(), tables))
    }

    fn tables(&self, run: Run) -> Tables {
        let run = Arc::new(run);
        with_views(result_tables(&run, &self.url, &self.footers))
    }
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
