use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion_distributed::{
    CoordinatorToWorkerMsg, ExecuteTaskRequest, GetWorkerInfoRequest, GetWorkerInfoResponse, SetPlanRequest,
    WorkerChannel, WorkerToCoordinatorMsg,
};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use tonic::codegen::http::HeaderMap;
use tonic::{Code, Status};
use url::Url;

/// A worker whose failures say whose they are.
pub(super) struct NamedWorker {
    pub(super) url: Url,
    pub(super) channel: Box<dyn WorkerChannel>,
}

/// Names the worker in what the connection to it says; what a query says stays as it is.
fn named(url: &Url, error: DataFusionError) -> DataFusionError {
    let DataFusionError::External(cause) = &error else { return error };
    let Some(status) = cause.downcast_ref::<Status>() else { return error };
    let message = match status.code() {
        Code::Unauthenticated => format!("worker {url} refuses: {}", status.message()),
        _ => format!("worker {url} is gone, or out of reach: {}\nhint: ask again", reasons(status)),
    };
    DataFusionError::IoError(io::Error::other(message))
}

fn reasons(status: &Status) -> String {
    let mut text = status.message().to_owned();
    let mut next = std::error::Error::source(status);
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

fn naming<T: Send + 'static>(url: Url, stream: BoxStream<'static, Result<T>>) -> BoxStream<'static, Result<T>> {
    stream.map_err(move |error| named(&url, error)).boxed()
}

#[async_trait]
impl WorkerChannel for NamedWorker {
    async fn coordinator_channel(
        &mut self,
        headers: HeaderMap,
        request: SetPlanRequest,
        messages: BoxStream<'static, CoordinatorToWorkerMsg>,
        metrics: ExecutionPlanMetricsSet,
        context: &Arc<TaskContext>,
    ) -> Result<BoxStream<'static, Result<WorkerToCoordinatorMsg>>> {
        let answered = self.channel.coordinator_channel(headers, request, messages, metrics, context).await;
        Ok(naming(self.url.clone(), answered.map_err(|error| named(&self.url, error))?))
    }

    async fn execute_task(
        &mut self,
        headers: HeaderMap,
        request: ExecuteTaskRequest,
        metrics: ExecutionPlanMetricsSet,
        context: &Arc<TaskContext>,
    ) -> Result<Vec<BoxStream<'static, Result<RecordBatch>>>> {
        let answered = self.channel.execute_task(headers, request, metrics, context).await;
        let streams = answered.map_err(|error| named(&self.url, error))?;
        Ok(streams.into_iter().map(|stream| naming(self.url.clone(), stream)).collect())
    }

    async fn get_worker_info(&mut self, request: GetWorkerInfoRequest) -> Result<GetWorkerInfoResponse> {
        self.channel.get_worker_info(request).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_connection_speaks_for_the_worker() {
        let url = Url::parse("http://node7:4500").expect("a URL");
        let of_connection =
            |code| named(&url, DataFusionError::External(Box::new(Status::new(code, "reset")))).to_string();
        assert!(of_connection(Code::Unavailable).contains("worker http://node7:4500/ is gone"));
        assert!(of_connection(Code::Unauthenticated).contains("refuses: reset"));
        let of_query = DataFusionError::Execution("policy has no stage 99".to_owned());
        assert_eq!(named(&url, of_query).to_string(), "Execution error: policy has no stage 99");
    }
}
