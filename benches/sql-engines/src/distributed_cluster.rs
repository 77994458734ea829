use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion_distributed::{DistributedExt, SessionStateBuilderExt, Worker, WorkerResolver};
use tokio::process::Child;
use url::Url;

use crate::Outcome;
use crate::child::{free_port, start};

/// Workers of datafusion-distributed.
pub(crate) struct Cluster {
    urls: Vec<Url>,
    _workers: Vec<Child>,
}

impl Cluster {
    pub(crate) async fn start(n: usize) -> Outcome<Self> {
        let (mut urls, mut workers) = (Vec::new(), Vec::new());
        for _ in 0..n {
            let port = free_port()?;
            workers.push(start("worker", &[port]).await?);
            urls.push(Url::parse(&format!("http://127.0.0.1:{port}"))?);
        }
        Ok(Self { urls, _workers: workers })
    }

    /// A context whose queries they share, however small.
    pub(crate) fn context(&self, partitions: usize) -> Outcome<SessionContext> {
        // Workers have as many partitions each as the session asks for: one per thread.
        let config = SessionConfig::new().with_target_partitions(partitions);
        let state = SessionStateBuilder::new()
            .with_default_features()
            .with_config(config)
            .with_distributed_worker_resolver(Listed(self.urls.clone()))
            .with_distributed_planner()
            .with_distributed_file_scan_config_bytes_per_partition(1)?
            .build();
        Ok(SessionContext::new_with_state(state))
    }
}

struct Listed(Vec<Url>);

impl WorkerResolver for Listed {
    fn get_urls(&self) -> Result<Vec<Url>, DataFusionError> {
        Ok(self.0.clone())
    }
}

/// Is a worker.
pub(crate) async fn work(port: u16) -> Outcome<()> {
    let service = Worker::default().into_worker_server();
    let address = format!("127.0.0.1:{port}").parse()?;
    Ok(tonic::transport::Server::builder().add_service(service).serve(address).await?)
}
