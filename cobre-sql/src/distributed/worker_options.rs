use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use cobre_data::store::{Location, StoreOptions};

use super::WorkerSecurity;
use crate::server::TlsIdentity;

/// What a worker reads, where it listens, and how much it may take.
#[derive(Debug)]
pub struct WorkerOptions {
    /// Roots whose runs it reads, and those of roots below them. A path is to be the same on all machines.
    pub roots: Vec<Location>,
    /// How object stores are reached.
    pub storage: StoreOptions,
    /// Address to listen on.
    pub bind: IpAddr,
    /// Port to listen on; 0 for any that is free.
    pub port: u16,
    /// Certificate and key; none to speak without encryption.
    pub tls: Option<TlsIdentity>,
    /// What callers have to show, and how it speaks to other workers.
    pub security: WorkerSecurity,
    /// Memory that all its queries together may hold (bytes); beyond it operators spill to temporary files where they
    /// can, else the query fails. None for no limit.
    pub memory_limit: Option<usize>,
    /// Time that running queries have to end when the worker stops.
    pub grace: Duration,
}

impl Default for WorkerOptions {
    /// No roots, this machine only, no limit.
    fn default() -> Self {
        Self {
            roots: Vec::new(),
            storage: StoreOptions::default(),
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            tls: None,
            security: WorkerSecurity::default(),
            memory_limit: None,
            grace: Duration::from_secs(5),
        }
    }
}
