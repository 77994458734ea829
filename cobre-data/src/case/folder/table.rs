use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::{CastOptions, cast_with_options, concat_batches};
use arrow::datatypes::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::super::CaseError;
use super::super::cursor::did_you_mean;
use super::super::table::{Column, TableShape};
use super::super::tables;
use super::{CaseFolder, edit};

/// An overflow is an error, not a null.
const STRICT: CastOptions<'static> =
    CastOptions { safe: false, format_options: arrow::util::display::FormatOptions::new() };

impl CaseFolder {
    /// Gives a Parquet file of the format the rows of `batches`. Columns are found by name and cast to the types of the
    /// format; an optional column may be left away. Equal rows give equal bytes.
    ///
    /// # Errors
    /// [`CaseError::Edit`] when `path` is no table that is read, the table has no column of a name or a column that it
    /// needs is missing, or a value does not fit its type.
    pub fn insert_table(&mut self, path: &str, batches: &[RecordBatch]) -> Result<(), CaseError> {
        let shape = tables::ALL.iter().find(|shape| shape.file == path).ok_or_else(|| {
            let known: Vec<&str> = tables::ALL.iter().map(|shape| shape.file).collect();
            let hint = did_you_mean(path, &known);
            edit(path, format!("not a table of the format that is read {hint}").trim_end())
        })?;
        let content = encode(shape, batches).map_err(|message| edit(path, message))?;
        self.insert(path, content)
    }

    /// The rows of a Parquet file, with all of its columns; batches follow its row groups, and there is one without rows
    /// where there are none.
    ///
    /// # Errors
    /// [`CaseError::Edit`] when there is no such file, or it is not Parquet.
    pub fn table(&self, path: &str) -> Result<Vec<RecordBatch>, CaseError> {
        let content = self.get(path).ok_or_else(|| edit(path, "there is no such file in the case"))?;
        let read = || {
            let builder =
                ParquetRecordBatchReaderBuilder::try_new(content.clone()).map_err(|error| error.to_string())?;
            let schema = builder.schema().clone();
            let reader = builder.build().map_err(|error| error.to_string())?;
            let mut batches: Vec<RecordBatch> =
                reader.collect::<Result<_, _>>().map_err(|error: arrow::error::ArrowError| error.to_string())?;
            if batches.is_empty() {
                batches.push(RecordBatch::new_empty(schema));
            }
            Ok(batches)
        };
        super::super::table::guarded(read).map_err(|message| edit(path, format!("not readable as Parquet: {message}")))
    }
}

fn encode(shape: &TableShape, batches: &[RecordBatch]) -> Result<Vec<u8>, String> {
    let Some(first) = batches.first() else { return Err("a table without schema has no columns".into()) };
    let rows = concat_batches(&first.schema(), batches).map_err(|error| error.to_string())?;
    let names: Vec<&str> = shape.columns.iter().map(|column| column.name).collect();
    if let Some(unknown) = rows.schema().fields().iter().find(|field| !names.contains(&field.name().as_str())) {
        let hint = did_you_mean(unknown.name(), &names);
        return Err(format!("the table has no column {} {hint}", unknown.name()).trim_end().to_owned());
    }
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for column in shape.columns {
        let Some(values) = rows.column_by_name(column.name) else {
            if column.is_optional() {
                continue;
            }
            return Err(format!("the column {} is missing", column.name));
        };
        fields.push(Field::new(column.name, column.kind.arrow(), column.may_be_null()));
        columns.push(cast_column(column, values)?);
    }
    let fit = |error: arrow::error::ArrowError| error.to_string();
    let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(fit)?;
    write(&rows).map_err(|error| error.to_string())
}

/// A column in the type of the format. Labels that came as numbers with a fraction are not cut off.
fn cast_column(column: &Column, values: &ArrayRef) -> Result<ArrayRef, String> {
    let (from, to) = (values.data_type(), column.kind.arrow());
    let misfit = |error: &dyn std::fmt::Display| format!("column {}: {from} does not fit {to}: {error}", column.name);
    let cast = cast_with_options(values, &to, &STRICT).map_err(|error| misfit(&error))?;
    if from.is_floating() && to.is_integer() {
        let back = cast_with_options(&cast, from, &STRICT).map_err(|error| misfit(&error))?;
        if &back != values {
            return Err(misfit(&"a value is not a whole number"));
        }
    }
    if !column.may_be_null() && cast.null_count() > 0 {
        return Err(format!("column {}: a null where a value is needed", column.name));
    }
    Ok(cast)
}

fn write(rows: &RecordBatch) -> Result<Vec<u8>, parquet::errors::ParquetError> {
    let properties = WriterProperties::builder()
        .set_created_by("cobre".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .build();
    let mut content = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut content, rows.schema(), Some(properties))?;
    writer.write(rows)?;
    writer.close()?;
    Ok(content)
}
