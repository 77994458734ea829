use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use cobre_data::output::OutputError;
use cobre_data::store::{Location, Store, StoreOptions};

use crate::failure::Failure;

/// A place in the memory of the process that nobody else has, for what is kept where files are expected. What is stored
/// there is gone when this is dropped.
pub(crate) struct MemoryPlace {
    location: Location,
    store: Store,
}

impl MemoryPlace {
    /// An empty place.
    pub(crate) fn new() -> Result<Self, Failure> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let location = Location::parse(&format!("memory://cobre-python-{number}"))?;
        let store = Store::open(&location, &StoreOptions::default())?;
        Ok(Self { location, store })
    }

    pub(crate) fn location(&self) -> &Location {
        &self.location
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// All files, by path.
    pub(crate) fn files(&self) -> Result<Vec<(String, Bytes)>, Failure> {
        let files = self.store.list_all("")?.into_iter().map(|file| {
            let content = self.store.get(&file.path)?;
            Ok((file.path, content))
        });
        files.collect::<Result<_, OutputError>>().map_err(Failure::from)
    }
}

impl fmt::Display for MemoryPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.location.fmt(f)
    }
}

impl Drop for MemoryPlace {
    fn drop(&mut self) {
        // What stays is memory of the process and nothing else.
        let _ = self.store.remove_folder("");
    }
}
