use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use serde::{Deserialize, Serialize};

use super::OutputError;
use super::manifest::FileRecord;
use super::options::PageCompression;
use super::row_groups::{ROW_GROUP_ROWS, RowGroups};
use super::schema::{ColumnType, Table};
use super::table_shape::TableShape;
use crate::store::{PendingFile, Store};

/// What every file of a run says about its origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    pub(super) run_id: String,
    pub(super) engine_version: String,
    pub(super) case_hash: String,
}

/// One Parquet file of a table while it is written.
pub(super) struct ParquetFile {
    table: &'static Table,
    relative: String,
    path: PathBuf,
    partition: BTreeMap<String, i64>,
    writer: RowGroups<PendingFile>,
    n_rows: u64,
}

impl ParquetFile {
    /// Starts a file of the given shape; `relative` is its path below the root.
    pub(super) fn create(
        store: &Store,
        origin: &Origin,
        shape: &TableShape,
        relative: String,
        partition: BTreeMap<String, i64>,
    ) -> Result<Self, OutputError> {
        let path = store.location(&relative);
        let properties = properties(shape, origin).map_err(|error| OutputError::serialization(&path, error))?;
        let file = store.create(&relative)?;
        let level = if let PageCompression::Zstd { level } = shape.compression() { Some(level) } else { None };
        let writer = RowGroups::new(file, shape.arrow_schema(), properties, level)
            .map_err(|error| parquet_error(&path, error))?;
        Ok(Self { table: shape.table, relative, path, partition, writer, n_rows: 0 })
    }

    /// The full path or URL, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Rows so far.
    pub(super) fn n_rows(&self) -> u64 {
        self.n_rows
    }

    /// Encodes rows. Every call begins new pages of quantities, so equal rows in other batches are other bytes.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        self.n_rows += batch.num_rows() as u64;
        self.writer.write(batch).map_err(|error| parquet_error(&self.path, error))
    }

    /// Writes what is left and gives the file its name.
    pub(super) fn publish(mut self) -> Result<FileRecord, OutputError> {
        let file = self.writer.finish().map_err(|error| parquet_error(&self.path, error))?;
        let fingerprint = file.publish()?;
        Ok(FileRecord {
            table: self.table.qualified_name(),
            path: self.relative,
            rows: self.n_rows,
            bytes: fingerprint.bytes,
            sha256: fingerprint.sha256,
            partition: self.partition,
        })
    }
}

fn properties(shape: &TableShape, origin: &Origin) -> Result<WriterProperties, ParquetError> {
    let table = shape.table;
    let sorting: Vec<SortingColumn> = shape
        .sort_by()
        .iter()
        .filter_map(|name| shape.position(name))
        .map(|index| SortingColumn { column_idx: index as i32, descending: false, nulls_first: false })
        .collect();
    let facts = [
        ("cobre.table", table.qualified_name()),
        ("cobre.schema_version", table.schema_version.to_string()),
        ("cobre.run_id", origin.run_id.clone()),
        ("cobre.units", table.units_json()),
        ("cobre.engine_version", origin.engine_version.clone()),
        ("cobre.case_hash", origin.case_hash.clone()),
    ];
    let mut builder = WriterProperties::builder()
        .set_created_by(format!("cobre {}", origin.engine_version))
        .set_compression(compression(shape.compression())?)
        .set_dictionary_enabled(true)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_sorting_columns(Some(sorting))
        .set_key_value_metadata(Some(
            facts.into_iter().map(|(key, value)| KeyValue::new(key.to_string(), value)).collect(),
        ));
    for column in shape.columns().iter().filter(|column| column.column_type == ColumnType::Float64) {
        builder = builder.set_column_dictionary_enabled(ColumnPath::from(column.name), false);
    }
    Ok(builder.build())
}

fn compression(of_pages: PageCompression) -> Result<Compression, ParquetError> {
    Ok(match of_pages {
        PageCompression::Zstd { level } => Compression::ZSTD(ZstdLevel::try_new(level)?),
        PageCompression::Snappy => Compression::SNAPPY,
        PageCompression::Lz4Raw => Compression::LZ4_RAW,
        PageCompression::Uncompressed => Compression::UNCOMPRESSED,
    })
}

/// Finds the answer of the file system inside an error of the Parquet writer.
pub(super) fn parquet_error(path: &Path, error: ParquetError) -> OutputError {
    if let ParquetError::External(source) = error {
        return match source.downcast::<std::io::Error>() {
            Ok(source) => OutputError::io("write", path, *source),
            Err(source) => OutputError::serialization(path, source),
        };
    }
    OutputError::serialization(path, error)
}
