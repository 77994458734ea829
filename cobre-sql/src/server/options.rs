use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::Token;
use crate::SqlError;

/// Where a server listens, who may ask, and how much at once.
#[derive(Debug)]
pub struct ServerOptions {
    /// Address to listen on.
    pub bind: IpAddr,
    /// Port to listen on; 0 for any that is free.
    pub port: u16,
    /// What a client has to know. None for everybody on this machine; other machines need one.
    pub token: Option<Token>,
    /// Certificate and key; none to speak without encryption.
    pub tls: Option<TlsIdentity>,
    /// Lets other machines speak without encryption: token and answers can be read on the way.
    pub insecure: bool,
    /// Queries that run at once (at least 1); others wait.
    pub max_queries: usize,
    /// Time after which a query that has not been read to its end is stopped; none for no limit.
    pub query_timeout: Option<Duration>,
    /// Time that running queries have to end when the server stops.
    pub grace: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            token: None,
            tls: None,
            insecure: false,
            max_queries: 8,
            query_timeout: None,
            grace: Duration::from_secs(5),
        }
    }
}

impl ServerOptions {
    /// Refuses what would hand results to people who should not have them.
    pub(super) fn check(&self) -> Result<(), SqlError> {
        let refused = |message: String| Err(SqlError::Server { message });
        if self.max_queries == 0 {
            return refused("a server that runs no query answers none; expected at least 1".to_owned());
        }
        check_exposure(self.bind, self.token.is_some(), self.tls.is_some(), self.insecure)
    }
}

/// Refuses to listen where other machines could ask without a token, or read what goes to and fro.
pub(crate) fn check_exposure(bind: IpAddr, has_token: bool, has_tls: bool, insecure: bool) -> Result<(), SqlError> {
    let refused = |message: String| Err(SqlError::Server { message });
    if bind.is_loopback() {
        return Ok(());
    }
    if !has_token {
        return refused(format!("{bind} is seen by other machines: a token is needed there"));
    }
    if !has_tls && !insecure {
        return refused(format!(
            "{bind} is seen by other machines, and without TLS so are the token and the answers\nhint: give a \
             certificate and its key, or say that the network is safe by --insecure"
        ));
    }
    Ok(())
}

/// A certificate with its key, both as PEM.
pub struct TlsIdentity {
    /// The certificate, followed by those between it and the root.
    pub certificate: Vec<u8>,
    /// Its private key.
    pub key: Vec<u8>,
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsIdentity(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> TlsIdentity {
        TlsIdentity { certificate: Vec::new(), key: Vec::new() }
    }

    #[test]
    fn other_machines_need_a_token_and_encryption() {
        let everywhere = || ServerOptions { bind: Ipv4Addr::UNSPECIFIED.into(), ..ServerOptions::default() };
        let token = || Some(Token::random().expect("random bytes"));
        let allowed = |options: ServerOptions| options.check().is_ok();
        assert!(allowed(ServerOptions::default()));
        assert!(!allowed(everywhere()));
        assert!(!allowed(ServerOptions { tls: Some(identity()), insecure: true, ..everywhere() }));
        assert!(!allowed(ServerOptions { token: token(), ..everywhere() }));
        assert!(allowed(ServerOptions { token: token(), tls: Some(identity()), ..everywhere() }));
        assert!(allowed(ServerOptions { token: token(), insecure: true, ..everywhere() }));
        assert!(!allowed(ServerOptions { max_queries: 0, ..ServerOptions::default() }));
    }
}
