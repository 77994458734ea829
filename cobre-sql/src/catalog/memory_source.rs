use std::sync::Arc;

use cobre_data::case::Case;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;

use super::entry::Entry;
use super::schema::{StudySchema, Tables};
use crate::frame::table_of_batches;
use crate::inputs::input_tables;
use crate::table::table_name;
use crate::views::with_views;

/// A table in memory: its qualified or plain name, its columns and its rows.
pub type NamedBatches = (String, SchemaRef, Vec<RecordBatch>);

/// What lies in memory under a name, and never changes.
pub(crate) struct MemorySource {
    name: String,
    tables: Arc<Tables>,
}

impl MemorySource {
    /// Tables, and the views that can be made of them.
    pub(crate) fn of_tables(name: &str, tables: impl IntoIterator<Item = NamedBatches>) -> Self {
        let entry = |(name, schema, batches): NamedBatches| {
            let open = move || std::future::ready(table_of_batches(Arc::clone(&schema), batches.clone()));
            (table_name(&name), Entry::new(open))
        };
        let tables = with_views(tables.into_iter().map(entry).collect());
        Self { name: name.to_owned(), tables: Arc::new(tables) }
    }

    /// The inputs of a case.
    pub(crate) fn of_case(name: &str, case: &Arc<Case>) -> Self {
        Self { name: name.to_owned(), tables: Arc::new(input_tables(case)) }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn schema(&self) -> StudySchema {
        StudySchema::new(&self.name, Arc::clone(&self.tables))
    }
}
