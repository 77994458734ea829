use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::OutputError;
use super::document::DocumentRecord;
use crate::store::Store;

/// Files that are read at the same time: a store far away answers one request slowly and many at once.
const READERS: usize = 4;

/// Reads every file whole and compares size and checksum with what was written.
///
/// # Errors
/// That of the first file, in the order given, that is missing, cannot be read, or is not as it was written.
pub(super) fn verify_all(store: &Store, files: &[DocumentRecord]) -> Result<(), OutputError> {
    match damages(store, files).into_iter().next() {
        None => Ok(()),
        Some((_, error)) => Err(error),
    }
}

/// Reads every file whole; the positions of those that are not as they were written, and why.
pub(crate) fn damages(store: &Store, files: &[DocumentRecord]) -> Vec<(usize, OutputError)> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..READERS.min(files.len()) {
            scope.spawn(|| {
                while let Some(i) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&i| i < files.len()) {
                    if let Err(error) = verify(store, &files[i]) {
                        found.lock().unwrap_or_else(PoisonError::into_inner).push((i, error));
                    }
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|damage| damage.0);
    found
}

fn verify(store: &Store, record: &DocumentRecord) -> Result<(), OutputError> {
    let found = store.fingerprint(&record.path)?;
    let path = store.location(&record.path);
    if found.bytes != record.bytes {
        return Err(OutputError::manifest(
            &path,
            format!("{} bytes found, {} were written", found.bytes, record.bytes),
        ));
    }
    if found.sha256 != record.sha256 {
        return Err(OutputError::manifest(
            &path,
            format!("SHA-256 {} found, {} was written", found.sha256, record.sha256),
        ));
    }
    Ok(())
}
