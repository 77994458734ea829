//! What there is to ask: catalogues, schemas, tables.

use std::sync::Arc;

use arrow_flight::sql::{CommandGetCatalogs, CommandGetDbSchemas, CommandGetTableTypes, CommandGetTables};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Schema;
use datafusion::catalog::SchemaProvider;
use datafusion::logical_expr::TableType;
use datafusion::prelude::SessionContext;
use tonic::Status;

use super::status::{internal, of_query};

/// The types a table can have.
const TABLE_TYPES: [&str; 2] = ["TABLE", "VIEW"];

pub(super) fn catalogues(context: &SessionContext, command: CommandGetCatalogs) -> Result<RecordBatch, Status> {
    let mut builder = command.into_builder();
    for name in names(context.catalog_names()) {
        builder.append(name);
    }
    builder.build().map_err(internal)
}

pub(super) fn schemas(context: &SessionContext, command: CommandGetDbSchemas) -> Result<RecordBatch, Status> {
    let mut builder = command.into_builder();
    for (catalog, name, _) in all_schemas(context) {
        builder.append(catalog, name);
    }
    builder.build().map_err(internal)
}

pub(super) async fn tables(context: &SessionContext, command: CommandGetTables) -> Result<RecordBatch, Status> {
    let mut builder = command.into_builder();
    let has_columns = builder.include_schema();
    for (catalog, schema_name, schema) in all_schemas(context) {
        for name in names(schema.table_names()) {
            let (kind, columns) = if has_columns {
                let table = schema.table(&name).await.map_err(|error| of_query(&error))?;
                let Some(table) = table else { continue };
                (table.table_type(), table.schema().as_ref().clone())
            } else {
                let kind = schema.table_type(&name).await.map_err(|error| of_query(&error))?;
                let Some(kind) = kind else { continue };
                (kind, Schema::empty())
            };
            builder.append(&catalog, &schema_name, &name, type_name(kind), &columns).map_err(internal)?;
        }
    }
    builder.build().map_err(internal)
}

pub(super) fn table_types(command: CommandGetTableTypes) -> Result<RecordBatch, Status> {
    let mut builder = command.into_builder();
    for name in TABLE_TYPES {
        builder.append(name);
    }
    builder.build().map_err(internal)
}

fn type_name(kind: TableType) -> &'static str {
    match kind {
        TableType::View => "VIEW",
        TableType::Base | TableType::Temporary => "TABLE",
    }
}

fn all_schemas(context: &SessionContext) -> Vec<(String, String, Arc<dyn SchemaProvider>)> {
    let mut found = Vec::new();
    for catalog_name in names(context.catalog_names()) {
        let Some(catalog) = context.catalog(&catalog_name) else { continue };
        for name in names(catalog.schema_names()) {
            if let Some(schema) = catalog.schema(&name) {
                found.push((catalog_name.clone(), name, schema));
            }
        }
    }
    found
}

fn names(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}
