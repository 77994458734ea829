use std::sync::Arc;

use datafusion::error::Result;

use super::LoadedPolicy;
use super::functions::refused;
use super::names::listed;
use super::tables::external;
use super::url_roots::UrlRoots;
use crate::catalog::StudyCatalog;

/// The policies that a query can name.
#[derive(Debug)]
pub(crate) struct Policies {
    catalog: Arc<StudyCatalog>,
    urls: Arc<UrlRoots>,
}

impl Policies {
    pub(crate) fn new(catalog: &Arc<StudyCatalog>, urls: &Arc<UrlRoots>) -> Self {
        Self { catalog: Arc::clone(catalog), urls: Arc::clone(urls) }
    }

    /// The policy of an attachment by its name, or one by its URL. Waits for the store.
    pub(super) fn find(&self, name: &str) -> Result<Arc<LoadedPolicy>> {
        if is_location(name) {
            return self.urls.policy(name)?.load().map_err(external);
        }
        if let Some(policy) = self.catalog.policy(name) {
            return policy.load().map_err(external);
        }
        let known = self.catalog.names();
        if known.iter().any(|known| known == name) {
            return refused(format!("`{name}` has no policy; nothing was trained in its run"));
        }
        refused(format!("nothing is attached as `{name}`; attached are {}", listed(known)))
    }
}

/// Whether a text is a place rather than the name of an attachment.
fn is_location(name: &str) -> bool {
    name.contains(['/', '.'])
}
