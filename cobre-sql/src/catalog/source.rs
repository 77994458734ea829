use std::sync::Arc;

use cobre_data::output::{OutputError, Run, RunRecord, find_run, open_record};
use cobre_data::runner::PolicyPlace;
use cobre_data::store::Store;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::execution::object_store::ObjectStoreRegistry;
use tokio::sync::OnceCell;

use super::case_source::inputs_of;
use super::run_address::RunAddress;
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
    footers: Arc<FooterCache>,
    seen: Option<(RunRecord, Seen)>,
}

/// What a committed run holds.
#[derive(Clone)]
struct Seen {
    tables: Arc<Tables>,
    policy: Option<Arc<LazyPolicy>>,
    run: Option<Arc<Run>>,
    /// Where DataFusion finds the files.
    url: Option<ObjectStoreUrl>,
    /// Tables of its case, once they were asked for; none when it is no longer there as it was.
    inputs: Arc<OnceCell<Option<Arc<Tables>>>>,
}

impl StudySource {
    pub(crate) fn new(attachment: Attachment, store: Store, footers: &Arc<FooterCache>) -> Self {
        Self { attachment, store, footers: Arc::clone(footers), seen: None }
    }

    pub(crate) fn name(&self) -> &str {
        &self.attachment.name
    }

    /// The tables of what is committed now. `stores` is where DataFusion looks for their files.
    pub(crate) async fn refresh(&mut self, stores: &dyn ObjectStoreRegistry) -> Result<StudySchema, SqlError> {
        let (store, run) = (self.store.clone(), self.attachment.run);
        let seen = self.seen.as_ref().map(|(record, _)| record.clone());
        let found = blocking(move || {
            let record = find_run(&store, run)?;
            let run = if seen.as_ref() == Some(&record) { None } else { Some(open_record(&store, &record)?) };
            Ok((record, run))
        });
        let seen = match (found.await?, &self.seen) {
            ((_, None), Some((_, seen))) => seen.clone(),
            ((record, run), _) => {
                let seen = self.look_at(run)?;
                if let Some(url) = &seen.url {
                    stores.register_store(url.as_ref(), self.store.object_store());
                }
                self.seen = Some((record, seen.clone()));
                seen
            }
        };
        Ok(StudySchema::new(self.name(), seen.tables).with_policy(seen.policy))
    }

    /// The inputs of the run of the last look, as a schema of its own.
    pub(super) async fn inputs(&self) -> Result<Option<StudySchema>, SqlError> {
        let Some((_, Seen { run: Some(run), inputs, .. })) = &self.seen else { return Ok(None) };
        let run = Arc::clone(run);
        let read = || blocking(move || Ok(inputs_of(&run).map(Arc::new)));
        let tables = inputs.get_or_try_init(read).await?.clone();
        Ok(tables.map(|tables| StudySchema::new(&inputs_name(self.name()), tables)))
    }

    fn look_at(&self, run: Option<Run>) -> Result<Seen, SqlError> {
        let (mut tables, mut policy, mut url) = (Tables::default(), None, None);
        let run = run.map(Arc::new);
        if let Some(run) = &run {
            let address = RunAddress::of(&self.attachment, run).url()?;
            tables = result_tables(run, &address, &self.footers);
            tables.extend(dictionary_tables(run));
            if let Some(entry) = &run.manifest().policy {
                let place = PolicyPlace::new(self.store.clone(), entry.path.clone());
                let states = format!("{}/states/", entry.path);
                let has_states = entry.files.iter().any(|file| file.path.starts_with(&states));
                let lazy = Arc::new(LazyPolicy::of_run(place, &address));
                tables.extend(policy_tables(&lazy, has_states));
                policy = Some(lazy);
            }
            url = Some(address);
        }
        Ok(Seen { tables: Arc::new(with_views(tables)), policy, run, url, inputs: Arc::default() })
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
