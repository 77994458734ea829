use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::ParamValues;
use datafusion::execution::context::SQLOptions;
use futures::TryStreamExt;

use super::StudySession;
use crate::SqlError;

/// The answer to a query, whole in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Its columns.
    pub schema: SchemaRef,
    /// Its rows.
    pub batches: Vec<RecordBatch>,
}

impl StudySession {
    /// Answers a query over what was committed at the last refresh, in a context of its own: several queries may run at
    /// the same time. `parameters` stand for `$1` or `$name`; none for a query without. A statement that would change
    /// something, be it a view, is refused.
    ///
    /// # Errors
    /// When the text is no valid query, or names what is not there; the future, when the query fails.
    pub fn answer(
        &self,
        text: &str,
        parameters: Option<ParamValues>,
    ) -> Result<impl Future<Output = Result<Answer, SqlError>> + Send + use<>, SqlError> {
        let (context, text) = (self.query_context()?, text.to_owned());
        Ok(async move {
            let reads_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
            let mut frame = context.sql_with_options(&text, reads_only).await?;
            if let Some(parameters) = parameters {
                frame = frame.with_param_values(parameters)?;
            }
            let stream = frame.execute_stream().await?;
            let schema = stream.schema();
            let batches = stream.try_collect().await?;
            Ok(Answer { schema, batches })
        })
    }
}
