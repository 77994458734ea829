use std::fs;
use std::io;
use std::path::Path;

use super::fault_point::FaultPoint;
use crate::store::failure::DiskError;

/// Creates `folder` and what is missing above it, each made durable in its parent.
pub(super) fn create(folder: &Path, fault_point: &FaultPoint) -> Result<(), DiskError> {
    let mut missing = Vec::new();
    let mut at = folder;
    while !at.as_os_str().is_empty() && !at.is_dir() {
        missing.push(at);
        match at.parent() {
            Some(parent) => at = parent,
            None => break,
        }
    }
    for path in missing.into_iter().rev() {
        match fault_point.pass("create the folder", path, 0).and_then(|()| fs::create_dir(path)) {
            Ok(()) => {}
            // Another writer was faster; a file in the way fails here.
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            Err(source) => {
                let in_the_way = source.kind() == io::ErrorKind::AlreadyExists;
                let source = if in_the_way { io::ErrorKind::NotADirectory.into() } else { source };
                return Err(DiskError { operation: "create the folder", path: path.to_path_buf(), source });
            }
        }
        sync_parent(path, fault_point)?;
    }
    Ok(())
}

/// Makes durable that `path` has its name, or has it no more.
pub(super) fn sync_parent(path: &Path, fault_point: &FaultPoint) -> Result<(), DiskError> {
    let Some(parent) = path.parent() else { return Ok(()) };
    fault_point.pass("sync the folder", parent, 0).and_then(|()| sync(parent)).map_err(|source| DiskError {
        operation: "sync the folder",
        path: parent.to_path_buf(),
        source,
    })
}

/// Removes the file `path`.
pub(super) fn remove_file(path: &Path, fault_point: &FaultPoint) -> Result<(), DiskError> {
    fault_point.pass("remove", path, 0).and_then(|()| fs::remove_file(path)).map_err(|source| DiskError {
        operation: "remove",
        path: path.to_path_buf(),
        source,
    })?;
    sync_parent(path, fault_point)
}

/// Removes `folder` with all it holds. A folder that is not there is fine.
pub(super) fn remove(folder: &Path, fault_point: &FaultPoint) -> Result<(), DiskError> {
    match fault_point.pass("remove the folder", folder, 0).and_then(|()| fs::remove_dir_all(folder)) {
        Ok(()) => sync_parent(folder, fault_point),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(DiskError { operation: "remove the folder", path: folder.to_path_buf(), source }),
    }
}

#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn sync(_folder: &Path) -> io::Result<()> {
    Ok(()) // Folders cannot be opened for syncing; the file system orders the entries itself.
}
