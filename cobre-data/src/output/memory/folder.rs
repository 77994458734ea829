use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::super::stage_record::BucketManifest;
use super::file::FileRows;

/// The folder of a run in memory, shared by those who write into it.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct MemoryFolder(Arc<Mutex<Content>>);

/// What was written into a folder.
#[derive(Debug, Default)]
pub(in super::super) struct Content {
    /// Rows of files, in the order in which these were finished.
    pub(in super::super) files: Vec<FileRows>,
    /// Other files, by path.
    pub(in super::super) documents: BTreeMap<String, Bytes>,
    /// Buckets of scenarios, in order.
    pub(in super::super) buckets: Vec<BucketManifest>,
}

impl MemoryFolder {
    pub(super) fn add_rows(&self, rows: FileRows) {
        self.content().files.push(rows);
    }

    pub(in super::super) fn add_document(&self, path: &str, content: Vec<u8>) {
        self.content().documents.insert(path.to_owned(), content.into());
    }

    pub(in super::super) fn add_bucket(&self, bucket: BucketManifest) {
        self.content().buckets.push(bucket);
    }

    /// Takes everything out of the folder.
    pub(super) fn take(&self) -> Content {
        std::mem::take(&mut self.content())
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        // A panic elsewhere cannot leave the lists half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
