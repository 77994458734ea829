use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::TableProvider;
use datafusion::error::{DataFusionError, Result};

use super::policy_table::PolicyTable;
use super::stage_table::StageTable;
use super::{LazyPolicy, LoadedPolicy};
use crate::SqlError;
use crate::catalog::{Entry, Tables, blocking};
use crate::frame::table_of;

/// The tables of a policy, which are read when they are asked for. `has_states`: whether it holds trial points.
pub(crate) fn policy_tables(policy: &Arc<LazyPolicy>, has_states: bool) -> Tables {
    type Open = fn(&Arc<LoadedPolicy>) -> Result<Arc<dyn TableProvider>>;
    let tables: [(&str, Open); 5] = [
        ("cuts", |policy| Ok(StageTable::provider(PolicyTable::Cuts, policy))),
        ("cuts_wide", |policy| Ok(StageTable::provider(PolicyTable::WideCuts, policy))),
        ("policy_states", |policy| Ok(StageTable::provider(PolicyTable::States, policy))),
        ("policy_summary", |policy| Ok(StageTable::provider(PolicyTable::Summary, policy))),
        ("state_components", state_components),
    ];
    let entry = |(name, open): (&str, Open)| {
        let policy = Arc::clone(policy);
        let open = move || {
            let policy = Arc::clone(&policy);
            async move {
                let loaded = blocking(move || policy.load()).await.map_err(external)?;
                open(&loaded)
            }
        };
        (name.to_owned(), Entry::new(open))
    };
    tables.into_iter().filter(|(name, _)| has_states || *name != "policy_states").map(entry).collect()
}

/// One row per cut and state component.
pub(super) fn cuts_table(policy: &Arc<LoadedPolicy>) -> Arc<dyn TableProvider> {
    StageTable::provider(PolicyTable::Cuts, policy)
}

/// An error of ours within one of DataFusion.
pub(crate) fn external(error: impl Into<SqlError>) -> DataFusionError {
    match error.into() {
        SqlError::Query(error) => error,
        error => DataFusionError::External(Box::new(error)),
    }
}

/// The state vector: one row per component.
fn state_components(policy: &Arc<LoadedPolicy>) -> Result<Arc<dyn TableProvider>> {
    let components = &policy.manifest().components;
    let field = |name: &str, data_type| Field::new(name, data_type, false);
    let schema = Arc::new(Schema::new(vec![
        field("state_index", DataType::Int32),
        field("component", DataType::Utf8),
        field("entity_id", DataType::Int32),
        field("entity_name", DataType::Utf8),
        field("lag", DataType::Int32),
        field("unit", DataType::Utf8),
        field("name", DataType::Utf8),
    ]));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from_iter_values(0..components.len() as i32)),
        Arc::new(StringArray::from_iter_values(components.iter().map(|component| component.kind.name()))),
        Arc::new(Int32Array::from_iter_values(components.iter().map(|component| component.entity_id))),
        Arc::new(StringArray::from_iter_values(components.iter().map(|component| &component.entity_name))),
        Arc::new(Int32Array::from_iter_values(components.iter().map(|component| component.lag.cast_signed()))),
        Arc::new(StringArray::from_iter_values(components.iter().map(|component| &component.unit))),
        Arc::new(StringArray::from_iter_values(policy.names())),
    ];
    table_of(RecordBatch::try_new(schema, columns)?)
}
