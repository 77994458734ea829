use std::collections::BTreeMap;

use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;

use super::super::manifest::{FileEntry, Manifest};
use super::super::schema::{SCENARIO_BUCKET, TablePhase};

/// Smallest and largest value of columns of whole numbers, by name. A column that may hold nulls has none.
pub type Bounds = BTreeMap<String, (i64, i64)>;

/// The column whose values follow from the bucket.
const SCENARIO_ID: &str = "scenario_id";

/// Which scenarios a bucket holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Buckets {
    size: i64,
    n_scenarios: i64,
}

impl Buckets {
    /// Those of a table, if it is in buckets.
    pub(super) fn of(manifest: &Manifest, table: &str) -> Option<Self> {
        let option = |name: &str| manifest.info.options.get(name)?.as_i64();
        let is_simulation = table.starts_with(&format!("{}/", TablePhase::Simulation.name()));
        let in_buckets = manifest.info.options.get("partition_by")?.as_str()? == SCENARIO_BUCKET;
        let size = option("bucket_size").filter(|&size| size > 0 && is_simulation && in_buckets)?;
        Some(Self { size, n_scenarios: option("n_scenarios")? })
    }

    /// First and last scenario of a bucket.
    fn range(self, bucket: i64) -> Option<(i64, i64)> {
        let first = bucket.checked_mul(self.size)?;
        let last = first.checked_add(self.size)?.min(self.n_scenarios).checked_sub(1)?;
        (last >= first).then_some((first, last))
    }
}

/// What is known of a file without opening it.
pub(super) fn of_entry(file: &FileEntry, buckets: Option<Buckets>) -> Bounds {
    let mut bounds: Bounds = file.partition.iter().map(|(name, &value)| (name.clone(), (value, value))).collect();
    let bucket = file.partition.get(SCENARIO_BUCKET);
    if let Some(scenarios) = bucket.and_then(|&bucket| buckets?.range(bucket)) {
        bounds.insert(SCENARIO_ID.to_owned(), scenarios);
    }
    bounds
}

/// What the footer says of the columns of a row group.
pub(super) fn of_row_group(group: &RowGroupMetaData) -> Bounds {
    let known = group.columns().iter().filter_map(|column| {
        let statistics = column.statistics()?;
        let bounds = match statistics {
            Statistics::Int32(values) => (i64::from(*values.min_opt()?), i64::from(*values.max_opt()?)),
            Statistics::Int64(values) => (*values.min_opt()?, *values.max_opt()?),
            _ => return None,
        };
        let has_nulls = column.column_descr().max_def_level() > 0 && statistics.null_count_opt() != Some(0);
        // An unsigned number is stored as a signed one: what is below 0 then is large.
        let is_known = !has_nulls && bounds.0 >= 0 && bounds.0 <= bounds.1;
        is_known.then(|| (column.column_path().string(), bounds))
    });
    known.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bucket_ends_with_the_last_scenario() {
        let buckets = Buckets { size: 229, n_scenarios: 2000 };
        assert_eq!(buckets.range(0), Some((0, 228)));
        assert_eq!(buckets.range(8), Some((1832, 1999)));
        assert_eq!(buckets.range(9), None);
    }
}
