use std::io::Write;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::pretty::pretty_format_batches_with_schema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use futures::TryStreamExt;

/// Draws the answer as a table, and says how many rows it has.
pub(super) async fn write_table(answer: SendableRecordBatchStream, out: &mut (dyn Write + Send)) -> Result<()> {
    let schema = answer.schema();
    let batches: Vec<RecordBatch> = answer.try_collect().await?;
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let table = pretty_format_batches_with_schema(schema, &batches)?;
    let noun = if rows == 1 { "row" } else { "rows" };
    writeln!(out, "{table}\n{rows} {noun}").map_err(DataFusionError::from)
}
