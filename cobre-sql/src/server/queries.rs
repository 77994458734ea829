use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::handles::{Handle, HandleStore, StoreLimits};
use super::planner::PlannedQuery;

/// Queries that are planned and not fetched yet.
const WAITING: StoreLimits = StoreLimits { count: 256, bytes: 16 << 20, lifetime: Duration::from_mins(5) };

/// The queries that clients know of, each by its handle.
pub(super) struct Queries {
    waiting: HandleStore<PlannedQuery>,
    running: Arc<Mutex<Running>>,
}

#[derive(Default)]
struct Running {
    stops: BTreeMap<Handle, watch::Sender<bool>>,
    /// Whether the server ends.
    is_over: bool,
}

/// Says when a query is to stop. As long as it lives the query counts as running.
pub(super) struct StopSignal {
    handle: Handle,
    stopped: watch::Receiver<bool>,
    running: Arc<Mutex<Running>>,
}

impl Queries {
    pub(super) fn new() -> Self {
        Self { waiting: HandleStore::new(WAITING), running: Arc::default() }
    }

    /// Keeps a query, whose text has `bytes`, until it is fetched.
    pub(super) fn put(&self, handle: Handle, query: PlannedQuery, bytes: usize) {
        self.waiting.put(handle, query, bytes);
    }

    /// Takes a query out to run it.
    pub(super) fn take(&self, handle: Handle) -> Option<PlannedQuery> {
        self.waiting.take(handle)
    }

    /// Counts a query as running.
    pub(super) fn run(&self, handle: Handle) -> StopSignal {
        let mut running = lock(&self.running);
        let (stop, stopped) = watch::channel(running.is_over);
        running.stops.insert(handle, stop);
        StopSignal { handle, stopped, running: Arc::clone(&self.running) }
    }

    /// Stops a query. False when it is neither waiting nor running.
    pub(super) fn stop(&self, handle: Handle) -> bool {
        let was_waiting = self.waiting.take(handle).is_some();
        let was_running = lock(&self.running).stops.get(&handle).is_some_and(|stop| stop.send(true).is_ok());
        was_waiting || was_running
    }

    /// Stops every query, and those that come.
    pub(super) fn stop_all(&self) {
        let mut running = lock(&self.running);
        running.is_over = true;
        for stop in running.stops.values() {
            stop.send_replace(true);
        }
    }
}

impl StopSignal {
    /// Ends when the query is to stop.
    pub(super) async fn stopped(&mut self) {
        if self.stopped.wait_for(|is_stopped| *is_stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for StopSignal {
    fn drop(&mut self) {
        lock(&self.running).stops.remove(&self.handle);
    }
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn running_queries_can_be_stopped() {
        let queries = Queries::new();
        let (one, other) = (Handle::random().expect("bytes"), Handle::random().expect("bytes"));
        let (mut first, mut second) = (queries.run(one), queries.run(other));
        assert!(queries.stop(one));
        first.stopped().await;
        drop(first);
        assert!(!queries.stop(one), "it has ended");
        assert!(tokio::time::timeout(Duration::from_millis(20), second.stopped()).await.is_err());
        queries.stop_all();
        second.stopped().await;
        queries.run(one).stopped().await;
    }
}
