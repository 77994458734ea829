use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use super::super::OutputError;
use super::super::manifest::FileEntry;
use super::bounds::{self, Bounds};
use super::parts::FileParts;
use crate::store::Store;

/// What is read from the end of a file at once: the footers of our tables fit.
const FOOTER: u64 = 64 << 10;

/// A file of a table whose footer is known.
#[derive(Debug, Clone)]
pub struct TableFile {
    store: Store,
    entry: FileEntry,
    footer: ArrowReaderMetadata,
}

impl TableFile {
    pub(super) fn open(store: &Store, entry: &FileEntry) -> Result<Self, OutputError> {
        let path = store.location(&entry.path);
        let broken = |error: ParquetError| OutputError::serialization(&path, error);
        let footer = ArrowReaderMetadata::try_new(read_footer(store, entry)?, ArrowReaderOptions::new());
        let footer = footer.map_err(broken)?;
        let rows = footer.metadata().file_metadata().num_rows() as u64;
        if rows != entry.rows {
            return Err(OutputError::manifest(&path, format!("{rows} rows found, {} recorded", entry.rows)));
        }
        Ok(Self { store: store.clone(), entry: entry.clone(), footer })
    }

    /// The columns in the file.
    pub(super) fn file_schema(&self) -> SchemaRef {
        Arc::clone(self.footer.schema())
    }

    /// Number of row groups.
    pub fn n_row_groups(&self) -> usize {
        self.footer.metadata().num_row_groups()
    }

    /// What the footer says of the columns of a row group.
    pub fn row_group_bounds(&self, group: usize) -> Bounds {
        bounds::of_row_group(self.footer.metadata().row_group(group))
    }

    /// Reads row groups, one batch each; `schema` is that of the result, some columns of the table in its order.
    ///
    /// # Errors
    /// As [`TableScan::open`](super::TableScan::open).
    pub fn read(&self, schema: &SchemaRef, groups: &[usize]) -> Result<Vec<RecordBatch>, OutputError> {
        let path = self.location();
        let broken = |error: ParquetError| OutputError::serialization(&path, error);
        let columns = self.footer.metadata().file_metadata().schema_descr();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let mask = ProjectionMask::columns(columns, names.iter().copied());
        let parts = self.fetch(&mask, groups)?;
        let rows = |&group: &usize| self.footer.metadata().row_group(group).num_rows() as usize;
        let mut batches = Vec::with_capacity(groups.len());
        for group in groups {
            // One batch per row group: a batch does not reach into the next one.
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(parts.clone(), self.footer.clone())
                .with_projection(mask.clone())
                .with_row_groups(vec![*group])
                .with_batch_size(rows(group).max(1))
                .build()
                .map_err(broken)?;
            for batch in reader {
                let batch = batch.map_err(|error| OutputError::serialization(&path, error))?;
                batches.push(self.with_path(&batch, schema)?);
            }
        }
        Ok(batches)
    }

    /// Adds the columns that live in the path, and brings all into the order of `schema`.
    fn with_path(&self, batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, OutputError> {
        let path = self.location();
        let column = |name: &str| -> Result<ArrayRef, OutputError> {
            if let Some(column) = batch.column_by_name(name) {
                return Ok(Arc::clone(column));
            }
            let value = self.entry.partition.get(name).and_then(|&value| i32::try_from(value).ok());
            let value = value.ok_or_else(|| OutputError::schema(&path, format!("there is no column {name}")))?;
            Ok(Arc::new(Int32Array::from_value(value, batch.num_rows())))
        };
        let columns = schema.fields().iter().map(|field| column(field.name())).collect::<Result<Vec<_>, _>>()?;
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &rows)
            .map_err(|error| OutputError::schema(&path, error.to_string()))
    }

    /// The bytes of columns in row groups.
    fn fetch(&self, mask: &ProjectionMask, groups: &[usize]) -> Result<FileParts, OutputError> {
        let ranges: Vec<_> = groups
            .iter()
            .flat_map(|&group| {
                let columns = self.footer.metadata().row_group(group).columns().iter().enumerate();
                columns.filter(|(at, _)| mask.leaf_included(*at)).map(|(_, column)| {
                    let (start, length) = column.byte_range();
                    start..start + length
                })
            })
            .collect();
        let contents = self.store.get_ranges(&self.entry.path, &ranges)?;
        let parts = ranges.iter().map(|range| range.start).zip(contents).collect();
        Ok(FileParts::new(self.entry.bytes, parts))
    }

    fn location(&self) -> PathBuf {
        self.store.location(&self.entry.path)
    }
}

fn read_footer(store: &Store, entry: &FileEntry) -> Result<Arc<ParquetMetaData>, OutputError> {
    let path = store.location(&entry.path);
    let end = |length: u64| -> Result<Bytes, OutputError> {
        let range = entry.bytes.saturating_sub(length)..entry.bytes;
        let mut found = store.get_ranges(&entry.path, std::slice::from_ref(&range))?;
        Ok(found.pop().unwrap_or_default())
    };
    let mut content = end(FOOTER)?;
    let mut reader = ParquetMetaDataReader::new();
    match reader.try_parse_sized(&content, entry.bytes) {
        Err(ParquetError::NeedMoreData(needed)) => {
            content = end(needed as u64)?;
            reader.try_parse_sized(&content, entry.bytes)
        }
        parsed => parsed,
    }
    .and_then(|()| reader.finish())
    .map(Arc::new)
    .map_err(|error| OutputError::serialization(&path, error))
}
