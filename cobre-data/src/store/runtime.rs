use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use futures::FutureExt;
use futures::executor::block_on;
use object_store::{Error, Result};
use tokio::runtime::{Builder, EnterGuard, Runtime};

const STORE: &str = "cobre-io";

/// The runtime of the process that all stores share.
fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<std::result::Result<Runtime, String>> = OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            Builder::new_multi_thread()
                .worker_threads(2)
                .thread_name(STORE)
                .enable_all()
                .build()
                .map_err(|error| format!("cannot start the threads of the store: {error}"))
        })
        .as_ref()
        .map_err(|message| failed(message.clone()))
}

/// Makes the threads of the store those of this thread, until the answer is dropped.
pub(super) fn enter() -> Result<EnterGuard<'static>> {
    Ok(runtime()?.enter())
}

/// What was started and will be waited for.
#[derive(Debug)]
pub(super) struct Task<T>(Receiver<Result<T>>);

/// Starts `future` on the threads of the store.
pub(super) fn start<T: Send + 'static>(future: impl Future<Output = Result<T>> + Send + 'static) -> Result<Task<T>> {
    let (sender, receiver) = sync_channel(1);
    runtime()?.spawn(async move {
        // Nobody waits any more: the caller gave up after a timeout.
        let _ = sender.send(outcome(future).await);
    });
    Ok(Task(receiver))
}

/// Runs `future` on this thread: for what does not wait for a network.
pub(super) fn run_here<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    block_on(outcome(future))
}

async fn outcome<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    AssertUnwindSafe(future).catch_unwind().await.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().map(ToString::to_string);
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Err(failed(format!("the store panicked: {said}")))
    })
}

/// Runs `future` on the threads of the store and waits for its end, whichever thread this is.
pub(super) fn run<T: Send + 'static>(future: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    start(future)?.wait()
}

impl<T> Task<T> {
    /// Waits for the end.
    pub(super) fn wait(self) -> Result<T> {
        self.0.recv().unwrap_or_else(|_| Err(failed("the threads of the store have ended".to_owned())))
    }

    /// Waits for the end, but not longer than `limit`; after that the task goes on alone.
    pub(super) fn wait_at_most(self, limit: Duration) -> Result<T> {
        self.0.recv_timeout(limit).unwrap_or_else(|error| {
            Err(failed(match error {
                RecvTimeoutError::Timeout => format!("no answer within {} s", limit.as_secs()),
                RecvTimeoutError::Disconnected => "the threads of the store have ended".to_owned(),
            }))
        })
    }
}

fn failed(message: String) -> Error {
    Error::Generic { store: STORE, source: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_inside_a_foreign_runtime() {
        let foreign = Builder::new_current_thread().build().expect("a runtime");
        assert_eq!(foreign.block_on(async { run(async { Ok(7) }) }).expect("an answer"), 7);
    }

    #[test]
    fn a_panic_is_an_error_that_says_it() {
        let error = run::<()>(async { panic!("a bad day") }).expect_err("it panics");
        assert!(error.to_string().contains("a bad day"), "{error}");
    }
}
