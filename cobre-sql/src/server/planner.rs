use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, Semaphore};
use tonic::Status;

use super::functions::refuse_boundless;
use super::parameters::{bind, parameter_schema};
use super::statement::plan_statement;
use super::status::{internal, of_panic, of_query, of_session, out_of_time};
use crate::StudySession;

/// Plans statements over what is committed when they come.
#[derive(Clone)]
pub(super) struct Planner {
    session: Arc<Mutex<StudySession>>,
    /// Statements are planned by as many threads as there are cores.
    turns: Arc<Semaphore>,
    /// Where statements are planned, and run.
    runtime: Handle,
    /// Time that a client waits for a plan.
    timeout: Option<Duration>,
}

/// A query that can run once.
pub(super) struct PlannedQuery {
    /// One after the other, each for a row of parameters.
    pub(super) plans: Vec<Arc<dyn ExecutionPlan>>,
    /// Memory and settings of this query alone.
    pub(super) context: Arc<TaskContext>,
}

/// What a statement takes and gives.
pub(super) struct Described {
    pub(super) answer: Schema,
    pub(super) parameters: Schema,
}

impl PlannedQuery {
    pub(super) fn schema(&self) -> SchemaRef {
        self.plans.first().map_or_else(|| Arc::new(Schema::empty()), |plan| plan.schema())
    }
}

impl Planner {
    pub(super) fn new(session: StudySession, timeout: Option<Duration>, runtime: Handle) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { session: Arc::new(Mutex::new(session)), turns: Arc::new(Semaphore::new(cores)), runtime, timeout }
    }

    /// The threads of queries.
    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// A context over what is committed now.
    pub(super) async fn context(&self) -> Result<SessionContext, Status> {
        let mut session = self.session.lock().await;
        session.refresh().await.map_err(|error| of_session(&error))?;
        let context = session.query_context().map_err(|error| of_session(&error))?;
        refuse_boundless(&context);
        Ok(context)
    }

    /// Plans a statement with a row of parameters, or several.
    pub(super) async fn plan(&self, text: &str, rows: Option<RecordBatch>) -> Result<PlannedQuery, Status> {
        let (context, text) = (self.context().await?, text.to_owned());
        self.apart(async move {
            let state = context.state();
            let plan = plan_statement(&state, &text).await?;
            let mut plans = Vec::new();
            for bound in bind(plan, rows.as_ref())? {
                let plan = state.create_physical_plan(&bound).await;
                plans.push(plan.map_err(|error| of_query(&error))?);
            }
            Ok(PlannedQuery { plans, context: context.task_ctx() })
        })
        .await
    }

    /// Tells what a statement takes and gives.
    pub(super) async fn describe(&self, text: &str) -> Result<Described, Status> {
        let (context, text) = (self.context().await?, text.to_owned());
        self.apart(async move {
            let plan = plan_statement(&context.state(), &text).await?;
            Ok(Described { answer: plan.schema().as_arrow().clone(), parameters: parameter_schema(&plan)? })
        })
        .await
    }

    /// Plans on a thread that may be busy for long: those that answer clients may not.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Status>> + Send + 'static,
    ) -> Result<T, Status> {
        let planned = async {
            let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(internal)?;
            let runtime = self.runtime.clone();
            let planned = self.runtime.spawn_blocking(move || {
                // Given back by the thread: a client that leaves does not stop it.
                let _turn = turn;
                runtime.block_on(work)
            });
            Ok::<_, Status>(planned.await)
        };
        let planned = match self.timeout {
            Some(timeout) => tokio::time::timeout(timeout, planned).await.map_err(|_| out_of_time(timeout))?,
            None => planned.await,
        };
        match planned? {
            Ok(outcome) => outcome,
            Err(stopped) if stopped.is_panic() => Err(of_panic(stopped.into_panic().as_ref())),
            Err(stopped) => Err(internal(stopped)),
        }
    }
}
