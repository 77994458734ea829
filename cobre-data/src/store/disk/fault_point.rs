use std::io;
use std::path::Path;

/// Called before every operation on the disk with its name, its path and the number of bytes to be written.
#[cfg(test)]
pub(crate) type Fault = std::sync::Arc<dyn Fn(&'static str, &Path, usize) -> io::Result<()> + Send + Sync>;

/// The seam at which unit tests let the disk fail. Otherwise it is empty.
#[derive(Clone, Default)]
pub(super) struct FaultPoint(#[cfg(test)] Option<Fault>);

impl FaultPoint {
    #[cfg(test)]
    pub(super) fn with(fault: Fault) -> Self {
        Self(Some(fault))
    }

    #[cfg(test)]
    pub(super) fn pass(&self, operation: &'static str, path: &Path, bytes: usize) -> io::Result<()> {
        self.0.as_ref().map_or(Ok(()), |fault| fault(operation, path, bytes))
    }

    #[cfg(not(test))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps)]
    pub(super) fn pass(&self, _operation: &'static str, _path: &Path, _bytes: usize) -> io::Result<()> {
        Ok(())
    }
}

impl std::fmt::Debug for FaultPoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FaultPoint")
    }
}
