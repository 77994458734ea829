use std::error::Error as StdError;
use std::io;
use std::path::{Path, PathBuf};

use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};

/// An operation that the local disk refused.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {}: {source}", path.display())]
pub(super) struct DiskError {
    pub(super) operation: &'static str,
    pub(super) path: PathBuf,
    pub(super) source: io::Error,
}

impl From<DiskError> for Error {
    fn from(error: DiskError) -> Self {
        let path = error.path.display().to_string();
        match error.source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path, source: error.into() },
            io::ErrorKind::AlreadyExists => Self::AlreadyExists { path, source: error.into() },
            io::ErrorKind::PermissionDenied => Self::PermissionDenied { path, source: error.into() },
            _ => Self::Generic { store: "disk", source: error.into() },
        }
    }
}

/// The operation and the path that failed, where the disk said them, and the error as one of the system.
pub(super) fn unpack(error: Error) -> (Option<(&'static str, PathBuf)>, io::Error) {
    let disk = causes(&error).find_map(|cause| cause.downcast_ref::<DiskError>());
    if let Some(DiskError { operation, path, source }) = disk {
        return (Some((operation, path.clone())), copy(source));
    }
    let kind = kind(&error);
    (None, io::Error::new(kind, error))
}

/// Whether the operation has certainly not taken place. A server may have done what it reports as failed; the disk says
/// what is.
pub(super) fn is_definite(error: &Error) -> bool {
    !matches!(error, Error::AlreadyExists { .. }) && causes(error).any(|cause| cause.is::<DiskError>())
}

/// The error without the path it may hold.
pub(super) fn to_io(error: Error) -> io::Error {
    unpack(error).1
}

fn copy(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| io::Error::new(error.kind(), error.to_string()), io::Error::from_raw_os_error)
}

fn kind(error: &Error) -> io::ErrorKind {
    match error {
        Error::NotFound { .. } => io::ErrorKind::NotFound,
        Error::AlreadyExists { .. } | Error::Precondition { .. } => io::ErrorKind::AlreadyExists,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => io::ErrorKind::PermissionDenied,
        Error::InvalidPath { .. } | Error::UnknownConfigurationKey { .. } => io::ErrorKind::InvalidInput,
        Error::NotSupported { .. } | Error::NotImplemented { .. } => io::ErrorKind::Unsupported,
        _ => causes(error).find_map(kind_of_cause).unwrap_or(io::ErrorKind::Other),
    }
}

fn kind_of_cause(cause: &(dyn StdError + 'static)) -> Option<io::ErrorKind> {
    if let Some(http) = cause.downcast_ref::<HttpError>() {
        return match http.kind() {
            HttpErrorKind::Timeout => Some(io::ErrorKind::TimedOut),
            HttpErrorKind::Connect => Some(io::ErrorKind::NotConnected),
            HttpErrorKind::Interrupted => Some(io::ErrorKind::ConnectionAborted),
            _ => None,
        };
    }
    let kind = cause.downcast_ref::<io::Error>()?.kind();
    (kind != io::ErrorKind::Other).then_some(kind)
}

fn causes(error: &Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

/// An error of the arguments of a call.
pub(super) fn invalid(path: &Path, message: impl std::fmt::Display) -> Error {
    let source = io::Error::new(io::ErrorKind::InvalidInput, message.to_string());
    DiskError { operation: "use the name", path: path.to_path_buf(), source }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_keeps_its_words() {
        let source = io::Error::from(io::ErrorKind::StorageFull);
        let error = DiskError { operation: "sync", path: PathBuf::from("/a/b"), source };
        let (place, source) = unpack(error.into());
        assert_eq!(place, Some(("sync", PathBuf::from("/a/b"))));
        assert_eq!(source.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn kinds_survive() {
        let source = || Box::new(io::Error::other("no"));
        let path = String::new;
        let wanted = [
            (Error::NotFound { path: path(), source: source() }, io::ErrorKind::NotFound),
            (Error::Precondition { path: path(), source: source() }, io::ErrorKind::AlreadyExists),
            (Error::Unauthenticated { path: path(), source: source() }, io::ErrorKind::PermissionDenied),
            (Error::Generic { store: "s3", source: source() }, io::ErrorKind::Other),
            (
                Error::Generic { store: "s3", source: Box::new(HttpError::new(HttpErrorKind::Timeout, path_error())) },
                io::ErrorKind::TimedOut,
            ),
        ];
        for (error, kind) in wanted {
            let text = error.to_string();
            let found = to_io(error);
            assert_eq!(found.kind(), kind, "{text}");
            assert_eq!(found.to_string(), text);
        }
    }

    fn path_error() -> io::Error {
        io::Error::other("late")
    }
}
