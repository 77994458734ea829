use std::sync::Arc;

use cobre_data::store::{Location, Store, StoreOptions};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreRegistry};
use object_store::ObjectStore;
use url::Url;

use crate::catalog::ATTACHED;

/// The stores of a session: those of what is attached, the disk, and every bucket that a statement names, opened with the
/// options of the session. A session that opens no URLs has but what is attached: neither buckets nor the disk.
#[derive(Debug)]
pub(super) struct SessionStores {
    known: DefaultObjectStoreRegistry,
    options: StoreOptions,
    allow_urls: bool,
}

impl SessionStores {
    pub(super) fn new(options: StoreOptions, allow_urls: bool) -> Self {
        Self { known: DefaultObjectStoreRegistry::new(), options, allow_urls }
    }
}

impl ObjectStoreRegistry for SessionStores {
    fn register_store(&self, url: &Url, store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        self.known.register_store(url, store)
    }

    fn deregister_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        self.known.deregister_store(url)
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        if !self.allow_urls && url.scheme() != ATTACHED {
            return Err(DataFusionError::Plan(format!("`{url}` is not attached, and this session opens no URLs")));
        }
        if let Ok(store) = self.known.get_store(url) {
            return Ok(store);
        }
        let refused = |error| DataFusionError::External(Box::new(error));
        let bucket = &url[..url::Position::AfterPort];
        let location = Location::parse(bucket).map_err(refused)?;
        let store = Store::open(&location, &self.options).map_err(refused)?.object_store();
        self.known.register_store(url, Arc::clone(&store));
        Ok(store)
    }
}
