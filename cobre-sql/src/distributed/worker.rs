use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::object_store::ObjectStoreRegistry;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion_distributed::Worker;
use tokio::net::TcpListener;
use tonic::Request;
use tonic::codegen::InterceptedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, Server, ServerTlsConfig};

use super::channels::Channels;
use super::worker_session::WorkerSession;
use super::{OpenRuns, WorkerOptions, version};
use crate::SqlError;
use crate::server::{Authorization, causes, check_exposure};

/// Time between two questions whether a caller is still there, and the time it has to answer.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// Does what sessions on other machines ask of it: reads runs, filters, joins, aggregates.
pub struct StudyWorker {
    listener: TcpListener,
    address: SocketAddr,
    is_encrypted: bool,
    server: Server,
    worker: Worker,
    authorization: Arc<Authorization>,
    grace: Duration,
}

impl StudyWorker {
    /// Listens. Sessions are answered once it [serves](Self::serve).
    ///
    /// # Errors
    /// [`SqlError::Server`] when the options would let in whoever comes by, the certificate is none, or the address
    /// cannot be had.
    pub async fn bind(options: WorkerOptions) -> Result<Self, SqlError> {
        let WorkerOptions { roots, storage, bind, port, tls, security, memory_limit, grace } = options;
        check_exposure(bind, security.token.is_some(), tls.is_some(), security.insecure)?;
        let failed = |message: String| SqlError::Server { message };
        let mut server = Server::builder()
            .tcp_nodelay(true)
            .http2_keepalive_interval(Some(SIGN_OF_LIFE))
            .http2_keepalive_timeout(Some(SIGN_OF_LIFE));
        let is_encrypted = tls.is_some();
        if let Some(tls) = tls {
            // Several are linked in, and none is the default until somebody says so; another that was named before stays.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let identity = ServerTlsConfig::new().identity(Identity::from_pem(&tls.certificate, &tls.key));
            server = server
                .tls_config(identity)
                .map_err(|error| failed(format!("the certificate and its key cannot be used: {}", causes(&error))))?;
        }
        let runs = Arc::new(OpenRuns::below(&roots, &storage));
        let channels = Arc::new(Channels::new(&security)?);
        let session = WorkerSession::new(&runs, &channels);
        let mut runtime = RuntimeEnvBuilder::new()
            .with_object_store_registry(Arc::new(WorkerStores(runs)) as Arc<dyn ObjectStoreRegistry>);
        if let Some(limit) = memory_limit {
            runtime = runtime.with_memory_pool(Arc::new(FairSpillPool::new(limit)));
        }
        let worker =
            Worker::from_session_builder(session).with_runtime_env(runtime.build_arc()?).with_version(version());
        let asked = SocketAddr::new(bind, port);
        let listened = TcpListener::bind(asked).await.and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = listened.map_err(|error| failed(format!("cannot listen on {asked}: {error}")))?;
        let authorization = Arc::new(Authorization(security.token));
        Ok(Self { listener, address, is_encrypted, server, worker, authorization, grace })
    }

    /// Where sessions find it, as in `http://127.0.0.1:4500`.
    pub fn url(&self) -> String {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Works until `stop` ends. Queries that run then have the time of [`WorkerOptions::grace`].
    ///
    /// # Errors
    /// [`SqlError::Server`] when connections cannot be taken any more.
    pub async fn serve(mut self, stop: impl Future<Output = ()>) -> Result<(), SqlError> {
        let (ended, has_ended) = tokio::sync::oneshot::channel();
        let stop = async move {
            stop.await;
            let _ = ended.send(());
        };
        let authorization = self.authorization;
        let gate = move |request: Request<()>| authorization.check(request.metadata()).map(|()| request);
        let service = InterceptedService::new(self.worker.into_worker_server(), gate);
        let incoming = TcpIncoming::from(self.listener).with_nodelay(Some(true));
        let serving = self.server.add_service(service).serve_with_incoming_shutdown(incoming, stop);
        let grace = self.grace;
        let patience = async move {
            if has_ended.await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(grace).await;
        };
        tokio::select! {
            served = serving => served.map_err(|error| SqlError::Server {
                message: format!("the worker has stopped: {}", causes(&error)),
            }),
            () = patience => Ok(()),
        }
    }
}

/// The stores of a worker: those of runs in its roots, and no others.
#[derive(Debug)]
struct WorkerStores(Arc<OpenRuns>);

impl ObjectStoreRegistry for WorkerStores {
    fn register_store(
        &self,
        _: &url::Url,
        _: Arc<dyn object_store::ObjectStore>,
    ) -> Option<Arc<dyn object_store::ObjectStore>> {
        None
    }

    fn get_store(&self, url: &url::Url) -> datafusion::error::Result<Arc<dyn object_store::ObjectStore>> {
        Ok(self.0.run(url.as_str())?.object_store())
    }
}
