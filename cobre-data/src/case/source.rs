//! Where the files of a case are: a folder of the disk, or a store.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::CaseError;
use crate::output::OutputError;
use crate::store::Store;

/// What is in a folder; one level of it.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Names of the folders in it, in any order.
    pub(super) folders: Vec<String>,
    /// Names of the files in it, and their sizes in bytes.
    pub(super) files: BTreeMap<String, u64>,
}

/// A place that holds a case. Paths are relative to the case, with `/` between their parts.
pub(super) trait Source {
    /// What is in a folder; empty: the case itself, which must be there. Another folder that is not there is empty.
    ///
    /// # Errors
    /// [`CaseError::Io`] when the folder cannot be listed.
    fn list(&self, folder: &str) -> Result<Listing, CaseError>;

    /// The content of a file.
    ///
    /// # Errors
    /// [`CaseError::Io`] when the file cannot be read.
    fn read(&self, path: &str) -> Result<Bytes, CaseError>;
}

/// A folder of the disk.
pub(super) struct LocalFolder<'a> {
    root: &'a Path,
}

impl<'a> LocalFolder<'a> {
    pub(super) fn new(root: &'a Path) -> Self {
        Self { root }
    }
}

impl Source for LocalFolder<'_> {
    fn list(&self, folder: &str) -> Result<Listing, CaseError> {
        let full = if folder.is_empty() { self.root.to_path_buf() } else { self.root.join(folder) };
        let mut listing = Listing::default();
        if !folder.is_empty() && !full.is_dir() {
            return Ok(listing);
        }
        for entry in fs::read_dir(&full).map_err(|source| cannot_read(full.clone(), source))? {
            let entry = entry.map_err(|source| cannot_read(full.clone(), source))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            match fs::metadata(entry.path()) {
                Ok(metadata) if metadata.is_dir() => listing.folders.push(name),
                Ok(metadata) => drop(listing.files.insert(name, metadata.len())),
                // A link to nowhere: an error when it is read, not when it is seen.
                Err(_) => drop(listing.files.insert(name, 0)),
            }
        }
        Ok(listing)
    }

    fn read(&self, path: &str) -> Result<Bytes, CaseError> {
        let full = self.root.join(path);
        fs::read(&full).map(Bytes::from).map_err(|source| cannot_read(full, source))
    }
}

/// A store whose root is the case.
pub(super) struct StoreRoot<'a> {
    store: &'a Store,
}

impl<'a> StoreRoot<'a> {
    pub(super) fn new(store: &'a Store) -> Self {
        Self { store }
    }
}

impl Source for StoreRoot<'_> {
    fn list(&self, folder: &str) -> Result<Listing, CaseError> {
        let found = self.store.list(folder).map_err(of_store)?;
        if folder.is_empty() && found.folders.is_empty() && found.files.is_empty() {
            let cause = io::Error::new(io::ErrorKind::NotFound, "there are no files under this location");
            return Err(cannot_read(self.store.location(""), cause));
        }
        let files = found.files.iter().map(|file| (file.name().to_owned(), file.bytes));
        // Some tools mark a folder by an empty object of its name.
        let files = files.filter(|(name, bytes)| *bytes > 0 || !(name.is_empty() || found.folders.contains(name)));
        Ok(Listing { files: files.collect(), folders: found.folders.clone() })
    }

    fn read(&self, path: &str) -> Result<Bytes, CaseError> {
        self.store.get(path).map_err(of_store)
    }
}

/// The answer of a store to a read.
pub(super) fn of_store(error: OutputError) -> CaseError {
    match error {
        OutputError::IoError { path, source, .. } => cannot_read(path, source),
        OutputError::SerializationError { ref path, .. }
        | OutputError::SchemaError { ref path, .. }
        | OutputError::ManifestError { ref path, .. } => cannot_read(path.clone(), io::Error::other(error)),
    }
}

fn cannot_read(path: PathBuf, source: io::Error) -> CaseError {
    CaseError::Io { path, source }
}
