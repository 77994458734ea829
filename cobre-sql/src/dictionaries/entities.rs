use std::sync::Arc;

use datafusion::arrow::array::{AsArray, Int32Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema};
use datafusion::catalog::TableProvider;
use datafusion::error::Result;

use super::document::Document;
use crate::frame::table_of;

/// Position of the column `bus_id`.
const BUS_ID: usize = 3;

/// `entities.csv`; `bus_id` is null where the file has −1, which is no bus.
pub(super) fn table(document: &Document) -> Result<Arc<dyn TableProvider>> {
    let batch = document.csv(vec![
        Field::new("entity_type_code", DataType::Int8, false),
        Field::new("entity_id", DataType::Int32, false),
        Field::new("name", DataType::Utf8, true),
        Field::new("bus_id", DataType::Int32, true),
        Field::new("system_id", DataType::Int32, false),
    ])?;
    let bus_ids = batch.column(BUS_ID).as_primitive::<Int32Type>();
    let bus_ids: Int32Array = bus_ids.iter().map(|id| id.filter(|&id| id >= 0)).collect();
    let mut columns = batch.columns().to_vec();
    columns[BUS_ID] = Arc::new(bus_ids);
    let schema: Arc<Schema> = batch.schema();
    table_of(RecordBatch::try_new(schema, columns)?)
}
