use std::sync::Arc;

use chrono::DateTime;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use object_store::ObjectMeta;
use object_store::path::Path;

use cobre_data::output::FileEntry;

use super::footers::Checksum;
use super::scenarios::Buckets;

/// What is stored under a path, without asking the store: the manifest knows.
pub(super) fn object_meta(file: &FileEntry) -> ObjectMeta {
    ObjectMeta {
        location: Path::from(file.path.as_str()),
        last_modified: DateTime::UNIX_EPOCH,
        size: file.bytes,
        e_tag: None,
        version: None,
    }
}

/// A file of a table with the values of the columns `in_path`, and what is known of its columns. `buckets`: where every
/// scenario of a bucket has rows.
pub(super) fn partitioned_file(
    file: &FileEntry,
    file_schema: &Schema,
    in_path: &[String],
    buckets: Option<Buckets>,
) -> PartitionedFile {
    let values = in_path.iter().map(|name| ScalarValue::Int32(partition_value(file, name))).collect();
    // Those of the columns in the path are added to them.
    let mut statistics = Statistics::new_unknown(file_schema);
    statistics.num_rows = Precision::Exact(file.rows as usize);
    if let Some((first, last)) = scenarios(file, buckets)
        && let Ok(column) = file_schema.index_of(SCENARIO_ID)
    {
        statistics.column_statistics[column] = ColumnStatistics {
            null_count: Precision::Exact(0),
            min_value: Precision::Exact(ScalarValue::Int32(Some(first))),
            max_value: Precision::Exact(ScalarValue::Int32(Some(last))),
            ..ColumnStatistics::new_unknown()
        };
    }
    PartitionedFile::new_from_meta(object_meta(file))
        .with_partition_values(values)
        .with_statistics(Arc::new(statistics))
        .with_extension(Checksum(file.sha256.clone()))
}

/// The column whose values follow from the bucket.
const SCENARIO_ID: &str = "scenario_id";

fn partition_value(file: &FileEntry, name: &str) -> Option<i32> {
    file.partition.get(name).and_then(|&value| i32::try_from(value).ok())
}

fn scenarios(file: &FileEntry, buckets: Option<Buckets>) -> Option<(i32, i32)> {
    let bucket = partition_value(file, cobre_data::output::schema::SCENARIO_BUCKET)?;
    buckets?.range(u64::try_from(bucket).ok()?)
}

/// What is known of the files together.
pub(super) fn statistics_of(files: &[PartitionedFile], schema: &SchemaRef) -> Statistics {
    let known = files.iter().filter_map(|file| file.statistics.as_deref());
    Statistics::try_merge_iter(known, schema).unwrap_or_else(|_| Statistics::new_unknown(schema))
}
