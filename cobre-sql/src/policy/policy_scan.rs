use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
#[cfg(feature = "distributed")]
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions, SendableRecordBatchStream,
};
use futures::future::ready;
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};

use super::LoadedPolicy;
use super::policy_table::{PolicyTable, StageRows, Wanted};

/// What of a table is read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ScanRange {
    /// Columns, by their position in the table.
    pub(super) columns: Vec<usize>,
    /// Stages of every partition, by their position in the policy.
    pub(super) parts: Vec<Vec<usize>>,
    /// Rows of a batch.
    pub(super) batch_size: usize,
    /// Rows that are enough; none for all.
    pub(super) limit: Option<usize>,
}

/// A scan as it is told to others.
#[cfg(feature = "distributed")]
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PolicyScanDescription {
    /// URL of the run whose policy is read.
    pub(crate) run: String,
    table: PolicyTable,
    range: ScanRange,
}

/// Reads a table of a policy: every partition some stages, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct PolicyScan {
    table: PolicyTable,
    policy: Arc<LoadedPolicy>,
    range: ScanRange,
    streams: StreamingTableExec,
}

impl PolicyScan {
    /// # Errors
    /// When the table has no such columns, or the policy no such stages.
    pub(super) fn new(table: PolicyTable, policy: &Arc<LoadedPolicy>, range: ScanRange) -> Result<Self> {
        let n_stages = policy.manifest().stages.len();
        if range.parts.iter().flatten().any(|&stage| stage >= n_stages) {
            return Err(DataFusionError::Plan(format!("{} of a stage that the policy does not have", table.name())));
        }
        let schema: SchemaRef = Arc::new(table.schema(policy).project(&range.columns)?);
        let columns = range.columns.as_slice().into();
        let wanted = Wanted { columns, schema: Arc::clone(&schema), batch_size: range.batch_size };
        let rows = table.rows(policy);
        let part = |stages: &Vec<usize>| -> Arc<dyn PartitionStream> {
            let (policy, rows) = (Arc::clone(policy), Arc::clone(&rows));
            Arc::new(StagePart { policy, rows, stages: stages.as_slice().into(), wanted: wanted.clone() })
        };
        let parts = range.parts.iter().map(part).collect();
        let streams = StreamingTableExec::try_new(schema, parts, None, [], false, range.limit)?;
        Ok(Self { table, policy: Arc::clone(policy), range, streams })
    }
}

#[cfg(feature = "distributed")]
impl PolicyScan {
    /// URL of the run whose policy is read; none when it was not found by a run.
    pub(crate) fn run(&self) -> Option<&str> {
        self.policy.run().map(ObjectStoreUrl::as_str)
    }

    /// What others have to know to do the same; none when they could not find the policy.
    pub(crate) fn description(&self) -> Option<PolicyScanDescription> {
        Some(PolicyScanDescription { run: self.run()?.to_owned(), table: self.table, range: self.range.clone() })
    }

    /// The scan of a description, over the policy of its run.
    ///
    /// # Errors
    /// When the policy does not have what is described.
    pub(crate) fn described(description: &PolicyScanDescription, policy: &Arc<LoadedPolicy>) -> Result<Self> {
        Self::new(description.table, policy, description.range.clone())
    }

    /// The same scan in `n` parts with as many partitions each, for as many readers.
    pub(crate) fn split(&self, n: usize) -> Result<Vec<Self>> {
        let stages: Vec<usize> = self.range.parts.iter().flatten().copied().collect();
        let n_parts = self.range.parts.len().max(1);
        let split = |reader: usize| {
            let part = |at: usize| stages.iter().copied().skip(reader * n_parts + at).step_by(n * n_parts).collect();
            let range = ScanRange { parts: (0..n_parts).map(part).collect(), ..self.range.clone() };
            Self::new(self.table, &self.policy, range)
        };
        (0..n).map(split).collect()
    }

    /// Whether it is not worth a second reader: one row per stage.
    pub(crate) fn is_small(&self) -> bool {
        self.table == PolicyTable::Summary
    }

    /// Stages that are read.
    pub(crate) fn n_stages(&self) -> usize {
        self.range.parts.iter().map(Vec::len).sum()
    }
}

impl DisplayAs for PolicyScan {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stages: usize = self.range.parts.iter().map(Vec::len).sum();
        write!(
            f,
            "PolicyScanExec: table={}, stages={stages}, partitions={}",
            self.table.name(),
            self.range.parts.len()
        )?;
        match self.range.limit {
            Some(limit) => write!(f, ", fetch={limit}"),
            None => Ok(()),
        }
    }
}

impl ExecutionPlan for PolicyScan {
    fn name(&self) -> &'static str {
        "PolicyScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.streams.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.streams.execute(partition, context)
    }

    fn metrics(&self) -> Option<MetricsSet> {
        self.streams.metrics()
    }

    fn fetch(&self) -> Option<usize> {
        self.range.limit
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        let range = ScanRange { limit, ..self.range.clone() };
        Self::new(self.table, &self.policy, range).ok().map(|scan| Arc::new(scan) as _)
    }
}

/// Some stages of a table, one after the other.
#[derive(Debug)]
struct StagePart {
    policy: Arc<LoadedPolicy>,
    rows: Arc<dyn StageRows>,
    /// Positions.
    stages: Arc<[usize]>,
    wanted: Wanted,
}

impl PartitionStream for StagePart {
    fn schema(&self) -> &SchemaRef {
        &self.wanted.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (policy, rows, wanted) = (Arc::clone(&self.policy), Arc::clone(&self.rows), self.wanted.clone());
        let open = move |stage: usize| {
            let (policy, rows, wanted) = (Arc::clone(&policy), Arc::clone(&rows), wanted.clone());
            async move {
                let opened = tokio::task::spawn_blocking(move || rows.open(&policy, stage, &wanted)).await;
                opened.unwrap_or_else(|stopped| Err(DataFusionError::External(Box::new(stopped))))
            }
        };
        let stages: Vec<usize> = self.stages.to_vec();
        let batches = stream::iter(stages).then(open).flat_map(|opened| match opened {
            Ok(batches) => stream::iter(batches).left_stream(),
            Err(error) => stream::once(ready(Err(error))).right_stream(),
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.wanted.schema), batches))
    }
}
