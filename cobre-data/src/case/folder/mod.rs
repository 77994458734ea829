//! A case directory in memory: read, edited, checked and written without a disk.

mod columns;
mod config;
mod records;
mod rows;
mod table;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use bytes::Bytes;

use super::files::{self, MAX_BYTES};
use super::finding::Finding;
use super::json::Json;
use super::source::{Listing, LocalFolder, Source, StoreRoot, of_store};
use super::{Case, CaseError};
use crate::store::{Location, Store, StoreOptions};

/// The files of a case in memory.
///
/// Paths are relative to the case directory, with `/` between their parts. What accompanies a case (notes, programs that
/// make it, hidden files, the folder `output`) is no part of it. A clone shares the contents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaseFolder {
    files: BTreeMap<String, Bytes>,
    /// Folders that are not part of the format, whose content is not looked at.
    stray_folders: BTreeSet<String>,
}

impl CaseFolder {
    /// A folder without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the files of the case at a path or URL into memory; they need not be valid.
    ///
    /// # Errors
    /// [`CaseError::Io`] when the case or a file of it cannot be read, or a file is larger than 1 GiB.
    pub fn read_at(location: &Location, options: &StoreOptions) -> Result<Self, CaseError> {
        match location.as_path() {
            Some(path) => Self::of_source(&LocalFolder::new(path), |file| path.join(file)),
            None => Self::read_from(&Store::open(location, options).map_err(of_store)?),
        }
    }

    /// Takes the files of the case at the root of a store into memory.
    ///
    /// # Errors
    /// As [`read_at`](Self::read_at).
    pub fn read_from(store: &Store) -> Result<Self, CaseError> {
        Self::of_source(&StoreRoot::new(store), |file| store.location(file))
    }

    fn of_source(source: &impl Source, location: impl Fn(&str) -> PathBuf) -> Result<Self, CaseError> {
        let mut folder = Self::default();
        for (path, bytes) in files::list(source)? {
            if let Some(stray) = path.strip_suffix('/') {
                folder.stray_folders.insert(stray.to_owned());
            } else if bytes > MAX_BYTES {
                let message = format!("{bytes} bytes, at most {MAX_BYTES} are read");
                let source = io::Error::new(io::ErrorKind::FileTooLarge, message);
                return Err(CaseError::Io { path: location(&path), source });
            } else {
                let content = source.read(&path)?;
                folder.files.insert(path, content);
            }
        }
        Ok(folder)
    }

    /// Paths of the files, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The content of a file.
    pub fn get(&self, path: &str) -> Option<&Bytes> {
        self.files.get(path)
    }

    /// Gives a file a content, whatever it held before. Whether the format knows the file, and what is in it, is looked at
    /// when the case is [read](Self::read).
    ///
    /// # Errors
    /// [`CaseError::Edit`] when `path` does not name a file below the case.
    pub fn insert(&mut self, path: &str, content: impl Into<Bytes>) -> Result<(), CaseError> {
        if path.split('/').any(|part| matches!(part, "" | "." | "..")) || path.contains('\\') {
            return Err(edit(path, "not the path of a file below the case, expected names separated by /"));
        }
        self.files.insert(path.to_owned(), content.into());
        Ok(())
    }

    /// Removes a file; the answer is what it held.
    pub fn remove(&mut self, path: &str) -> Option<Bytes> {
        self.files.remove(path)
    }

    /// Reads the case; `name` is what it is called. Findings and hashes are those of
    /// [`read_case`](super::read_case) for the same files.
    ///
    /// # Errors
    /// [`CaseError::Invalid`] with all findings when the case breaks a rule or needs what is not supported.
    pub fn read(&self, name: &str) -> Result<Case, CaseError> {
        super::read(self, name.to_owned())
    }

    /// Everything that is wrong with, or noteworthy about, the case; it can be studied when no finding is an error.
    pub fn validate(&self) -> Vec<Finding> {
        match self.read("case") {
            Ok(case) => case.warnings,
            Err(CaseError::Invalid { findings }) => findings,
            // Memory can be read.
            Err(CaseError::Io { .. } | CaseError::Write { .. } | CaseError::Edit { .. }) => Vec::new(),
        }
    }

    /// The JSON tree of a file; none when there is no such file.
    fn json(&self, path: &str) -> Result<Option<Json>, CaseError> {
        let Some(content) = self.files.get(path) else { return Ok(None) };
        serde_json::from_slice(content).map(Some).map_err(|error| {
            edit(path, format!("not valid JSON at line {}, column {}: {error}", error.line(), error.column()))
        })
    }

    fn insert_json(&mut self, path: &str, json: &Json) -> Result<(), CaseError> {
        let mut content = serde_json::to_vec_pretty(json).map_err(|error| edit(path, error.to_string()))?;
        content.push(b'\n');
        self.insert(path, content)
    }
}

impl Source for CaseFolder {
    fn list(&self, folder: &str) -> Result<Listing, CaseError> {
        let below = |path: &'_ str| -> Option<String> {
            if folder.is_empty() {
                return Some(path.to_owned());
            }
            path.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned)
        };
        let mut listing = Listing::default();
        let mut folders = BTreeSet::new();
        for (path, content) in &self.files {
            let Some(rest) = below(path) else { continue };
            match rest.split_once('/') {
                Some((inner, _)) => drop(folders.insert(inner.to_owned())),
                None => drop(listing.files.insert(rest, content.len() as u64)),
            }
        }
        folders.extend(self.stray_folders.iter().filter_map(|path| below(path)).filter(|rest| !rest.contains('/')));
        listing.folders = folders.into_iter().collect();
        Ok(listing)
    }

    fn read(&self, path: &str) -> Result<Bytes, CaseError> {
        self.files.get(path).cloned().ok_or_else(|| {
            let source = io::Error::new(io::ErrorKind::NotFound, "there is no such file in memory");
            CaseError::Io { path: PathBuf::from(path), source }
        })
    }
}

/// An edit of a file that cannot be made.
fn edit(file: &str, message: impl Into<String>) -> CaseError {
    CaseError::Edit { file: file.to_owned(), message: message.into() }
}
