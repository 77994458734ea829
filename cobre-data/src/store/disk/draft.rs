use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::fault_point::FaultPoint;
use super::{TEMPORARY, folders};
use crate::store::failure::DiskError;

/// A file that is being written under a temporary name. Dropped before it is published, it is removed.
#[derive(Debug)]
pub(super) struct Draft {
    file: File,
    path: PathBuf,
    temporary: PathBuf,
    fault_point: FaultPoint,
    gone: bool,
}

/// What may be under the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nothing.
    Create,
    /// Anything; it is replaced.
    Overwrite,
}

impl Draft {
    /// Starts the file that is to be `path`, with the folders above it.
    pub(super) fn create(path: PathBuf, fault_point: FaultPoint) -> Result<Self, DiskError> {
        if let Some(folder) = path.parent() {
            folders::create(folder, &fault_point)?;
        }
        loop {
            let temporary = temporary_name(&path);
            let opened = fault_point
                .pass("create", &path, 0)
                .and_then(|()| OpenOptions::new().write(true).create_new(true).open(&temporary));
            match opened {
                Ok(file) => return Ok(Self { file, path, temporary, fault_point, gone: false }),
                // Left behind by a process of the same number.
                Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(DiskError { operation: "create", path, source }),
            }
        }
    }

    /// Appends `piece`.
    pub(super) fn write(&mut self, piece: &[u8]) -> Result<(), DiskError> {
        self.fault_point
            .pass("write", &self.path, piece.len())
            .and_then(|()| self.file.write_all(piece))
            .map_err(|source| self.failed("write", source))
    }

    /// Makes the content durable and gives the file its name.
    pub(super) fn publish(mut self, mode: Mode) -> Result<(), DiskError> {
        self.fault_point
            .pass("sync", &self.path, 0)
            .and_then(|()| self.file.sync_all())
            .map_err(|source| self.failed("sync", source))?;
        let named = self.fault_point.pass("link", &self.path, 0).and_then(|()| match mode {
            Mode::Create => link(&self.temporary, &self.path),
            Mode::Overwrite => fs::rename(&self.temporary, &self.path),
        });
        if let Err(source) = named {
            if source.kind() == io::ErrorKind::AlreadyExists {
                // Whoever put the other file there may not have come to make its name durable.
                folders::sync_parent(&self.path, &self.fault_point)?;
            }
            return Err(self.failed("give its name to", source));
        }
        let _ = fs::remove_file(&self.temporary); // Gone after a rename; a second name does no harm.
        self.gone = true;
        folders::sync_parent(&self.path, &self.fault_point).inspect_err(|_| {
            if mode == Mode::Create {
                let _ = fs::remove_file(&self.path); // What may be lost must not look as if it were there.
            }
        })
    }

    fn failed(&self, operation: &'static str, source: io::Error) -> DiskError {
        DiskError { operation, path: self.path.clone(), source }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.gone {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// A name beside `path` that no other draft of this process has.
fn temporary_name(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}-{}{TEMPORARY}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    PathBuf::from(name)
}

/// Gives `from` the name `to` without ever replacing a file; where the file system has no links, by renaming.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(source) if matches!(source.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) => {
            if to.exists() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(from, to)
        }
        answer => answer,
    }
}
