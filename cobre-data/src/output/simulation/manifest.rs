use serde::{Deserialize, Serialize};

use super::super::manifest::FileRecord;
use super::super::table_shape::TableShape;
use super::cost_statistics::CostStatistics;

/// What a simulation has written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimulationManifest {
    /// Scenarios, those of an earlier attempt included.
    pub n_scenarios: u64,
    /// Buckets, those of an earlier attempt included.
    pub n_buckets: u64,
    /// Statistics of the discounted costs; none without scenarios.
    pub cost: Option<CostStatistics>,
    /// Tables that were asked for, those without rows included.
    pub tables: Vec<SimulationTable>,
    /// Files, those of an earlier attempt first, then in the order they were written.
    pub files: Vec<FileRecord>,
}

/// A table of a simulation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimulationTable {
    /// Qualified name, e.g. `simulation/hydros`.
    pub name: String,
    /// Version of the columns.
    pub schema_version: u32,
    /// Columns that live in the path of its files.
    pub partition_by: Vec<String>,
}

impl SimulationTable {
    pub(super) fn of(shape: &TableShape) -> Self {
        Self {
            name: shape.table.qualified_name(),
            schema_version: shape.table.schema_version,
            partition_by: shape.partition_by().iter().map(ToString::to_string).collect(),
        }
    }
}
