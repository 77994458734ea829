use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner};
use datafusion_distributed::{DistributedConfig, DistributedExec};

use super::channels::Channels;
use super::roster::Roster;
use super::travel::check_stages;
use crate::session::yield_in_joins;

/// Options of execution that are part of a plan, or of no meaning for its answer.
const PLANNED: [&str; 3] = [
    "datafusion.execution.collect_statistics",
    "datafusion.execution.planning_concurrency",
    "datafusion.execution.target_partitions",
];

/// Plans for workers what they can do, and the rest for this process: the answer is the same.
#[derive(Debug)]
pub(super) struct WorkersPlanner {
    pub(super) roster: Arc<Roster>,
    pub(super) channels: Arc<Channels>,
    /// Plans for workers whatever can be cut into tasks.
    pub(super) cutting: Arc<dyn QueryPlanner + Send + Sync>,
    /// How workers execute.
    pub(super) standard: Settings,
}

/// Options that plans do not carry: those that a worker has are those of the session, or the session works alone.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settings(Vec<(String, Option<String>)>);

impl Settings {
    pub(super) fn of(options: &ConfigOptions) -> Self {
        let counts = |key: &str| key.starts_with("datafusion.execution.") && !PLANNED.contains(&key);
        let entries = options.entries().into_iter().filter(|entry| counts(&entry.key));
        Self(entries.map(|entry| (entry.key, entry.value)).collect())
    }
}

impl WorkersPlanner {
    /// The plan for the workers; none when they can do nothing for it.
    async fn plan_for_workers(
        &self,
        logical: &LogicalPlan,
        session: &dyn Session,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let options = session.config_options();
        if !reads_tables(logical)? || Settings::of(options) != self.standard || !are_checked(options)? {
            return Ok(None);
        }
        self.roster.call(&self.channels).await?;
        let plan = self.cutting.create_physical_plan(logical, session).await?;
        let is_cut = plan.exists(|node| Ok(node.is::<DistributedExec>()))?;
        Ok((is_cut && check_stages(&plan, session.config())?).then_some(plan))
    }
}

/// Whether plans under these options are of the kind that this planner checks: complete before they begin, and without
/// queries inside expressions.
fn are_checked(options: &ConfigOptions) -> Result<bool> {
    let is_complete = !DistributedConfig::from_config_options(options)?.dynamic_task_count;
    Ok(is_complete && !options.optimizer.enable_physical_uncorrelated_scalar_subquery)
}

/// Whether a query reads anything but what it brings along.
fn reads_tables(logical: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    logical.apply_with_subqueries(|node| {
        found |= matches!(node, LogicalPlan::TableScan(_));
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

#[async_trait]
impl QueryPlanner for WorkersPlanner {
    async fn create_physical_plan(
        &self,
        logical: &LogicalPlan,
        session: &dyn Session,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = match self.plan_for_workers(logical, session).await? {
            Some(plan) => plan,
            None => DefaultPhysicalPlanner::default().create_physical_plan(logical, session).await?,
        };
        // Not earlier: who cuts a plan looks at what is right below a join.
        yield_in_joins(plan)
    }
}
