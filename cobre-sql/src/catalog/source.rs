use std::sync::Arc;

use cobre_data::output::{OutputError, Run, RunRecord, find_run, open_record};
use cobre_data::runner::PolicyPlace;
use cobre_data::store::Store;
use datafusion::datasource::object_store::ObjectStoreUrl;
use object_store::ObjectStore;

use super::case_source::inputs_of;
use super::schema::{StudySchema, Tables};
use crate::dictionaries::dictionary_tables;
use crate::policy::{LazyPolicy, policy_tables};
use crate::table::{FooterCache, result_tables};
use crate::views::with_views;
use crate::{Attachment, SqlError};

/// Scheme of the URLs under which DataFusion finds what is attached.
pub(crate) const ATTACHED: &str = "cobre";

/// An attachment, and its tables as they were at the last look.
pub(crate) struct StudySource {
    attachment: Attachment,
    store: Store,
    url: ObjectStoreUrl,
    footers: Arc<FooterCache>,
    seen: Option<(RunRecord, RunTables)>,
}

/// The tables of a run, its policy and, where its case is still there as it was, the inputs.
#[derive(Clone, Default)]
struct RunTables {
    tables: Arc<Tables>,
    policy: Option<Arc<LazyPolicy>>,
    inputs: Option<Arc<Tables>>,
}

impl StudySource {
    pub(crate) fn new(attachment: Attachment, store: Store, footers: &Arc<FooterCache>) -> Result<Self, SqlError> {
        // The name of a host holds no `_`.
        let url = ObjectStoreUrl::parse(format!("{ATTACHED}://{}", attachment.name.replace('_', "-")))?;
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
                let run = found.map(|(run, inputs)| self.tables(run, inputs)).unwrap_or_default();
                self.seen = Some((record, run.clone()));
                run
            }
        };
        let inputs = run.inputs.map(|inputs| StudySchema::new(&inputs_name(self.name()), inputs));
        let tables = StudySchema::new(self.name(), run.tables).with_policy(run.policy);
        Ok(std::iter::once(tables).chain(inputs).collect())
    }

    fn tables(&self, run: Run, inputs: Option<Tables>) -> RunTables {
        let run = Arc::new(run);
        let mut tables = result_tables(&run, &self.url, &self.footers);
        tables.extend(dictionary_tables(&run));
        let policy = run.manifest().policy.as_ref().map(|entry| {
            let place = PolicyPlace::new(self.store.clone(), entry.path.clone());
            let states = format!("{}/states/", entry.path);
            let has_states = entry.files.iter().any(|file| file.path.starts_with(&states));
            let policy = Arc::new(LazyPolicy::new(place));
            tables.extend(policy_tables(&policy, has_states));
            policy
        });
        RunTables { tables: Arc::new(with_views(tables)), policy, inputs: inputs.map(Arc::new) }
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
