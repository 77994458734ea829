//! The output tables as data: columns, types, units, order of rows.

mod dictionaries;
mod simulation;
mod statistics;
mod stochastic;
mod training;

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};

pub use dictionaries::BOUNDS;
pub use simulation::{
    BLOCK_COSTS, BUSES, COSTS, EXCHANGES, HYDRO_BUS_GENERATION, HYDROS, INFLOW_LAGS, PATHS, SCENARIO_SUMMARY,
    SIMULATION_RETRY_HISTOGRAM, SIMULATION_SOLVER_ITERATIONS, THERMALS,
};
pub use statistics::{
    BLOCK_COSTS_STATISTICS, BUSES_STATISTICS, COST_STATISTICS, COSTS_STATISTICS, EXCHANGES_STATISTICS,
    HYDRO_BUS_GENERATION_STATISTICS, HYDROS_STATISTICS, INFLOW_LAGS_STATISTICS, STATISTICS, THERMALS_STATISTICS,
    is_statistics_table, statistics_of,
};
pub use stochastic::{INFLOW_AR_COEFFICIENTS, INFLOW_SEASONAL_STATS, LOAD_SEASONAL_STATS, NOISE_OPENINGS};
pub use training::{
    CONVERGENCE, CUT_ACTIVITY, CUT_SELECTION, ITERATION_TIMING, RANK_TIMING, RETRY_HISTOGRAM,
    TRAINING_SOLVER_ITERATIONS, VISITED_STATES,
};

/// Column in the path of bucketed tables: position of the scenario bucket.
pub const SCENARIO_BUCKET: &str = "scenario_bucket";

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// 8-bit integer, for codes.
    Int8,
    /// 32-bit integer, for labels and small counts.
    Int32,
    /// 64-bit integer.
    Int64,
    /// Unsigned 32-bit integer.
    UInt32,
    /// Unsigned 64-bit integer.
    UInt64,
    /// Double precision.
    Float64,
    /// True or false.
    Boolean,
    /// Text.
    Utf8,
}

impl ColumnType {
    /// The Arrow type.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Int8 => DataType::Int8,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::UInt32 => DataType::UInt32,
            Self::UInt64 => DataType::UInt64,
            Self::Float64 => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Utf8 => DataType::Utf8,
        }
    }
}

/// A column of an output table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Name.
    pub name: &'static str,
    /// Type.
    pub column_type: ColumnType,
    /// Whether values may be missing.
    pub nullable: bool,
    /// Unit, empty for labels, counts and codes, `varies` where other columns of the row decide.
    pub unit: &'static str,
    /// Meaning.
    pub description: &'static str,
}

impl Column {
    const fn new(name: &'static str, column_type: ColumnType, unit: &'static str, description: &'static str) -> Self {
        Self { name, column_type, nullable: false, unit, description }
    }

    const fn id(name: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Int32, "", description)
    }

    const fn float(name: &'static str, unit: &'static str, description: &'static str) -> Self {
        Self::new(name, ColumnType::Float64, unit, description)
    }

    const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }
}

/// Part of a run that a table belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TablePhase {
    /// Training of the policy.
    Training,
    /// Simulation of the policy.
    Simulation,
    /// What labels, codes and limits mean.
    Dictionaries,
    /// The stochastic process, as inputs of another run.
    Stochastic,
}

impl TablePhase {
    /// All parts.
    pub const ALL: [Self; 4] = [Self::Training, Self::Simulation, Self::Dictionaries, Self::Stochastic];

    /// Name in paths and manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Simulation => "simulation",
            Self::Dictionaries => "dictionaries",
            Self::Stochastic => "stochastic",
        }
    }
}

/// An output table: what its files hold and how they are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Part of the run.
    pub phase: TablePhase,
    /// Name, unique within its phase.
    pub name: &'static str,
    /// Raised by one whenever a column changes.
    pub schema_version: u32,
    /// What a row is.
    pub description: &'static str,
    /// Columns that live in the path of a file and not inside it.
    pub partition_by: &'static [&'static str],
    /// Columns that order the rows of a file.
    pub sort_by: &'static [&'static str],
    /// Columns in order.
    pub columns: &'static [Column],
}

impl Table {
    /// Phase and name, e.g. `simulation/hydros`: unique among all tables.
    pub fn qualified_name(&self) -> String {
        format!("{}/{}", self.phase.name(), self.name)
    }

    /// The Arrow schema of a file.
    pub fn arrow_schema(&self) -> Arc<Schema> {
        let fields: Vec<Field> =
            self.columns.iter().map(|c| Field::new(c.name, c.column_type.data_type(), c.nullable)).collect();
        Arc::new(Schema::new(fields))
    }

    /// Position of a column.
    pub fn column_index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Units of the columns that have one, as a JSON object in column order.
    pub fn units_json(&self) -> String {
        let entries: Vec<String> = self
            .columns
            .iter()
            .filter(|column| !column.unit.is_empty())
            .map(|column| format!("{}:{}", serde_json::Value::from(column.name), serde_json::Value::from(column.unit)))
            .collect();
        format!("{{{}}}", entries.join(","))
    }
}

/// All tables, training first.
pub static TABLES: &[&Table] = &[
    &CONVERGENCE,
    &ITERATION_TIMING,
    &RANK_TIMING,
    &TRAINING_SOLVER_ITERATIONS,
    &RETRY_HISTOGRAM,
    &VISITED_STATES,
    &CUT_ACTIVITY,
    &CUT_SELECTION,
    &COSTS,
    &BLOCK_COSTS,
    &HYDROS,
    &HYDRO_BUS_GENERATION,
    &THERMALS,
    &EXCHANGES,
    &BUSES,
    &INFLOW_LAGS,
    &PATHS,
    &SCENARIO_SUMMARY,
    &COST_STATISTICS,
    &SIMULATION_SOLVER_ITERATIONS,
    &SIMULATION_RETRY_HISTOGRAM,
    &COSTS_STATISTICS,
    &BLOCK_COSTS_STATISTICS,
    &HYDROS_STATISTICS,
    &HYDRO_BUS_GENERATION_STATISTICS,
    &THERMALS_STATISTICS,
    &EXCHANGES_STATISTICS,
    &BUSES_STATISTICS,
    &INFLOW_LAGS_STATISTICS,
    &BOUNDS,
    &NOISE_OPENINGS,
    &INFLOW_SEASONAL_STATS,
    &INFLOW_AR_COEFFICIENTS,
    &LOAD_SEASONAL_STATS,
];

/// Tables of one phase.
pub fn phase_tables(phase: TablePhase) -> impl Iterator<Item = &'static Table> {
    TABLES.iter().copied().filter(move |table| table.phase == phase)
}
