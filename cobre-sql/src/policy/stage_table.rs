use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream, project_schema};
use futures::future::ready;
use futures::{StreamExt, stream};

use super::LoadedPolicy;
use crate::table::possible_parts;

/// Batches of one stage.
pub(super) type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// What a reader of rows is to give.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// Columns of the table, in the order of `schema`.
    pub(super) columns: Arc<[usize]>,
    /// The wanted columns.
    pub(super) schema: SchemaRef,
    /// Rows of a batch.
    pub(super) batch_size: usize,
}

/// How rows are made of what a policy holds of a stage.
pub(super) trait StageRows: Debug + Send + Sync {
    /// The rows of the stage at position `stage`. Waits for the store.
    fn open(&self, policy: &LoadedPolicy, stage: usize, wanted: &Wanted) -> Result<Batches>;
}

/// The column by which stages are told apart.
pub(super) const STAGE_ID: &str = "stage_id";

/// A table of a policy, stage by stage: of a stage that a filter rules out no file is opened.
#[derive(Debug)]
pub(super) struct StageTable {
    schema: SchemaRef,
    policy: Arc<LoadedPolicy>,
    rows: Arc<dyn StageRows>,
}

impl StageTable {
    /// A table with a column `stage_id`.
    pub(super) fn new(schema: SchemaRef, policy: &Arc<LoadedPolicy>, rows: impl StageRows + 'static) -> Self {
        Self { schema, policy: Arc::clone(policy), rows: Arc::new(rows) }
    }

    /// Positions of the stages that can hold rows for which the filters hold.
    fn stages(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<usize>> {
        let stages = &self.policy.manifest().stages;
        let column = self.schema.index_of(STAGE_ID)?;
        let known = || stages.iter().map(|stage| self.statistics_of(column, stage.id)).collect();
        let keep = possible_parts(state, &self.schema, filters, known)?;
        Ok((0..stages.len()).filter(|&t| keep.as_ref().is_none_or(|keep| keep[t])).collect())
    }

    fn statistics_of(&self, column: usize, stage_id: i32) -> Arc<Statistics> {
        let mut statistics = Statistics::new_unknown(&self.schema);
        let value = Precision::Exact(ScalarValue::Int32(Some(stage_id)));
        statistics.column_statistics[column] = ColumnStatistics {
            null_count: Precision::Exact(0),
            min_value: value.clone(),
            max_value: value,
            ..ColumnStatistics::new_unknown()
        };
        Arc::new(statistics)
    }
}

#[async_trait]
impl TableProvider for StageTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // Only stages are ruled out; the rest is filtered again.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = project_schema(&self.schema, projection)?;
        let stages = self.stages(state, filters)?;
        if stages.is_empty() {
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let columns =
            projection.map_or_else(|| (0..self.schema.fields().len()).collect(), |columns| columns[..].into());
        let wanted = Wanted { columns, schema: Arc::clone(&schema), batch_size: state.config().batch_size() };
        let part = |stages: &[usize]| -> Arc<dyn PartitionStream> {
            let (policy, rows) = (Arc::clone(&self.policy), Arc::clone(&self.rows));
            Arc::new(StagePart { policy, rows, stages: stages.into(), wanted: wanted.clone() })
        };
        let per_part = stages.len().div_ceil(state.config().target_partitions().max(1));
        let parts = stages.chunks(per_part).map(part).collect();
        Ok(Arc::new(StreamingTableExec::try_new(schema, parts, None, [], false, limit)?))
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
