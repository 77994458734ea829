use std::io;
use std::path::{Path, PathBuf};

/// Why outputs cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The file system refused an operation.
    #[error("cannot {operation} {}: {source}{}", path.display(), hint(source))]
    IoError {
        /// What was tried, e.g. `create the folder`.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The answer of the operating system.
        source: io::Error,
    },
    /// Values could not be turned into a file, or a file into values.
    #[error("cannot convert {}: {message}", path.display())]
    SerializationError {
        /// The file or folder.
        path: PathBuf,
        /// What went wrong.
        message: String,
    },
    /// Values do not have the shape their table expects.
    #[error("values do not fit the table at {}: {message}", path.display())]
    SchemaError {
        /// The file or folder of the table.
        path: PathBuf,
        /// What was found and what was expected.
        message: String,
    },
    /// The record of a run is missing, unreadable, or contradicts the files.
    #[error("{}: {message}", path.display())]
    ManifestError {
        /// The manifest, or the file that contradicts it.
        path: PathBuf,
        /// What was found and what was expected.
        message: String,
    },
}

impl OutputError {
    pub(crate) fn io(operation: &'static str, path: &Path, source: io::Error) -> Self {
        Self::IoError { operation, path: path.to_path_buf(), source }
    }

    pub(crate) fn serialization(path: &Path, message: impl std::fmt::Display) -> Self {
        Self::SerializationError { path: path.to_path_buf(), message: format!("{message}") }
    }

    pub(crate) fn schema(path: &Path, message: impl Into<String>) -> Self {
        Self::SchemaError { path: path.to_path_buf(), message: message.into() }
    }

    pub(crate) fn manifest(path: &Path, message: impl Into<String>) -> Self {
        Self::ManifestError { path: path.to_path_buf(), message: message.into() }
    }
}

/// The next action for answers that have an obvious one.
fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; hint: the disk is full, free space or choose another output folder"
        }
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            "; hint: the folder cannot be written, check its permissions or choose another output folder"
        }
        io::ErrorKind::NotADirectory => "; hint: a file is in the place of a folder, move it or choose another folder",
        io::ErrorKind::AlreadyExists => "; hint: output files are never overwritten, move what is there out of the way",
        _ => "",
    }
}
