use std::sync::Arc;

use object_store::path::Path as ObjectPath;
use object_store::{Error, ObjectStore, ObjectStoreExt, Result};

use super::Fingerprint;
use super::fingerprint::Hasher;
use super::runtime::{Task, run, start};

/// How much of a file is read at a time; two such pieces are in memory.
const PIECE: u64 = 8 << 20;

/// Reads a whole file for its fingerprint. One piece is read while the one before is digested on this thread.
pub(super) fn fingerprint(objects: &Arc<dyn ObjectStore>, path: &ObjectPath) -> Result<Fingerprint> {
    let (of, at) = (Arc::clone(objects), path.clone());
    let size = run(async move { of.head(&at).await })?.size;
    let read = |from: u64| -> Result<Option<Task<bytes::Bytes>>> {
        if from >= size {
            return Ok(None);
        }
        let (of, at) = (Arc::clone(objects), path.clone());
        start(async move { of.get_range(&at, from..size.min(from + PIECE)).await }).map(Some)
    };
    let mut hasher = Hasher::default();
    let mut from = 0;
    let mut next = read(0)?;
    while let Some(piece) = next {
        let piece = piece.wait()?;
        from += PIECE;
        next = read(from)?;
        hasher.update(&piece);
    }
    let fingerprint = hasher.finish();
    if fingerprint.bytes != size {
        let message = format!("{} of {size} bytes of {path} could be read", fingerprint.bytes);
        return Err(Error::Generic { store: "read", source: message.into() });
    }
    Ok(fingerprint)
}
