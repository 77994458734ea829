use std::fmt;
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::error::Result;
use futures::future::BoxFuture;
use tokio::sync::OnceCell;

/// A table that is opened when it is first asked for; copies are the same table.
#[derive(Clone)]
pub(crate) struct Entry {
    open: Arc<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn TableProvider>>> + Send + Sync>,
    table: Arc<OnceCell<Arc<dyn TableProvider>>>,
}

impl Entry {
    /// A table that `open` gives.
    pub(crate) fn new<F>(open: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Arc<dyn TableProvider>>> + Send + 'static,
    {
        Self { open: Arc::new(move || Box::pin(open())), table: Arc::default() }
    }

    /// A table that is there.
    pub(crate) fn ready(table: Arc<dyn TableProvider>) -> Self {
        Self::new(move || std::future::ready(Ok(Arc::clone(&table))))
    }

    /// The table. A failure is not kept: the next call tries again.
    pub(crate) async fn table(&self) -> Result<Arc<dyn TableProvider>> {
        self.table.get_or_try_init(|| (self.open)()).await.cloned()
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.table.get()).finish()
    }
}
