use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use cobre_data::output::{Run, RunRecord, open_record};
use cobre_data::runner::PolicyPlace;
use cobre_data::store::{FileInfo, Location, Store, StoreOptions};
use datafusion::common::{exec_datafusion_err, exec_err};
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::error::Result;
use object_store::ObjectStore;

use crate::catalog::{RunAddress, root_text};
use crate::policy::{LazyPolicy, LoadedPolicy, external};

/// Runs that are kept open; beyond it all are closed.
const LIMIT: usize = 64;

/// Runs that are opened by their address.
pub(crate) struct OpenRuns {
    /// Roots in which runs may lie, or below which; none for anywhere.
    roots: Option<Vec<String>>,
    storage: StoreOptions,
    runs: Mutex<BTreeMap<String, Arc<OpenRun>>>,
}

/// A run, as its address says.
pub(crate) struct OpenRun {
    store: Store,
    /// Checksums of the files of its tables, by their paths.
    checksums: BTreeMap<String, String>,
    policy: Option<Arc<LazyPolicy>>,
}

impl OpenRuns {
    /// Runs anywhere.
    pub(crate) fn anywhere(storage: &StoreOptions) -> Self {
        Self { roots: None, storage: storage.clone(), runs: Mutex::default() }
    }

    /// Runs in some roots and below.
    pub(super) fn below(roots: &[Location], storage: &StoreOptions) -> Self {
        Self { roots: Some(roots.iter().map(root_text).collect()), ..Self::anywhere(storage) }
    }

    /// The run at a URL. Waits for the store.
    ///
    /// # Errors
    /// When the URL is no address of a run, the run lies in no root of these, or it is another one than the address says.
    pub(crate) fn run(&self, url: &str) -> Result<Arc<OpenRun>> {
        let key = url.trim_end_matches('/');
        if let Some(run) = self.lock().get(key) {
            return Ok(Arc::clone(run));
        }
        let Some(address) = RunAddress::parse(key) else { return exec_err!("{url} is not the address of a run") };
        let run = Arc::new(self.open(&address, &ObjectStoreUrl::parse(key)?)?);
        let mut runs = self.lock();
        if runs.len() >= LIMIT {
            runs.clear();
        }
        runs.insert(key.to_owned(), Arc::clone(&run));
        Ok(run)
    }

    fn open(&self, address: &RunAddress, url: &ObjectStoreUrl) -> Result<OpenRun> {
        let location = Location::parse(&address.root).map_err(external)?;
        let root = root_text(&location);
        if let Some(roots) = &self.roots
            && !roots.iter().any(|allowed| is_below(&root, allowed))
        {
            return exec_err!("{} is not among the roots of this worker\nhint: start it with that root", address.root);
        }
        let store = Store::open(&location, &self.storage).map_err(external)?;
        let file = FileInfo { path: address.record.clone(), bytes: 0, modified: SystemTime::UNIX_EPOCH };
        let run = open_record(&store, &RunRecord { run: address.run, file }).map_err(external)?;
        let manifest = run.manifest();
        if (&manifest.run_id, &manifest.completed_at) != (&address.run_id, &address.completed_at) {
            return exec_err!(
                "run {} in {} is another one here: {} of {}, expected {} of {}\nhint: workers and the session have to see \
                 the same files",
                address.run,
                address.root,
                manifest.run_id,
                manifest.completed_at,
                address.run_id,
                address.completed_at
            );
        }
        Ok(OpenRun { checksums: checksums(&run), policy: policy(&run, url), store })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<OpenRun>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenRun {
    /// Where its files are.
    pub(super) fn object_store(&self) -> Arc<dyn ObjectStore> {
        self.store.object_store()
    }

    /// Checksum of a file of a table; none when the run has no such file.
    pub(super) fn checksum(&self, path: &str) -> Option<&str> {
        self.checksums.get(path).map(String::as_str)
    }

    /// Its policy. Waits for the store.
    pub(crate) fn policy(&self, url: &str) -> Result<Arc<LoadedPolicy>> {
        let lazy = self.policy.as_ref().ok_or_else(|| exec_datafusion_err!("the run at {url} has no policy"))?;
        lazy.load().map_err(external)
    }
}

impl fmt::Debug for OpenRuns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenRuns({:?})", self.roots)
    }
}

fn checksums(run: &Run) -> BTreeMap<String, String> {
    let files = run.manifest().tables.values().flat_map(|table| &table.files);
    files.map(|file| (file.path.clone(), file.sha256.clone())).collect()
}

fn policy(run: &Run, url: &ObjectStoreUrl) -> Option<Arc<LazyPolicy>> {
    let entry = run.manifest().policy.as_ref()?;
    let place = PolicyPlace::new(run.store().clone(), entry.path.clone());
    Some(Arc::new(LazyPolicy::of_run(place, url)))
}

/// Whether a root is another one, or lies below it.
fn is_below(root: &str, allowed: &str) -> bool {
    let is_plain = root.split(['/', '\\']).all(|name| name != "..");
    let rest = root.strip_prefix(allowed.trim_end_matches('/'));
    is_plain && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_below_itself_and_its_folders() {
        assert!(is_below("/data/base", "/data/base"));
        assert!(is_below("/data/base/output", "/data/base/"));
        assert!(is_below("s3://bucket/a/b", "s3://bucket/a"));
        assert!(is_below("s3://bucket", "s3://bucket/"));
        for (root, allowed) in [
            ("/data/base2", "/data/base"),
            ("/data", "/data/base"),
            ("/data/base/../secret", "/data/base"),
            ("s3://other/a", "s3://bucket/a"),
            ("s3://bucket2", "s3://bucket"),
        ] {
            assert!(!is_below(root, allowed), "{root} {allowed}");
        }
    }
}
