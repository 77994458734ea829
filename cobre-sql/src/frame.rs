use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{Array, ArrayRef, Date32Array, Float64Array, Int32Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::MemTable;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;

/// A table in memory, put together column by column.
#[derive(Default)]
pub(crate) struct Frame {
    fields: Vec<Field>,
    columns: Vec<ArrayRef>,
}

impl Frame {
    /// Labels, positions, small counts.
    pub(crate) fn ids(self, name: &str, values: impl IntoIterator<Item = i32>) -> Self {
        self.column(name, false, Int32Array::from_iter_values(values))
    }

    /// Labels, positions, small counts; some may be missing.
    pub(crate) fn optional_ids(self, name: &str, values: impl IntoIterator<Item = Option<i32>>) -> Self {
        self.column(name, true, values.into_iter().collect::<Int32Array>())
    }

    /// Positions.
    pub(crate) fn indices(self, name: &str, values: impl IntoIterator<Item = usize>) -> Self {
        self.ids(name, values.into_iter().map(|value| value as i32))
    }

    /// Quantities.
    pub(crate) fn floats(self, name: &str, values: impl IntoIterator<Item = f64>) -> Self {
        self.column(name, false, Float64Array::from_iter_values(values))
    }

    /// Quantities; some may be missing.
    pub(crate) fn optional_floats(self, name: &str, values: impl IntoIterator<Item = Option<f64>>) -> Self {
        self.column(name, true, values.into_iter().collect::<Float64Array>())
    }

    /// Limits: what is infinite is no limit, and null.
    pub(crate) fn limits(self, name: &str, values: impl IntoIterator<Item = f64>) -> Self {
        self.optional_floats(name, values.into_iter().map(|value| value.is_finite().then_some(value)))
    }

    /// Days, counted from 1970-01-01.
    pub(crate) fn days(self, name: &str, values: impl IntoIterator<Item = i32>) -> Self {
        self.column(name, false, Date32Array::from_iter_values(values))
    }

    /// Texts.
    pub(crate) fn texts<T: AsRef<str>>(self, name: &str, values: impl IntoIterator<Item = T>) -> Self {
        self.column(name, false, StringArray::from_iter_values(values))
    }

    /// Texts; some may be missing.
    pub(crate) fn optional_texts<T: AsRef<str>>(self, name: &str, values: impl IntoIterator<Item = Option<T>>) -> Self {
        self.column(name, true, values.into_iter().collect::<StringArray>())
    }

    /// A column of any type.
    pub(crate) fn column(mut self, name: &str, nullable: bool, values: impl Array + 'static) -> Self {
        self.fields.push(Field::new(name, values.data_type().clone(), nullable));
        self.columns.push(Arc::new(values));
        self
    }

    /// The rows.
    pub(crate) fn batch(self) -> Result<RecordBatch> {
        Ok(RecordBatch::try_new(Arc::new(Schema::new(self.fields)), self.columns)?)
    }

    /// The table.
    pub(crate) fn table(self) -> Result<Arc<dyn TableProvider>> {
        table_of(self.batch()?)
    }
}

/// A table that holds one batch.
pub(crate) fn table_of(batch: RecordBatch) -> Result<Arc<dyn TableProvider>> {
    table_of_batches(batch.schema(), vec![batch])
}

/// A table that holds batches, all with the fields of `schema`.
pub(crate) fn table_of_batches(schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<Arc<dyn TableProvider>> {
    Ok(Arc::new(FrameTable(MemTable::try_new(schema, vec![batches])?)))
}

/// A table in memory that cannot be written to.
#[derive(Debug)]
struct FrameTable(MemTable);

#[async_trait]
impl TableProvider for FrameTable {
    fn schema(&self) -> SchemaRef {
        self.0.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.0.scan(state, projection, filters, limit).await
    }
}

/// UTC, to the second.
pub(crate) fn timestamp_type() -> DataType {
    DataType::Timestamp(TimeUnit::Second, Some("+00:00".into()))
}
