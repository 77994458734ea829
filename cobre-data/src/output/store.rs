//! Files on a local disk: written under another name, synced, and only then given their final name.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::OutputError;

/// A folder on a local disk that holds runs. Files are immutable: nothing is ever overwritten.
#[derive(Clone)]
pub(crate) struct Store {
    root: PathBuf,
    #[cfg(test)]
    fault: Option<super::fault_tests::Fault>,
}

/// Size and checksum of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

impl Store {
    /// Opens `root`, creating the folder if need be.
    pub(crate) fn open(root: &Path) -> Result<Self, OutputError> {
        let store = Self {
            root: root.to_path_buf(),
            #[cfg(test)]
            fault: None,
        };
        store.create_folders(root)?;
        Ok(store)
    }

    #[cfg(test)]
    pub(super) fn with_fault(mut self, fault: super::fault_tests::Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Creates `folder` and what is missing above it, each made durable in its parent.
    pub(crate) fn create_folders(&self, folder: &Path) -> Result<(), OutputError> {
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
            match self.attempt("create the folder", path, 0).and_then(|()| fs::create_dir(path)) {
                Ok(()) => self.sync_parent(path)?,
                // Another process was faster; a file in the way fails here.
                Err(source) if source.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
                Err(source) => return Err(OutputError::io("create the folder", path, source)),
            }
        }
        Ok(())
    }

    /// Creates the folder `relative`; `false` when it is there already.
    pub(crate) fn create_new_folder(&self, relative: &str) -> Result<bool, OutputError> {
        let path = self.path(relative);
        match self.attempt("create the folder", &path, 0).and_then(|()| fs::create_dir(&path)) {
            Ok(()) => self.sync_parent(&path).map(|()| true),
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(source) => Err(OutputError::io("create the folder", &path, source)),
        }
    }

    /// Starts the file `relative`; it appears under its name with [`PendingFile::publish`].
    pub(crate) fn create(&self, relative: &str) -> Result<PendingFile, OutputError> {
        let path = self.path(relative);
        if let Some(folder) = path.parent() {
            self.create_folders(folder)?;
        }
        let mut temporary = path.clone().into_os_string();
        temporary.push(".tmp");
        let temporary = PathBuf::from(temporary);
        let file = self
            .attempt("create", &path, 0)
            .and_then(|()| File::create(&temporary))
            .map_err(|source| OutputError::io("create", &temporary, source))?;
        Ok(PendingFile {
            store: self.clone(),
            file,
            path,
            temporary,
            digest: Sha256::new(),
            bytes: 0,
            published: false,
        })
    }

    /// Writes the whole file `relative`; an existing one is an error of kind
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) and is left alone.
    pub(crate) fn put_new(&self, relative: &str, content: &[u8]) -> Result<(), OutputError> {
        let mut file = self.create(relative)?;
        let path = file.path.clone();
        file.write_all(content).map_err(|source| OutputError::io("write", &path, source))?;
        file.publish().map(|_| ())
    }

    /// Creates the file `relative` under its final name at once; `false` when it is there already.
    pub(crate) fn claim(&self, relative: &str, content: &[u8]) -> Result<bool, OutputError> {
        let path = self.path(relative);
        let opened = self.attempt("create", &path, 0).and_then(|()| File::create_new(&path));
        let mut file = match opened {
            Ok(file) => file,
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            Err(source) => return Err(OutputError::io("create", &path, source)),
        };
        self.attempt("write", &path, content.len())
            .and_then(|()| file.write_all(content))
            .and_then(|()| file.sync_all())
            .map_err(|source| OutputError::io("write", &path, source))?;
        self.sync_parent(&path)?;
        Ok(true)
    }

    /// Whether the file `relative` is there.
    pub(crate) fn exists(&self, relative: &str) -> Result<bool, OutputError> {
        let path = self.path(relative);
        path.try_exists().map_err(|source| OutputError::io("look for", &path, source))
    }

    /// Removes the file `relative`.
    pub(crate) fn remove(&self, relative: &str) -> Result<(), OutputError> {
        let path = self.path(relative);
        fs::remove_file(&path).map_err(|source| OutputError::io("remove", &path, source))?;
        self.sync_parent(&path)
    }

    /// Removes the folder `relative` with all it holds.
    pub(crate) fn remove_folder(&self, relative: &str) -> Result<(), OutputError> {
        let path = self.path(relative);
        fs::remove_dir_all(&path).map_err(|source| OutputError::io("remove the folder", &path, source))?;
        self.sync_parent(&path)
    }

    fn sync_parent(&self, path: &Path) -> Result<(), OutputError> {
        let Some(parent) = path.parent() else { return Ok(()) };
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        self.attempt("sync the folder", parent, 0)
            .and_then(|()| sync_folder(parent))
            .map_err(|source| OutputError::io("sync the folder", parent, source))
    }

    #[cfg(test)]
    fn attempt(&self, operation: &'static str, path: &Path, bytes: usize) -> io::Result<()> {
        self.fault.as_ref().map_or(Ok(()), |fault| fault(operation, path, bytes))
    }

    #[cfg(not(test))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps)] // The seam at which tests let the disk fail.
    fn attempt(&self, _operation: &'static str, _path: &Path, _bytes: usize) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(()) // Folders cannot be opened for syncing; the file system orders the entries itself.
}

/// A file that is being written. Dropped before it is published, it is removed.
pub(crate) struct PendingFile {
    store: Store,
    file: File,
    path: PathBuf,
    temporary: PathBuf,
    digest: Sha256,
    bytes: u64,
    published: bool,
}

impl PendingFile {
    /// Makes the content durable and gives the file its name. Call it once, after the last write.
    pub(crate) fn publish(&mut self) -> Result<Fingerprint, OutputError> {
        self.store
            .attempt("sync", &self.path, 0)
            .and_then(|()| self.file.sync_all())
            .map_err(|source| OutputError::io("sync", &self.path, source))?;
        self.store
            .attempt("link", &self.path, 0)
            .and_then(|()| link(&self.temporary, &self.path))
            .map_err(|source| OutputError::io("give its name to", &self.path, source))?;
        self.published = true;
        let _ = fs::remove_file(&self.temporary); // A leftover second name does no harm: nobody reads it.
        if let Err(error) = self.store.sync_parent(&self.path) {
            let _ = fs::remove_file(&self.path); // What may be lost must not look as if it were there.
            return Err(error);
        }
        let digest = std::mem::take(&mut self.digest);
        Ok(Fingerprint { bytes: self.bytes, sha256: hexadecimal(&digest.finalize()) })
    }
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

impl Write for PendingFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.store.attempt("write", &self.path, buffer.len())?;
        let written = self.file.write(buffer)?;
        self.digest.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        if !self.published {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Reads a whole file for its size and checksum.
pub(crate) fn fingerprint(path: &Path) -> Result<Fingerprint, OutputError> {
    let failed = |source| OutputError::io("read", path, source);
    let mut file = File::open(path).map_err(failed)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0u8; 1 << 18];
    let mut bytes = 0;
    loop {
        let n = file.read(&mut buffer).map_err(failed)?;
        if n == 0 {
            return Ok(Fingerprint { bytes, sha256: hexadecimal(&digest.finalize()) });
        }
        digest.update(&buffer[..n]);
        bytes += n as u64;
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}
