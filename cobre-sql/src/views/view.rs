use std::sync::Arc;

use datafusion::catalog::memory::{MemoryCatalogProvider, MemoryCatalogProviderList};
use datafusion::catalog::{CatalogProvider, CatalogProviderList, TableProvider};
use datafusion::common::SchemaError;
use datafusion::datasource::ViewTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionStateBuilder;
use datafusion::optimizer::Analyzer;
use datafusion::optimizer::analyzer::type_coercion::TypeCoercion;
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::catalog::{StudySchema, Tables};
use crate::functions::aggregates;

/// A question to a run.
pub(super) struct View {
    pub(super) name: &'static str,
    /// A query over tables of the run, without a prefix.
    pub(super) definition: &'static str,
    /// The tables it reads.
    pub(super) tables: &'static [&'static str],
}

/// Name of catalogue and schema in which a definition is understood.
const RUN: &str = "run";

impl View {
    /// The view over `tables`; none when the run was told to leave out a column that it reads.
    pub(super) async fn open(&self, tables: Arc<Tables>) -> Result<Option<Arc<dyn TableProvider>>> {
        let mut config = SessionConfig::new()
            .with_create_default_catalog_and_schema(false)
            .with_default_catalog_and_schema(RUN, RUN);
        config.options_mut().sql_parser.map_string_types_to_utf8view = false;
        let catalog = MemoryCatalogProvider::new();
        catalog.register_schema(RUN, Arc::new(StudySchema::new(RUN, tables)))?;
        let catalogs = MemoryCatalogProviderList::new();
        catalogs.register_catalog(RUN.to_owned(), Arc::new(catalog));
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_catalog_list(Arc::new(catalogs))
            .with_default_features()
            .build();
        let context = SessionContext::new_with_state(state);
        for function in aggregates() {
            context.register_udaf(function);
        }
        let state = context.state();
        let plan = match state.create_logical_plan(self.definition).await {
            Err(error) if is_missing_column(&error) => return Ok(None),
            plan => plan?,
        };
        // As `CREATE VIEW` does: the columns of a view have their types before it is part of a query.
        let plan = Analyzer::with_rules(vec![Arc::new(TypeCoercion::new())]).execute_and_check(
            plan,
            state.config_options(),
            |_, _| {},
        )?;
        Ok(Some(Arc::new(ViewTable::new(plan, Some(self.definition.trim_end().to_owned())))))
    }
}

fn is_missing_column(error: &DataFusionError) -> bool {
    matches!(error.find_root(), DataFusionError::SchemaError(error, _)
        if matches!(error.as_ref(), SchemaError::FieldNotFound { .. }))
}
