use std::io;

use super::super::CaseError;
use super::super::files::{self, FILES};
use super::super::source::{StoreRoot, of_store};
use super::CaseFolder;
use crate::output::OutputError;
use crate::store::{Location, Store, StoreOptions};

/// A folder with this file is a case, so it is written last.
const LAST: &str = "config.json";

impl CaseFolder {
    /// Writes the case at a path or URL, so that [`read_case_at`](super::super::read_case_at) reads it there.
    ///
    /// A place that holds anything is refused, unless `overwrite` is set. Then files of the case are replaced, those of
    /// the format that this case does not have are removed, and everything else stays.
    ///
    /// # Errors
    /// [`CaseError::Write`]: something is there, or a file cannot be written; the message says which files were. A new case
    /// has its `config.json` written last: one that is half written is no case.
    pub fn write_at(&self, location: &Location, options: &StoreOptions, overwrite: bool) -> Result<(), CaseError> {
        self.write_to(&Store::open(location, options).map_err(of_store)?, overwrite)
    }

    /// Writes the case at the root of a store.
    ///
    /// # Errors
    /// As [`write_at`](Self::write_at).
    pub fn write_to(&self, store: &Store, overwrite: bool) -> Result<(), CaseError> {
        let there = store.list("").map_err(|error| interrupted(error, &[]))?;
        let is_empty = there.files.is_empty() && there.folders.is_empty();
        if !(overwrite || is_empty) {
            let message = "something is there already; hint: choose another place, or ask to overwrite it";
            let source = io::Error::new(io::ErrorKind::AlreadyExists, message);
            return Err(CaseError::Write { path: store.location(""), source });
        }
        let stale = if overwrite { self.stale_files(store)? } else { Vec::new() };
        let mut done = Vec::new();
        let last = self.files.get_key_value(LAST);
        for (path, content) in self.files.iter().filter(|file| file.0 != LAST).chain(last) {
            write(store, path, content, overwrite).map_err(|error| interrupted(error, &done))?;
            done.push(path.as_str());
        }
        for path in &stale {
            store.remove(path).map_err(|error| interrupted(error, &done))?;
        }
        Ok(())
    }

    /// Files of the format in a store that this case does not have.
    fn stale_files(&self, store: &Store) -> Result<Vec<&'static str>, CaseError> {
        let there = match files::list(&StoreRoot::new(store)) {
            Ok(there) => there,
            Err(CaseError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let of_format = FILES.iter().map(|file| file.0);
        Ok(of_format.filter(|path| there.contains_key(*path) && !self.files.contains_key(*path)).collect())
    }
}

fn write(store: &Store, path: &str, content: &[u8], overwrite: bool) -> Result<(), OutputError> {
    if overwrite {
        return store.replace(path, content.to_vec());
    }
    if store.put_new(path, content.to_vec())? {
        return Ok(());
    }
    let source = io::Error::new(io::ErrorKind::AlreadyExists, "another writer has written it");
    Err(OutputError::io("write", &store.location(path), source))
}

/// What failed, and what is left of the case.
fn interrupted(error: OutputError, done: &[&str]) -> CaseError {
    let left = match done {
        [] => "nothing was written".to_owned(),
        _ => format!("the case is incomplete, written are {}; hint: write it again and overwrite", done.join(", ")),
    };
    match of_store(error) {
        CaseError::Io { path, source } => {
            CaseError::Write { path, source: io::Error::new(source.kind(), format!("{source}; {left}")) }
        }
        error => error,
    }
}
