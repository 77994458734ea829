use std::sync::Arc;

use async_trait::async_trait;
use datafusion::error::Result;
use datafusion::execution::{FunctionRegistry, SessionState};
use datafusion_distributed::{
    ChannelResolver, DistributedExt, WorkerPlanRewriteEvent, WorkerPlanRewriteEventResponse, WorkerQueryContext,
    WorkerSessionBuilder,
};

use super::OpenRuns;
use super::admission::admit;
use super::channels::Channels;
use super::codec::StudyCodec;
use crate::functions::aggregates;
use crate::policy::{Policies, policy_functions};
use crate::session::set_execution;
use crate::table::FooterCache;

/// Makes what a task runs in: the functions and operators that its session has.
pub(super) struct WorkerSession {
    runs: Arc<OpenRuns>,
    channels: Arc<Channels>,
    footers: Arc<FooterCache>,
    policies: Arc<Policies>,
}

impl WorkerSession {
    pub(super) fn new(runs: &Arc<OpenRuns>, channels: &Arc<Channels>) -> Self {
        let policies = Arc::new(Policies::of_runs(runs));
        Self { runs: Arc::clone(runs), channels: Arc::clone(channels), footers: Arc::default(), policies }
    }
}

#[async_trait]
impl WorkerSessionBuilder for WorkerSession {
    async fn build_session_state(&self, context: WorkerQueryContext) -> Result<SessionState> {
        let mut builder = context.builder;
        set_execution(builder.config().get_or_insert_default());
        let (runs, footers) = (Arc::clone(&self.runs), Arc::clone(&self.footers));
        let mut state = builder
            .with_distributed_user_codec(StudyCodec { runs: Arc::clone(&self.runs) })
            .with_distributed_channel_resolver(Arc::clone(&self.channels) as Arc<dyn ChannelResolver + Send + Sync>)
            .with_distributed_worker_plan_rewrite_handler(move |event: WorkerPlanRewriteEvent<'_>| {
                Ok(WorkerPlanRewriteEventResponse::new(admit(event.plan, &runs, &footers)?))
            })
            .build();
        for function in aggregates() {
            state.register_udaf(Arc::new(function))?;
        }
        for function in policy_functions(&self.policies) {
            state.register_udf(Arc::new(function))?;
        }
        Ok(state)
    }
}
