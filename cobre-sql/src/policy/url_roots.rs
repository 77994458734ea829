use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use cobre_data::runner::find_policy;
use cobre_data::store::{Location, Store, StoreOptions};
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreRegistry;

use super::LazyPolicy;
use super::functions::refused;
use super::names::listed;
use super::tables::external;
use crate::catalog::StudySource;
use crate::table::FooterCache;
use crate::{Attachment, SqlError};

/// Roots and policies that queries open by their URL, without attaching them.
pub(crate) struct UrlRoots {
    is_allowed: bool,
    storage: StoreOptions,
    stores: Arc<dyn ObjectStoreRegistry>,
    footers: Arc<FooterCache>,
    sources: Mutex<BTreeMap<String, StudySource>>,
    policies: Mutex<BTreeMap<String, Arc<LazyPolicy>>>,
}

impl UrlRoots {
    /// `stores` is where the files of opened roots are found by DataFusion.
    pub(crate) fn new(
        is_allowed: bool,
        storage: &StoreOptions,
        stores: Arc<dyn ObjectStoreRegistry>,
        footers: &Arc<FooterCache>,
    ) -> Self {
        let (sources, policies) = Default::default();
        Self { is_allowed, storage: storage.clone(), stores, footers: Arc::clone(footers), sources, policies }
    }

    /// A table of what is committed now in the root at a URL. Waits for the store.
    pub(super) fn table(&self, url: &str, name: &str) -> Result<Arc<dyn TableProvider>> {
        self.check()?;
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if !sources.contains_key(url) {
            let source = self.open(url)?;
            sources.insert(url.to_owned(), source);
        }
        let Some(source) = sources.get_mut(url) else { return refused(format!("{url} is not open")) };
        let found = wait(async {
            let schema = source.refresh(self.stores.as_ref()).await?;
            Ok::<_, SqlError>((schema.table(name).await?, schema.table_names()))
        })?;
        match found.map_err(external)? {
            (Some(table), _) => Ok(table),
            (None, known) => refused(format!("{url} has no table `{name}`; it has {}", listed(known))),
        }
    }

    /// The policy at a URL: that of a root, of a run, or its own folder. Waits for the store. What was found once is
    /// kept, as it was, for the life of the session.
    pub(super) fn policy(&self, url: &str) -> Result<Arc<LazyPolicy>> {
        self.check()?;
        let mut policies = self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(policy) = policies.get(url) {
            return Ok(Arc::clone(policy));
        }
        let location = Location::parse(url).map_err(external)?;
        let policy = Arc::new(LazyPolicy::new(find_policy(&location, &self.storage).map_err(external)?));
        policies.insert(url.to_owned(), Arc::clone(&policy));
        Ok(policy)
    }

    fn open(&self, url: &str) -> Result<StudySource> {
        let parsed = Attachment::parse(url).map_err(external)?;
        // The name of no attachment holds a slash.
        let attachment = Attachment { name: url.to_owned(), ..parsed };
        let store = Store::open(&attachment.location, &self.storage).map_err(external)?;
        Ok(StudySource::new(attachment, store, &self.footers))
    }

    fn check(&self) -> Result<()> {
        if self.is_allowed {
            return Ok(());
        }
        refused("this session opens no URL; ask what is attached by its name".to_owned())
    }
}

impl fmt::Debug for UrlRoots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UrlRoots").field("is_allowed", &self.is_allowed).finish_non_exhaustive()
    }
}

/// Waits for a future on a thread of its own: the one that asks may be part of a runtime, and is not to wait in it.
fn wait<T: Send>(future: impl Future<Output = T> + Send) -> Result<T> {
    let run = || -> std::io::Result<T> {
        Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future))
    };
    match std::thread::scope(|scope| scope.spawn(run).join()) {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(DataFusionError::Execution("the thread that opened a URL has ended".to_owned())),
    }
}
