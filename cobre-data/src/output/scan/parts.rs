use std::sync::Arc;

use bytes::Bytes;
use bytes::buf::{Buf, Reader};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

/// A file of which some parts are in memory; a clone shares them.
#[derive(Debug, Clone)]
pub(super) struct FileParts {
    bytes: u64,
    /// By where they begin.
    parts: Arc<[(u64, Bytes)]>,
}

impl FileParts {
    /// Parts of a file of `bytes`, each with where it begins.
    pub(super) fn new(bytes: u64, mut parts: Vec<(u64, Bytes)>) -> Self {
        parts.sort_by_key(|(start, _)| *start);
        Self { bytes, parts: parts.into() }
    }

    /// What is in memory from `start` on.
    fn from(&self, start: u64) -> Result<Bytes> {
        let after = self.parts.partition_point(|(first, _)| *first <= start);
        let part = after.checked_sub(1).and_then(|at| {
            let (first, content) = &self.parts[at];
            let skipped = (start - first) as usize;
            (skipped < content.len()).then(|| content.slice(skipped..))
        });
        part.ok_or_else(|| ParquetError::EOF(format!("byte {start} was not fetched")))
    }
}

impl Length for FileParts {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for FileParts {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(self.from(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let content = self.from(start)?;
        if content.len() < length {
            return Err(ParquetError::EOF(format!("bytes {start} to {} were not fetched", start + length as u64)));
        }
        Ok(content.slice(..length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_fetched_is_an_error() {
        let parts = FileParts::new(100, vec![(40, Bytes::from_static(b"world")), (10, Bytes::from_static(b"hello"))]);
        assert_eq!(parts.len(), 100);
        assert_eq!(parts.get_bytes(10, 5).expect("fetched"), "hello");
        assert_eq!(parts.get_bytes(42, 3).expect("fetched"), "rld");
        for (start, length) in [(9, 1), (15, 1), (44, 2), (45, 1)] {
            parts.get_bytes(start, length).expect_err("not fetched");
        }
    }
}
