use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::pruning::PrunableStatistics;
use datafusion::common::{DFSchema, Statistics};
use datafusion::error::Result;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;

/// Which parts of a table can hold rows for which the filters hold, by what is known of each part; none when the filters
/// rule out nothing.
pub(crate) fn possible_parts(
    state: &dyn Session,
    schema: &SchemaRef,
    filters: &[Expr],
    known: impl FnOnce() -> Vec<Arc<Statistics>>,
) -> Result<Option<Vec<bool>>> {
    let Some(filter) = conjunction(filters.to_vec()) else { return Ok(None) };
    let filter = state.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(schema))?)?;
    let predicate = PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema)).build(filter);
    let Some(predicate) = predicate else { return Ok(None) };
    predicate.prune(&PrunableStatistics::new(known(), Arc::clone(schema))).map(Some)
}
