use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use async_trait::async_trait;
use datafusion::dataframe::DataFrame;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::context::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use datafusion_cli::cli_context::CliSessionContext;
use object_store::ObjectStore;
use tokio::sync::Mutex;
use url::Url;

use crate::{SqlError, StudySession};

/// The session as DataFusion's shell sees it. Every statement is planned over what is committed then.
pub(super) struct ShellContext {
    session: Mutex<StudySession>,
    context: SessionContext,
    /// Why the last look at the stores failed.
    failure: StdMutex<Option<SqlError>>,
}

impl ShellContext {
    pub(super) fn new(session: StudySession) -> Self {
        let context = session.context().clone();
        Self { session: Mutex::new(session), context, failure: StdMutex::new(None) }
    }

    /// Looks for what was committed; a failure is the answer of the next statement.
    pub(super) async fn refresh(&self) {
        let failure = self.session.lock().await.refresh().await.err();
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }
}

#[async_trait]
impl CliSessionContext for ShellContext {
    fn task_ctx(&self) -> Arc<TaskContext> {
        self.context.task_ctx()
    }

    fn session_state(&self) -> SessionState {
        self.context.state()
    }

    fn register_object_store(&self, url: &Url, store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        self.context.register_object_store(url, store)
    }

    fn register_table_options_extension_from_scheme(&self, scheme: &str) {
        self.context.register_table_options_extension_from_scheme(scheme);
    }

    async fn execute_logical_plan(&self, plan: LogicalPlan) -> Result<DataFrame> {
        if let Some(failure) = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(DataFusionError::External(Box::new(failure)));
        }
        self.context.execute_logical_plan(plan).await
    }
}
