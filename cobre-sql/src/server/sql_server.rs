use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::flight_service_server::FlightServiceServer;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, Server, ServerTlsConfig};

use super::ServerOptions;
use super::authorization::Authorization;
use super::gate::Gate;
use super::info::sql_info;
use super::planner::Planner;
use super::prepared::PreparedStatements;
use super::queries::Queries;
use super::service::SqlService;
use super::types::type_info;
use crate::{SqlError, StudySession};

/// Bytes of a message that a client sends.
const LARGEST_MESSAGE: usize = 16 << 20;
/// Calls that a connection makes at once.
const MOST_CALLS: u32 = 256;
/// Time between two questions whether a client is still there, and the time it has to answer.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);
/// Time that connections have to end when their queries were stopped.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A server that listens.
pub struct SqlServer {
    listener: TcpListener,
    address: SocketAddr,
    is_encrypted: bool,
    server: Server,
    gate: FlightServiceServer<Gate>,
    queries: Arc<Queries>,
    grace: Duration,
}

impl SqlServer {
    /// Listens. Clients are answered once it [serves](Self::serve). Statements are planned and run on `queries`, which
    /// is to be another runtime than the one that answers: else a busy query would hold up those who want to stop it.
    ///
    /// # Errors
    /// [`SqlError::Server`] when the options would let in whoever comes by, the certificate is none, or the address
    /// cannot be had.
    pub async fn bind(session: StudySession, options: ServerOptions, queries: Handle) -> Result<Self, SqlError> {
        options.check()?;
        let failed = |message: String| SqlError::Server { message };
        let is_encrypted = options.tls.is_some();
        let mut server = Server::builder()
            .max_concurrent_streams(MOST_CALLS)
            .http2_keepalive_interval(Some(SIGN_OF_LIFE))
            .http2_keepalive_timeout(Some(SIGN_OF_LIFE));
        if let Some(tls) = &options.tls {
            // Several are linked in, and none is the default until somebody says so; another that was named before stays.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let identity = Identity::from_pem(&tls.certificate, &tls.key);
            server = server
                .tls_config(ServerTlsConfig::new().identity(identity))
                .map_err(|error| failed(format!("the certificate and its key cannot be used: {}", causes(&error))))?;
        }
        let asked = SocketAddr::new(options.bind, options.port);
        let listened = TcpListener::bind(asked).await.and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = listened.map_err(|error| failed(format!("cannot listen on {asked}: {error}")))?;
        let runtime = queries;
        let queries = Arc::new(Queries::new());
        let unknown = |error: arrow_flight::error::FlightError| failed(error.to_string());
        let service = SqlService {
            planner: Planner::new(session, options.query_timeout, runtime),
            prepared: PreparedStatements::new(),
            queries: Arc::clone(&queries),
            turns: Arc::new(Semaphore::new(options.max_queries.min(Semaphore::MAX_PERMITS))),
            timeout: options.query_timeout,
            sql_info: sql_info(options.query_timeout).map_err(unknown)?,
            type_info: type_info().map_err(unknown)?,
        };
        let gate = Gate::new(Authorization(options.token.map(Arc::new)), service);
        let gate = FlightServiceServer::new(gate).max_decoding_message_size(LARGEST_MESSAGE);
        Ok(Self { listener, address, is_encrypted, server, gate, queries, grace: options.grace })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where clients find it, as in `grpc://127.0.0.1:5432`.
    pub fn url(&self) -> String {
        let scheme = if self.is_encrypted { "grpc+tls" } else { "grpc" };
        format!("{scheme}://{}", self.address)
    }

    /// Answers clients until `stop` ends. Queries that run then have the time of [`ServerOptions::grace`].
    ///
    /// # Errors
    /// [`SqlError::Server`] when connections cannot be taken any more.
    pub async fn serve(mut self, stop: impl Future<Output = ()>) -> Result<(), SqlError> {
        let (ended, has_ended) = oneshot::channel();
        let stop = async move {
            stop.await;
            let _ = ended.send(());
        };
        let incoming = TcpIncoming::from(self.listener).with_nodelay(Some(true));
        let serving = self.server.add_service(self.gate).serve_with_incoming_shutdown(incoming, stop);
        let (queries, grace) = (self.queries, self.grace);
        let patience = async move {
            if has_ended.await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(grace).await;
            queries.stop_all();
            tokio::time::sleep(LAST_WORDS).await;
        };
        tokio::select! {
            served = serving => served.map_err(|error| SqlError::Server {
                message: format!("the server has stopped: {}", causes(&error)),
            }),
            () = patience => Ok(()),
        }
    }
}

/// What went wrong, and why.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
