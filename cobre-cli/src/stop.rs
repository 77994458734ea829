use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1, SIGXFSZ};

use crate::failure::Failure;

/// Time between two looks for the stop file.
const LOOK: Duration = Duration::from_millis(500);

/// A request to stop: Ctrl-C, SIGTERM, SIGUSR1, or a file that appears.
///
/// The second Ctrl-C or SIGTERM ends a process by itself at once. Ranks of a launcher are left to it: signals reach them
/// more than once, by the launcher and by the batch system.
pub(crate) struct StopRequest {
    raised: Arc<AtomicBool>,
    file: Option<StopFile>,
}

/// A file whose appearance is a request to stop.
struct StopFile {
    path: PathBuf,
    begun: Instant,
    /// Milliseconds from then on to the next look.
    next_look: AtomicU64,
}

impl StopRequest {
    /// Listens for signals, and looks for `file` where one is given.
    pub(crate) fn listen(is_alone: bool, file: Option<&Path>) -> Result<Self, Failure> {
        let file = file.map(StopFile::new).transpose()?;
        let raised = Arc::new(AtomicBool::new(false));
        listen(&raised, is_alone)
            .map_err(|error| Failure::Internal { message: format!("signals cannot be handled: {error}") })?;
        Ok(Self { raised, file })
    }

    pub(crate) fn is_raised(&self) -> bool {
        if self.file.as_ref().is_some_and(StopFile::has_appeared) {
            self.raised.store(true, Ordering::Relaxed);
        }
        self.raised.load(Ordering::Relaxed)
    }
}

fn listen(raised: &Arc<AtomicBool>, is_alone: bool) -> io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        if is_alone {
            // Registered first: it acts only on a signal that comes while a request is pending.
            signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(raised))?;
        }
        signal_hook::flag::register(signal, Arc::clone(raised))?;
    }
    signal_hook::flag::register(SIGUSR1, Arc::clone(raised))?;
    // A file beyond the size the system allows is then an error of the write, with a message, and not a death.
    signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
    Ok(())
}

impl StopFile {
    /// One that is not there yet: it would end the run before it has begun.
    fn new(path: &Path) -> Result<Self, Failure> {
        let there = path.try_exists().map_err(|error| Failure::io("look for", path, &error))?;
        if there {
            let message = format!("the stop file {} is there already\nhint: remove it", path.display());
            return Err(Failure::Arguments { message });
        }
        Ok(Self { path: path.to_path_buf(), begun: Instant::now(), next_look: AtomicU64::new(0) })
    }

    fn has_appeared(&self) -> bool {
        let now = self.begun.elapsed().as_millis() as u64;
        if now < self.next_look.load(Ordering::Relaxed) {
            return false;
        }
        self.next_look.store(now + LOOK.as_millis() as u64, Ordering::Relaxed);
        self.path.exists()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_appears_is_a_request_that_stays() {
        let path = std::env::temp_dir().join(format!("cobre-stop-{}", std::process::id()));
        let request = StopRequest {
            raised: Arc::default(),
            file: Some(StopFile::new(&path).expect("there is no such file yet")),
        };
        assert!(!request.is_raised());
        std::fs::write(&path, "").expect("a file");
        let begun = Instant::now();
        while !request.is_raised() {
            assert!(begun.elapsed() < 20 * LOOK, "nobody looks for the file");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(StopFile::new(&path).is_err_and(|failure| failure.code() == 1));
        std::fs::remove_file(&path).expect("the file is there");
        assert!(request.is_raised());
    }
}
