use std::fmt;
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::error::Result;
use futures::TryFutureExt;
use futures::future::BoxFuture;
use tokio::sync::OnceCell;

/// A table, or that there is none.
type Found = Option<Arc<dyn TableProvider>>;

/// A table that is opened when it is first asked for; copies are the same table.
#[derive(Clone)]
pub(crate) struct Entry {
    open: Arc<dyn Fn() -> BoxFuture<'static, Result<Found>> + Send + Sync>,
    table: Arc<OnceCell<Found>>,
}

impl Entry {
    /// A table that `open` gives.
    pub(crate) fn new<F>(open: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Arc<dyn TableProvider>>> + Send + 'static,
    {
        Self::possible(move || open().map_ok(Some))
    }

    /// A table that `open` gives, if it turns out that it can be.
    pub(crate) fn possible<F>(open: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Found>> + Send + 'static,
    {
        Self { open: Arc::new(move || Box::pin(open())), table: Arc::default() }
    }

    /// The table. A failure is not kept: the next call tries again.
    pub(crate) async fn table(&self) -> Result<Found> {
        self.table.get_or_try_init(|| (self.open)()).await.cloned()
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.table.get()).finish()
    }
}
