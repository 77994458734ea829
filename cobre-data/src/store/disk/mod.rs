//! A folder of a local disk as an object store whose files survive a loss of power.

mod draft;
mod fault_point;
mod folders;
mod objects;
mod upload;

use std::io;
use std::path::{Component, Path, PathBuf};

use object_store::Result;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::prefix::PrefixStore;

#[cfg(test)]
pub(crate) use self::fault_point::Fault;
use self::fault_point::FaultPoint;
use super::failure::{DiskError, invalid};

/// Ending of the names under which files are written before they get their own.
const TEMPORARY: &str = ".tmp";

/// A folder of a local disk.
///
/// A file is written under a temporary name, synced, linked to its name, and the folder is synced; so are the folders
/// that had to be made. Reading is left to [`LocalFileSystem`].
///
/// Names that end in `.tmp` are those of unfinished files: they are neither listed nor accepted. Names that end in `#`
/// and digits are not accepted either; `LocalFileSystem` takes them for its own.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    base: PathBuf,
    files: PrefixStore<LocalFileSystem>,
    fault_point: FaultPoint,
}

/// The extension of a multipart upload that must not replace a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct NeverReplace;

impl Disk {
    /// The disk at `root`, which need not exist yet.
    pub(super) fn new(root: &Path) -> Result<Self> {
        let base = absolute(root).map_err(|source| DiskError {
            operation: "find the folder",
            path: root.to_path_buf(),
            source,
        })?;
        let prefix = ObjectPath::from_absolute_path(&base)?;
        let files = PrefixStore::new(LocalFileSystem::new(), prefix);
        Ok(Self { base, files, fault_point: FaultPoint::default() })
    }

    #[cfg(test)]
    pub(super) fn with_fault(mut self, fault: Fault) -> Self {
        self.fault_point = FaultPoint::with(fault);
        self
    }

    /// The path of the root, without `.` and `..`.
    pub(super) fn base(&self) -> &Path {
        &self.base
    }

    fn path(&self, location: &ObjectPath) -> PathBuf {
        self.base.join(Path::new(location.as_ref()))
    }

    fn path_to_write(&self, location: &ObjectPath) -> Result<PathBuf> {
        let path = self.path(location);
        let name = location.filename().unwrap_or_default();
        if name.is_empty() {
            return Err(invalid(&path, "it is the folder itself"));
        }
        if is_temporary(name) {
            return Err(invalid(&path, "names that end in .tmp are those of unfinished files"));
        }
        let digits = name.rsplit_once('#').map(|(_, digits)| digits);
        if digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(invalid(&path, "names that end in # and digits cannot be kept on a disk"));
        }
        Ok(path)
    }
}

/// Whether the name is one of an unfinished file.
pub(super) fn is_temporary(name: &str) -> bool {
    name.ends_with(TEMPORARY)
}

/// `path` from the root of the file system, without `.` and `..`. Links are kept, except in front of a `..`.
fn absolute(path: &Path) -> io::Result<PathBuf> {
    let mut absolute = PathBuf::new();
    for component in std::path::absolute(path)?.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                absolute = absolute.canonicalize().unwrap_or(absolute);
                absolute.pop();
            }
            _ => absolute.push(component),
        }
    }
    Ok(absolute)
}

/// Runs what blocks where it does not hold up others.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    if tokio::runtime::Handle::try_current().is_err() {
        return work();
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(error) => Err(error.into()),
    }
}
