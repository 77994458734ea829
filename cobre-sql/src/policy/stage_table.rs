use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::{ExecutionPlan, project_schema};

use super::LoadedPolicy;
use super::policy_scan::{PolicyScan, ScanRange};
use super::policy_table::PolicyTable;
use crate::table::possible_parts;

/// The column by which stages are told apart.
pub(super) const STAGE_ID: &str = "stage_id";

/// A table of a policy, stage by stage: of a stage that a filter rules out no file is opened.
#[derive(Debug)]
pub(super) struct StageTable {
    table: PolicyTable,
    schema: SchemaRef,
    policy: Arc<LoadedPolicy>,
}

impl StageTable {
    /// A table of a policy, for DataFusion.
    pub(super) fn provider(table: PolicyTable, policy: &Arc<LoadedPolicy>) -> Arc<dyn TableProvider> {
        Arc::new(Self { table, schema: table.schema(policy), policy: Arc::clone(policy) })
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
        let stages = self.stages(state, filters)?;
        if stages.is_empty() {
            return Ok(Arc::new(EmptyExec::new(project_schema(&self.schema, projection)?)));
        }
        let columns = projection.map_or_else(|| (0..self.schema.fields().len()).collect(), Vec::clone);
        let per_part = stages.len().div_ceil(state.config().target_partitions().max(1));
        let parts = stages.chunks(per_part).map(<[usize]>::to_vec).collect();
        let batch_size = state.config().batch_size();
        Ok(Arc::new(PolicyScan::new(self.table, &self.policy, ScanRange { columns, parts, batch_size, limit })?))
    }
}
