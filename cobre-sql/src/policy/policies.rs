use std::borrow::Cow;
use std::sync::Arc;

use datafusion::error::Result;

use super::LoadedPolicy;
use super::functions::refused;
use super::names::listed;
use super::tables::external;
use super::url_roots::UrlRoots;
use crate::catalog::{RunAddress, StudyCatalog};
#[cfg(feature = "distributed")]
use crate::distributed::OpenRuns;

/// The policies that a query can name.
#[derive(Debug)]
pub(crate) struct Policies {
    catalog: Arc<StudyCatalog>,
    urls: Option<Arc<UrlRoots>>,
    /// What opens runs by their address; none where policies are known by their names only.
    #[cfg(feature = "distributed")]
    runs: Option<Arc<OpenRuns>>,
}

impl Policies {
    pub(crate) fn new(catalog: &Arc<StudyCatalog>, urls: &Arc<UrlRoots>) -> Self {
        Self {
            catalog: Arc::clone(catalog),
            urls: Some(Arc::clone(urls)),
            #[cfg(feature = "distributed")]
            runs: None,
        }
    }

    /// The same, by names that mean something to workers, too.
    #[cfg(feature = "distributed")]
    pub(crate) fn that_travel(self, runs: &Arc<OpenRuns>) -> Self {
        Self { runs: Some(Arc::clone(runs)), ..self }
    }

    /// The policies of runs that have an address, and no others.
    #[cfg(feature = "distributed")]
    pub(crate) fn of_runs(runs: &Arc<OpenRuns>) -> Self {
        Self { catalog: Arc::default(), urls: None, runs: Some(Arc::clone(runs)) }
    }

    /// The address of the policy with a name, as a name that workers understand; none when it is understood already, or
    /// not at all.
    #[cfg(feature = "distributed")]
    pub(super) fn address(&self, name: &str) -> Option<String> {
        self.runs.as_ref()?;
        Some(self.catalog.policy(name)?.run()?.as_str().to_owned())
    }

    /// The policy at the address that a name is, if it is one.
    #[cfg(feature = "distributed")]
    fn at_address(&self, name: &str) -> Result<Option<Arc<LoadedPolicy>>> {
        let (Some(runs), Some(address)) = (&self.runs, RunAddress::parse(name)) else { return Ok(None) };
        match self.catalog.policy(&address.name) {
            Some(policy) if policy.run().is_some_and(|run| run.as_str() == name) => {
                policy.load().map(Some).map_err(external)
            }
            _ => runs.run(name)?.policy(name).map(Some),
        }
    }

    /// The policy of an attachment by its name, or one by its URL. Waits for the store.
    pub(super) fn find(&self, name: &str) -> Result<Arc<LoadedPolicy>> {
        #[cfg(feature = "distributed")]
        if let Some(policy) = self.at_address(name)? {
            return Ok(policy);
        }
        if let Some(urls) = self.urls.as_ref().filter(|_| is_location(name)) {
            return urls.policy(name)?.load().map_err(external);
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

/// A name as the user has written it.
pub(super) fn shown(name: &str) -> Cow<'_, str> {
    RunAddress::parse(name).map_or(Cow::Borrowed(name), |address| Cow::Owned(address.name))
}

/// Whether a text is a place rather than the name of an attachment.
fn is_location(name: &str) -> bool {
    name.contains(['/', '.'])
}
