use std::sync::Arc;

use cobre_data::store::StoreOptions;
use datafusion::error::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
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

/// The tasks that a leaf can be shared by: for a scan of a policy as many as there are stages (there are never more than
/// workers). A leaf of one partition is not shared: operators above it may have been planned for all rows in one place.
fn tasks_of_leaf(event: DesiredTaskCountEvent<'_>) -> Option<Result<DesiredTaskCountEventResponse>> {
    if event.plan.children().is_empty() && event.plan.output_partitioning().partition_count() <= 1 {
        return Some(Ok(DesiredTaskCountEventResponse::maximum(1)));
    }
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
pub(crate) fn distribute(builder: SessionStateBuilder, distribution: &Distribution) -> SessionStateBuilder {
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
        .with_distributed_desired_task_count_handler(tasks_of_leaf)
        .with_distributed_scale_up_leaf_node_handler(split_policy)
        .with_distributed_planner();
    let config = builder.config().get_or_insert_default();
    // With one partition nothing would ever be in two places.
    config.options_mut().execution.target_partitions = config.target_partitions().max(2);
    let standard = Settings::of(config.options());
    let Some(cutting) = builder.query_planner().take() else { return builder };
    let planner = WorkersPlanner {
        roster: Arc::clone(&distribution.roster),
        channels: Arc::clone(&distribution.channels),
        cutting,
        standard,
    };
    builder.with_query_planner(Arc::new(planner))
}
