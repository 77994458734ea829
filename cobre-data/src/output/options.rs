use std::collections::{BTreeMap, BTreeSet};

use cobre_engine::system::System;

use super::simulation::check_options;

/// What of a simulation is written, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResultOptions {
    /// Names of the simulation tables that are written; `None`: all of them.
    pub tables: Option<BTreeSet<String>>,
    /// Columns that are written, by table; a table that is not named has all of them. The columns that order the rows
    /// are written in any case.
    pub columns: BTreeMap<String, BTreeSet<String>>,
    /// Compression of the pages.
    pub compression: PageCompression,
    /// Rows after which a table continues in another file; `None`: one file per bucket.
    pub max_rows_per_file: Option<u64>,
    /// Column that lives in the path of the files.
    pub partition_by: PartitionKey,
    /// Scenarios per bucket; `None`: as many as suit the size of the system.
    pub bucket_size: Option<usize>,
    /// Whether only statistics over all scenarios are written, and no row of a single scenario.
    pub aggregates_only: bool,
}

impl ResultOptions {
    /// Checks that the tables of a simulation of `system` can be written so. A writer does the same when it is made;
    /// this is for those who want to know before they train.
    ///
    /// # Errors
    /// What stands against it, by name: a table or column that there is not or that is not written with these options,
    /// a number out of range, a partition by labels of stages that are negative.
    pub fn check(&self, system: &System) -> Result<(), String> {
        check_options(self, system)
    }
}

/// Compression of the pages of a Parquet file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageCompression {
    /// Zstandard at a level from 1 (fast) to 22 (small).
    Zstd {
        /// Level.
        level: i32,
    },
    /// Snappy.
    Snappy,
    /// LZ4 in the raw block format.
    Lz4Raw,
    /// None.
    Uncompressed,
}

impl Default for PageCompression {
    fn default() -> Self {
        Self::Zstd { level: 1 }
    }
}

/// The column that lives in the path of the simulation tables' files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PartitionKey {
    /// One folder per bucket of scenarios.
    #[default]
    ScenarioBucket,
    /// One folder per stage, one file per bucket in it.
    StageId,
    /// One folder per scenario.
    ScenarioId,
}

impl PartitionKey {
    /// Name of the column.
    pub fn name(self) -> &'static str {
        match self {
            Self::ScenarioBucket => "scenario_bucket",
            Self::StageId => "stage_id",
            Self::ScenarioId => "scenario_id",
        }
    }
}
