use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use datafusion::error::{DataFusionError, Result};
use datafusion_distributed::grpc::{BoxCloneSyncChannel, create_worker_client};
use datafusion_distributed::{ChannelResolver, GetWorkerInfoRequest, WorkerChannel};
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::transport::{Certificate, Channel, ClientTlsConfig};
use tonic::{Code, Status};
use url::Url;

use super::named_worker::NamedWorker;
use super::{WorkerSecurity, version};
use crate::SqlError;

/// Time to reach a worker.
const CONNECT: Duration = Duration::from_secs(3);
/// Time that a worker has to tell its version.
const ANSWER: Duration = Duration::from_secs(5);
/// Time between two questions whether a worker is still there, and the time it has to answer.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// Connections to workers. One that broke is made anew by the next call.
pub(super) struct Channels {
    authorization: Option<http::HeaderValue>,
    authority: Option<Certificate>,
    open: Mutex<BTreeMap<Url, BoxCloneSyncChannel>>,
}

impl Channels {
    /// # Errors
    /// [`SqlError::Server`] when the token cannot be sent.
    pub(super) fn new(security: &WorkerSecurity) -> Result<Self, SqlError> {
        let header = |token: &std::sync::Arc<crate::server::Token>| {
            let mut header = http::HeaderValue::try_from(format!("Bearer {}", token.secret()))?;
            header.set_sensitive(true);
            Ok(header)
        };
        let authorization = security.token.as_ref().map(header).transpose();
        let authorization = authorization.map_err(|error: http::header::InvalidHeaderValue| SqlError::Server {
            message: format!("the token of the workers cannot be sent: {error}"),
        })?;
        if security.authority.is_some() {
            // Several are linked in, and none is the default until somebody says so.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let authority = security.authority.as_ref().map(Certificate::from_pem);
        Ok(Self { authorization, authority, open: Mutex::default() })
    }

    /// Asks a worker whether it is there.
    ///
    /// # Errors
    /// When it does not answer, wants another token, or is of another version.
    pub(super) async fn check(&self, url: &Url) -> Result<(), Absence> {
        let asked = async {
            let mut client = create_worker_client(self.channel(url)?);
            client.get_worker_info(GetWorkerInfoRequest {}).await
        };
        let silent = || Absence::Silent(format!("no answer within {} s", ANSWER.as_secs()));
        let answer = tokio::time::timeout(ANSWER, asked).await.map_err(|_| silent())?;
        let info = answer.map_err(|error| {
            let status = match &error {
                DataFusionError::External(cause) => cause.downcast_ref::<Status>(),
                _ => None,
            };
            match status {
                Some(status) if status.code() == Code::Unauthenticated => Absence::Unfit(status.message().to_owned()),
                Some(status) => Absence::Silent(status.message().to_owned()),
                None => Absence::Unfit(error.to_string()),
            }
        })?;
        if info.version == version() {
            return Ok(());
        }
        Err(Absence::Unfit(format!(
            "it is {}, this is {}; plans travel between equal versions only",
            info.version,
            version()
        )))
    }

    fn channel(&self, url: &Url) -> Result<BoxCloneSyncChannel> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = open.get(url) {
            return Ok(channel.clone());
        }
        let unusable = |error: &dyn fmt::Display| DataFusionError::Configuration(format!("worker {url}: {error}"));
        let endpoint = Channel::from_shared(url.to_string()).map_err(|error| unusable(&error))?;
        let mut endpoint = endpoint
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(SIGN_OF_LIFE)
            .keep_alive_timeout(SIGN_OF_LIFE);
        if url.scheme() == "https" {
            let mut tls = ClientTlsConfig::new();
            if let Some(authority) = &self.authority {
                tls = tls.ca_certificate(authority.clone());
            }
            endpoint = endpoint.tls_config(tls).map_err(|error| unusable(&error))?;
        }
        let channel = Authorized { channel: endpoint.connect_lazy(), authorization: self.authorization.clone() };
        let channel = BoxCloneSyncChannel::new(channel);
        open.insert(url.clone(), channel.clone());
        Ok(channel)
    }
}

impl fmt::Debug for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Channels(…)")
    }
}

#[async_trait]
impl ChannelResolver for Channels {
    async fn get_worker_client_for_url(&self, url: &Url) -> Result<Box<dyn WorkerChannel>> {
        let channel = create_worker_client(self.channel(url)?);
        Ok(Box::new(NamedWorker { url: url.clone(), channel }))
    }
}

/// Why a worker takes no part.
#[derive(Debug)]
pub(super) enum Absence {
    /// It is not there, now.
    Silent(String),
    /// It is there, and cannot be used as long as nobody changes it.
    Unfit(String),
}

/// A connection on which every call shows the token.
#[derive(Clone)]
struct Authorized {
    channel: Channel,
    authorization: Option<http::HeaderValue>,
}

impl Service<http::Request<Body>> for Authorized {
    type Response = <Channel as Service<http::Request<Body>>>::Response;
    type Error = <Channel as Service<http::Request<Body>>>::Error;
    type Future = <Channel as Service<http::Request<Body>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.channel.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(http::header::AUTHORIZATION, authorization.clone());
        }
        self.channel.call(request)
    }
}
