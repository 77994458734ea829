use std::sync::Arc;

use cobre_data::store::StoreOptions;
use datafusion::error::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_distributed::{
    ChannelResolver, DesiredTaskCountEvent, DesiredTaskCountEventResponse, DistributedExt, DistributedLeafExec,
    RouteTasksEvent, RouteTasksEventResponse, ScaleUpLeafNodeEvent, ScaleUpLeafNodeEventResponse,
    SessionStateBuilderExt, WorkerResolver,
};

use super::channels::Channels;
use super::codec::StudyCodec;
use super::planner::{Settings, WorkersPlanner};
use super::roster::Roster;
use super::{OpenRuns, Workers};
use crate::SqlError;
use crate::policy::PolicyScan;

/// The workers of a session, for all its contexts.
#[derive(Debug)]
pub(crate) struct Distribution {
    roster: Arc<Roster>,
    channels: Arc<Channels>,
    /// Runs that the session opens by their address, as its workers do.
    pub(crate) runs: Arc<OpenRuns>,
}

impl Distribution {
    /// # Errors
    /// [`SqlError::Server`] when the token cannot be sent.
    pub(crate) fn new(workers: &Workers, storage: &StoreOptions) -> Result<Self, SqlError> {
        Ok(Self {
            roster: Arc::new(Roster::new(workers.urls.clone())),
            channels: Arc::new(Channels::new(&workers.security)?),
            runs: Arc::new(OpenRuns::anywhere(storage)),
        })
    }
}

/// As many tasks for a scan of a policy as there are stages: there are never more than workers.
fn tasks_of_policy(event: DesiredTaskCountEvent<'_>) -> Option<Result<DesiredTaskCountEventResponse>> {
    let scan = event.plan.downcast_ref::<PolicyScan>()?;
    // Rows that are enough come from one reader, whichever is the first.
    let n_tasks = if scan.fetch().is_some() || scan.is_small() { 1 } else { scan.n_stages() };
    Some(Ok(DesiredTaskCountEventResponse::desired(n_tasks)))
}

fn split_policy(event: ScaleUpLeafNodeEvent<'_>) -> Option<Result<ScaleUpLeafNodeEventResponse>> {
    let scan = event.plan.downcast_ref::<PolicyScan>()?;
    let leaf = scan.split(event.task_count).and_then(|parts| {
        let parts = parts.into_iter().map(|part| Arc::new(part) as Arc<dyn ExecutionPlan>);
        DistributedLeafExec::try_new(Arc::clone(event.plan), parts)
    });
    Some(leaf.map(|leaf| ScaleUpLeafNodeEventResponse::new(Arc::new(leaf))))
}

/// Makes a context plan for workers.
///
/// # Errors
/// When the context has settings that contradict this.
pub(crate) fn distribute(builder: SessionStateBuilder, distribution: &Distribution) -> Result<SessionStateBuilder> {
    let roster = Arc::clone(&distribution.roster);
    let route = move |event: RouteTasksEvent<'_>| {
        // A task of its own goes where what it reads is made.
        (event.task_count > 1).then(|| Ok(RouteTasksEventResponse::new(roster.assign(event.task_count))))
    };
    let mut builder = builder
        .with_distributed_worker_resolver(Arc::clone(&distribution.roster) as Arc<dyn WorkerResolver>)
        .with_distributed_channel_resolver(Arc::clone(&distribution.channels) as Arc<dyn ChannelResolver + Send + Sync>)
        .with_distributed_user_codec(StudyCodec { runs: Arc::clone(&distribution.runs) })
        .with_distributed_route_tasks_handler(route)
        .with_distributed_desired_task_count_handler(tasks_of_policy)
        .with_distributed_scale_up_leaf_node_handler(split_policy)
        .with_distributed_planner();
    let standard = Settings::of(builder.config().get_or_insert_default().options());
    let Some(cutting) = builder.query_planner().take() else { return Ok(builder) };
    let planner = WorkersPlanner {
        roster: Arc::clone(&distribution.roster),
        channels: Arc::clone(&distribution.channels),
        cutting,
        standard,
    };
    Ok(builder.with_query_planner(Arc::new(planner)))
}
