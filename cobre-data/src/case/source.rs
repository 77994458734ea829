//! Where the files of a case are: a folder of the disk, or a store.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::CaseError;

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
        for entry in fs::read_dir(&full).map_err(|source| io(full.clone(), source))? {
            let entry = entry.map_err(|source| io(full.clone(), source))?;
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
        fs::read(&full).map(Bytes::from).map_err(|source| io(full, source))
    }
}

fn io(path: PathBuf, source: std::io::Error) -> CaseError {
    CaseError::Io { path, source }
}
