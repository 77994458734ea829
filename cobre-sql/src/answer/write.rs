use std::io::Write;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::csv::WriterBuilder as CsvWriterBuilder;
use datafusion::arrow::json::writer::LineDelimited;
use datafusion::arrow::json::{Writer as JsonWriter, WriterBuilder as JsonWriterBuilder};
use datafusion::error::Result;
use datafusion::execution::SendableRecordBatchStream;
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::AnswerFormat;
use super::table_text::write_table;

/// Writes an answer batch by batch; a table of text at the end, when its columns have their widths.
pub(super) async fn write_answer(
    mut answer: SendableRecordBatchStream,
    format: AnswerFormat,
    mut out: &mut (dyn Write + Send),
) -> Result<()> {
    match format {
        AnswerFormat::Table => write_table(answer, out).await?,
        AnswerFormat::Csv => {
            // Without rows there is still a header.
            let header = RecordBatch::new_empty(answer.schema());
            let mut writer = CsvWriterBuilder::new().with_header(true).build(&mut out);
            writer.write(&header)?;
            while let Some(batch) = answer.try_next().await? {
                writer.write(&batch)?;
            }
        }
        AnswerFormat::Json => {
            let mut writer: JsonWriter<_, LineDelimited> =
                JsonWriterBuilder::new().with_explicit_nulls(true).build(&mut out);
            while let Some(batch) = answer.try_next().await? {
                writer.write(&batch)?;
            }
            writer.finish()?;
        }
        AnswerFormat::Parquet => {
            let compression = Compression::ZSTD(ZstdLevel::try_new(1)?);
            let properties = WriterProperties::builder().set_compression(compression).build();
            let mut writer = ArrowWriter::try_new(&mut out, answer.schema(), Some(properties))?;
            while let Some(batch) = answer.try_next().await? {
                writer.write(&batch)?;
            }
            writer.close()?;
        }
    }
    out.flush()?;
    Ok(())
}
