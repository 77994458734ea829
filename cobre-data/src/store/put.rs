use std::time::Duration;

use bytes::Bytes;
use object_store::path::Path as ObjectPath;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, Result};

use super::failure;

/// How often a new file is tried when the server says that it is there and it is not.
const ATTEMPTS: u32 = 4;

/// Creates a file with `content`; `false` when something else is there. After an error that leaves open whether the
/// file was written, what is there decides.
pub(super) async fn put_new(objects: &dyn ObjectStore, path: &ObjectPath, content: Bytes) -> Result<bool> {
    let mut attempt = 1;
    loop {
        let answer = objects.put_opts(path, content.clone().into(), PutMode::Create.into()).await;
        let Err(error) = answer else { return Ok(true) };
        if failure::is_definite(&error) {
            return Err(error);
        }
        let taken = matches!(error, Error::AlreadyExists { .. } | Error::Precondition { .. });
        match holds(objects, path, &content).await {
            Ok(Some(same)) => return Ok(same),
            // Two writers met, and the server turned away both.
            Ok(None) if taken && attempt < ATTEMPTS => {
                tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
                attempt += 1;
            }
            Ok(None) | Err(_) => return Err(error),
        }
    }
}

/// Gives a file the content `content`, whatever it held before.
pub(super) async fn replace(objects: &dyn ObjectStore, path: &ObjectPath, content: Bytes) -> Result<()> {
    let answer = objects.put_opts(path, content.clone().into(), PutMode::Overwrite.into()).await;
    let Err(error) = answer else { return Ok(()) };
    if failure::is_definite(&error) {
        return Err(error);
    }
    match holds(objects, path, &content).await {
        Ok(Some(true)) => Ok(()),
        _ => Err(error),
    }
}

/// Whether the file holds `content`; `None` when there is no file.
async fn holds(objects: &dyn ObjectStore, path: &ObjectPath, content: &Bytes) -> Result<Option<bool>> {
    let found = match objects.get(path).await {
        Ok(found) => found,
        Err(Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    if found.meta.size != content.len() as u64 {
        return Ok(Some(false));
    }
    Ok(Some(found.bytes().await? == *content))
}
