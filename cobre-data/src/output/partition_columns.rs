//! The columns of a table that live in the path of its files, as columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

/// The schema of a file with the columns `names` of its path appended, as Int32.
pub(super) fn schema_with<'a>(schema: &Schema, names: impl Iterator<Item = &'a str>) -> SchemaRef {
    let own = schema.fields().iter().cloned();
    let of_path = names.map(|name| Arc::new(Field::new(name, DataType::Int32, false)));
    Arc::new(Schema::new(own.chain(of_path).collect::<Vec<_>>()))
}

/// The rows of a file with the values of its path appended; `schema` is that of the result.
pub(super) fn append(
    batch: &RecordBatch,
    schema: &SchemaRef,
    partition: &BTreeMap<String, i64>,
) -> Result<RecordBatch, String> {
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    for (name, &value) in partition {
        let value = i32::try_from(value).map_err(|_| format!("partition value {name}={value} is out of range"))?;
        columns.push(Arc::new(Int32Array::from_value(value, batch.num_rows())));
    }
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(|error| error.to_string())
}
