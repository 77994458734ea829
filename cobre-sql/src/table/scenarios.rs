use cobre_data::output::Manifest;
use cobre_data::output::schema::{SCENARIO_BUCKET, SIMULATION_RETRY_HISTOGRAM};

/// Which scenarios a bucket holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Buckets {
    size: u64,
    n_scenarios: u64,
}

impl Buckets {
    /// Those of a run, if its tables are in buckets.
    pub(super) fn of(manifest: &Manifest) -> Option<Self> {
        let option = |name: &str| manifest.info.options.get(name)?.as_u64();
        let size = option("bucket_size").filter(|&size| size > 0)?;
        (manifest.info.options.get("partition_by")?.as_str()? == SCENARIO_BUCKET)
            .then_some(Self { size, n_scenarios: option("n_scenarios")? })
    }

    /// First and last scenario of a bucket.
    pub(super) fn range(self, bucket: u64) -> Option<(i32, i32)> {
        let first = bucket.checked_mul(self.size)?;
        let last = first.checked_add(self.size)?.min(self.n_scenarios).checked_sub(1)?;
        Some((i32::try_from(first).ok()?, i32::try_from(last).ok().filter(|_| last >= first)?))
    }
}

/// Whether every scenario of a file has rows in a table; of the others the scenarios of a bucket are bounds only.
pub(super) fn is_dense(table: &str) -> bool {
    table != SIMULATION_RETRY_HISTOGRAM.qualified_name()
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
