use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A request to stop, raised by Ctrl-C or SIGTERM. The second one ends the process at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct StopRequest {
    raised: Arc<AtomicBool>,
}

impl StopRequest {
    /// Listens for signals.
    pub(crate) fn listen() -> io::Result<Self> {
        let request = Self::default();
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            // Registered first: it acts only on a signal that comes while a request is pending.
            signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&request.raised))?;
            signal_hook::flag::register(signal, Arc::clone(&request.raised))?;
        }
        // A file beyond the size the system allows is then an error of the write, with a message, and not a death.
        signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
        Ok(request)
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Relaxed)
    }
}
