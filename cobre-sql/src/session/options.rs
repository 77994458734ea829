use cobre_data::store::StoreOptions;

#[cfg(feature = "distributed")]
use crate::distributed::Workers;

/// How a session works.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// How object stores are reached.
    pub storage: StoreOptions,
    /// Threads of a query; none for all cores.
    pub threads: Option<usize>,
    /// Memory that a query may hold (bytes); what does not fit is spilled to temporary files where the operator can, else
    /// the query fails. None for no limit.
    pub memory_limit: Option<usize>,
    /// Whether a query may open a root or a policy by its URL; else it sees only what is attached.
    pub allow_urls: bool,
    /// Workers that take part in queries; none to work alone.
    #[cfg(feature = "distributed")]
    pub workers: Option<Workers>,
}

impl Default for SessionOptions {
    /// All cores, no limit, URLs allowed, alone.
    fn default() -> Self {
        Self {
            storage: StoreOptions::default(),
            threads: None,
            memory_limit: None,
            allow_urls: true,
            #[cfg(feature = "distributed")]
            workers: None,
        }
    }
}
