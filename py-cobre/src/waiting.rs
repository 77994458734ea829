//! Asynchronous work, and the thread of Python that waits for it.

use std::any::Any;
use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

use crate::detached::panic_message;
use crate::failure::Failure;

/// Time after which a waiting thread looks for signals.
const PATIENCE: Duration = Duration::from_millis(50);

/// Stack of a thread (bytes). A query may be many operators deep, and what is built of it is walked by recursion. The
/// system gives memory to what is touched only.
const STACK: usize = 64 << 20;

/// The threads that answer queries.
fn runtime() -> Result<&'static Runtime, Failure> {
    static RUNTIME: OnceLock<std::io::Result<Runtime>> = OnceLock::new();
    let start = || Builder::new_multi_thread().thread_name("cobre-sql").thread_stack_size(STACK).enable_all().build();
    RUNTIME
        .get_or_init(start)
        .as_ref()
        .map_err(|error| Failure::threads(&format!("threads could not be started: {error}")))
}

/// Runs `work` on other threads and waits for its end without the interpreter lock. A signal, such as Ctrl-C, ends it.
pub(crate) fn wait_for<T: Send + 'static>(
    py: Python<'_>,
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> PyResult<T> {
    let runtime = runtime()?;
    let (sender, mut receiver) = sync_channel(1);
    let task = runtime.spawn(async move {
        // Nobody waits any more after a signal.
        let _ = sender.send(work.await);
    });
    loop {
        let (answer, still_waiting) = py.detach(move || (receiver.recv_timeout(PATIENCE), receiver));
        receiver = still_waiting;
        match answer {
            Ok(done) => return Ok(done?),
            Err(RecvTimeoutError::Timeout) => {
                if let Err(signal) = py.check_signals() {
                    task.abort();
                    return Err(signal);
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                let panic: Option<Box<dyn Any + Send>> =
                    py.detach(|| runtime.block_on(task)).err().and_then(|error| error.try_into_panic().ok());
                let message = panic.as_ref().map_or("a thread ended", |panic| panic_message(panic.as_ref()));
                return Err(Failure::panic(message).into());
            }
        }
    }
}
