use cobre_data::store::StoreOptions;

/// How a session works.
#[derive(Debug, Clone, Default)]
pub struct SessionOptions {
    /// How object stores are reached.
    pub storage: StoreOptions,
    /// Threads of a query; none for all cores.
    pub threads: Option<usize>,
    /// Memory that a query may hold (bytes); what does not fit is spilled to temporary files where the operator can, else
    /// the query fails. None for no limit.
    pub memory_limit: Option<usize>,
}
