use std::panic::AssertUnwindSafe;
use std::time::Duration;

use arrow_flight::error::FlightError;
use datafusion::arrow::array::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::execute_stream;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use tokio::runtime::Handle as Runtime;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tonic::Status;

use super::planner::PlannedQuery;
use super::queries::StopSignal;
use super::status::{of_panic, of_query, out_of_time};

/// Batches that are made before the client has taken the one before.
const AHEAD: usize = 2;

/// A query while it runs. It works on threads of its own, so that those that answer clients can stop it, and it ends when
/// nobody holds it any more.
pub(super) struct Execution {
    batches: mpsc::Receiver<Result<RecordBatch, Status>>,
    work: JoinHandle<()>,
    stop: StopSignal,
    timeout: Option<(Instant, Duration)>,
}

impl Execution {
    /// A query that has `timeout` from now on. Its turn is over when it works no more.
    pub(super) fn start(
        query: PlannedQuery,
        stop: StopSignal,
        timeout: Option<Duration>,
        turn: OwnedSemaphorePermit,
        runtime: &Runtime,
    ) -> Self {
        let (send, batches) = mpsc::channel(AHEAD);
        let work = runtime.spawn(async move {
            let _turn = turn;
            let made = AssertUnwindSafe(make_batches(query, &send)).catch_unwind().await;
            let failed = match made {
                Ok(Ok(())) => return,
                Ok(Err(error)) => of_query(&error),
                Err(panic) => of_panic(panic.as_ref()),
            };
            // A client that has gone needs no answer.
            let _ = send.send(Err(failed)).await;
        });
        let timeout = timeout.map(|timeout| (Instant::now() + timeout, timeout));
        Self { batches, work, stop, timeout }
    }

    /// The answer, batch by batch; an error is the last that comes.
    pub(super) fn into_stream(self) -> BoxStream<'static, Result<RecordBatch, FlightError>> {
        let batches = stream::unfold(Some(self), |execution| async move {
            let mut execution = execution?;
            match execution.next_batch().await? {
                Ok(batch) => Some((Ok(batch), Some(execution))),
                Err(status) => Some((Err(FlightError::Tonic(Box::new(status))), None)),
            }
        });
        batches.boxed()
    }

    async fn next_batch(&mut self) -> Option<Result<RecordBatch, Status>> {
        tokio::select! {
            biased;
            () = self.stop.stopped() => Some(Err(Status::cancelled("the query was stopped"))),
            allowed = end_of(self.timeout) => Some(Err(out_of_time(allowed))),
            batch = self.batches.recv() => batch,
        }
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        self.work.abort();
    }
}

/// Runs the plans of a query, one after the other.
async fn make_batches(
    query: PlannedQuery,
    send: &mpsc::Sender<Result<RecordBatch, Status>>,
) -> Result<(), DataFusionError> {
    for plan in query.plans {
        let mut batches = execute_stream(plan, query.context.clone())?;
        while let Some(batch) = batches.next().await {
            if send.send(Ok(batch?)).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Ends when the time is over, which it tells.
async fn end_of(timeout: Option<(Instant, Duration)>) -> Duration {
    match timeout {
        Some((end, allowed)) => {
            tokio::time::sleep_until(end).await;
            allowed
        }
        None => std::future::pending().await,
    }
}
