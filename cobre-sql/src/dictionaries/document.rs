use std::sync::Arc;

use cobre_data::output::{DocumentRecord, OutputError, Run};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::csv::ReaderBuilder;
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::error::{DataFusionError, Result};
use serde::de::DeserializeOwned;

/// A document of a run: what the manifest knows of it and, once read, its content.
#[derive(Clone)]
pub(super) struct Document {
    run: Arc<Run>,
    record: DocumentRecord,
    content: Vec<u8>,
}

impl Document {
    /// The dictionary `file` of a run, if it was written.
    pub(super) fn find(run: &Arc<Run>, file: &str) -> Option<Self> {
        let end = format!("/dictionaries/{file}");
        let record = run.manifest().documents.iter().find(|record| record.path.ends_with(&end))?;
        Some(Self { run: Arc::clone(run), record: record.clone(), content: Vec::new() })
    }

    /// The same with its content.
    pub(super) async fn read(mut self) -> Result<Self> {
        let read = move || {
            let content = self.run.store().get(&self.record.path).map_err(external)?;
            if content.len() as u64 != self.record.bytes {
                let message = format!("{} bytes found, {} recorded", content.len(), self.record.bytes);
                return Err(self.damaged(message));
            }
            self.content = content.into();
            Ok(self)
        };
        tokio::task::spawn_blocking(read).await.map_err(|stopped| external(std::io::Error::other(stopped)))?
    }

    /// The rows of a document of comma-separated values; a column without text is null.
    pub(super) fn csv(&self, columns: Vec<Field>) -> Result<RecordBatch> {
        let schema = Arc::new(Schema::new(columns));
        let reader = ReaderBuilder::new(Arc::clone(&schema)).with_header(true).build_buffered(self.content.as_slice());
        let batches = reader.and_then(Iterator::collect::<Result<Vec<_>, _>>);
        batches.and_then(|batches| concat_batches(&schema, &batches)).map_err(|error| self.damaged(error))
    }

    /// What a JSON document says.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.content).map_err(|error| self.damaged(error))
    }

    fn damaged(&self, message: impl std::fmt::Display) -> DataFusionError {
        let path = self.run.store().location(&self.record.path);
        external(OutputError::SerializationError { path, message: message.to_string() })
    }
}

fn external(error: impl std::error::Error + Send + Sync + 'static) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
