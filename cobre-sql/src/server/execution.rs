use std::panic::AssertUnwindSafe;
use std::time::Duration;

use arrow_flight::error::FlightError;
use datafusion::arrow::array::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::execute_stream;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tonic::Status;

use super::planner::PlannedQuery;
use super::queries::StopSignal;
use super::status::{of_panic, of_query, out_of_time};

/// A query while it runs. It ends when nobody holds it any more, and nothing of it outlives it.
pub(super) struct Execution {
    query: PlannedQuery,
    /// The plan that comes next.
    next: usize,
    batches: Option<SendableRecordBatchStream>,
    stop: StopSignal,
    timeout: Option<(Instant, Duration)>,
    _turn: OwnedSemaphorePermit,
}

impl Execution {
    /// A query that has `timeout` from now on.
    pub(super) fn new(
        query: PlannedQuery,
        stop: StopSignal,
        timeout: Option<Duration>,
        turn: OwnedSemaphorePermit,
    ) -> Self {
        let timeout = timeout.map(|timeout| (Instant::now() + timeout, timeout));
        Self { query, next: 0, batches: None, stop, timeout, _turn: turn }
    }

    /// The answer, batch by batch; an error is the last that comes.
    pub(super) fn into_stream(self) -> BoxStream<'static, Result<RecordBatch, FlightError>> {
        let batches = stream::unfold(Some(self), |execution| async move {
            let mut execution = execution?;
            match execution.next_batch().await {
                Ok(None) => None,
                Ok(Some(batch)) => Some((Ok(batch), Some(execution))),
                Err(status) => Some((Err(FlightError::Tonic(Box::new(status))), None)),
            }
        });
        batches.boxed()
    }

    async fn next_batch(&mut self) -> Result<Option<RecordBatch>, Status> {
        let timeout = self.timeout;
        let (query, next, batches) = (&self.query, &mut self.next, &mut self.batches);
        let batch = AssertUnwindSafe(next_of(query, next, batches)).catch_unwind();
        tokio::select! {
            biased;
            () = self.stop.stopped() => Err(Status::cancelled("the query was stopped")),
            allowed = end_of(timeout) => Err(out_of_time(allowed)),
            batch = batch => match batch {
                Ok(batch) => batch.map_err(|error| of_query(&error)),
                Err(panic) => Err(of_panic(panic.as_ref())),
            },
        }
    }
}

/// The next batch of the plans, one after the other.
async fn next_of(
    query: &PlannedQuery,
    next: &mut usize,
    batches: &mut Option<SendableRecordBatchStream>,
) -> Result<Option<RecordBatch>, DataFusionError> {
    loop {
        if let Some(running) = batches {
            if let Some(batch) = running.next().await {
                return batch.map(Some);
            }
            *batches = None;
        }
        let Some(plan) = query.plans.get(*next) else { return Ok(None) };
        *next += 1;
        *batches = Some(execute_stream(plan.clone(), query.context.clone())?);
    }
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
