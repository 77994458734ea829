use std::net::IpAddr;
use std::sync::Arc;

use url::{Host, Url};

use crate::SqlError;
use crate::server::Token;

/// The workers of a session: at least one.
#[derive(Debug, Clone)]
pub struct Workers {
    pub(super) urls: Vec<Url>,
    pub(super) security: WorkerSecurity,
}

/// How workers are spoken to, by sessions and by each other.
#[derive(Debug, Clone, Default)]
pub struct WorkerSecurity {
    /// What they have to be shown; none where everybody may ask.
    pub token: Option<Arc<Token>>,
    /// Certificates (PEM) of those who may vouch for workers at `https://` URLs.
    pub authority: Option<Vec<u8>>,
    /// Whether other machines are spoken to without encryption: token, plans and rows can be read on the way.
    pub insecure: bool,
}

impl Workers {
    /// Takes the URLs of workers, such as `http://127.0.0.1:4500` or `https://node7:4500`.
    ///
    /// # Errors
    /// [`SqlError::Server`] when one is not of this form or there is none, and when another machine would be spoken to
    /// without encryption, or with nobody to vouch for it.
    pub fn new<'a>(urls: impl IntoIterator<Item = &'a str>, security: WorkerSecurity) -> Result<Self, SqlError> {
        let urls = urls.into_iter().map(|text| parse(text, &security)).collect::<Result<Vec<_>, _>>()?;
        if urls.is_empty() {
            return refused("there is no worker in an empty list".to_owned());
        }
        Ok(Self { urls, security })
    }
}

fn parse(text: &str, security: &WorkerSecurity) -> Result<Url, SqlError> {
    let text = text.trim();
    let form = |why: &str| {
        refused(format!(
            "`{text}` is no worker: {why}; expected a URL such as http://127.0.0.1:4500 or https://node7:4500"
        ))
    };
    let Ok(url) = Url::parse(text) else { return form("not a URL") };
    if !matches!(url.scheme(), "http" | "https") {
        return form("its scheme is neither http nor https");
    }
    if url.host().is_none() || url.port_or_known_default().is_none() || !url.username().is_empty() {
        return form("it has no host, or a user");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return form("it has more than a host and a port");
    }
    if url.scheme() == "https" && security.authority.is_none() {
        return refused(format!(
            "nobody vouches for {url}\nhint: give the certificate of its authority by --worker-ca"
        ));
    }
    if url.scheme() == "http" && !is_loopback(&url) && !security.insecure {
        return refused(format!(
            "{url} is another machine, and without TLS what goes there can be read on the way\nhint: give it a certificate \
             and write https, or say that the network is safe by --insecure"
        ));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

fn refused<T>(message: String) -> Result<T, SqlError> {
    Err(SqlError::Server { message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(url: &str, security: WorkerSecurity) -> bool {
        Workers::new([url], security).is_ok()
    }

    #[test]
    fn workers_are_hosts_with_ports() {
        for url in ["http://127.0.0.1:4500", "http://localhost:1", "http://[::1]:7", " http://127.0.0.1:80 "] {
            assert!(is_taken(url, WorkerSecurity::default()), "{url}");
        }
        for url in
            ["", "4500", "127.0.0.1:4500", "ftp://127.0.0.1", "http://127.0.0.1/a", "http://a@127.0.0.1:1", "http://"]
        {
            assert!(!is_taken(url, WorkerSecurity::default()), "{url}");
        }
        Workers::new([], WorkerSecurity::default()).expect_err("nobody works");
    }

    #[test]
    fn other_machines_are_spoken_to_in_secret() {
        let vouched = || WorkerSecurity { authority: Some(Vec::new()), ..WorkerSecurity::default() };
        assert!(!is_taken("http://node7:4500", WorkerSecurity::default()));
        assert!(!is_taken("http://10.0.0.7:4500", vouched()));
        assert!(is_taken("http://node7:4500", WorkerSecurity { insecure: true, ..WorkerSecurity::default() }));
        assert!(!is_taken("https://node7:4500", WorkerSecurity::default()));
        assert!(is_taken("https://node7:4500", vouched()));
    }
}
