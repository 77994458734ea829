use std::sync::Arc;

use datafusion::arrow::array::{AsArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::TableProvider;
use datafusion::error::Result;

use super::document::Document;
use crate::frame::table_of;
use crate::table::table_name;

/// `variables.csv`, with the name that a table has in SQL in front.
pub(super) fn table(document: &Document) -> Result<Arc<dyn TableProvider>> {
    let batch = document.csv(vec![
        Field::new("file", DataType::Utf8, false),
        Field::new("column_name", DataType::Utf8, false),
        Field::new("type", DataType::Utf8, false),
        Field::new("unit", DataType::Utf8, true),
        Field::new("description", DataType::Utf8, true),
        Field::new("nullable", DataType::Boolean, false),
    ])?;
    let files = batch.column(0).as_string::<i32>();
    let names = StringArray::from_iter_values(files.iter().flatten().map(table_name));
    let schema = batch.schema();
    let mut fields = vec![Arc::new(Field::new("table_name", DataType::Utf8, false))];
    fields.extend(schema.fields().iter().cloned());
    let mut columns = vec![Arc::new(names) as _];
    columns.extend(batch.columns().iter().cloned());
    table_of(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}
