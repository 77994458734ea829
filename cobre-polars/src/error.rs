use arrow::error::ArrowError;
use cobre_data::output::OutputError;
use polars::error::PolarsError;

/// Why there is no frame.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A column has a type that the Arrow C data interface cannot carry.
    #[error("column {column} cannot leave Arrow: {source}")]
    Export {
        /// Name of the column.
        column: String,
        /// What is wrong with it.
        source: ArrowError,
    },
    /// A column has a type that Polars does not have.
    #[error("column {column} cannot be a column of Polars: {source}")]
    Import {
        /// Name of the column.
        column: String,
        /// What is wrong with it.
        source: PolarsError,
    },
    /// The columns do not make a frame.
    #[error("the columns make no frame: {0}")]
    Frame(#[from] PolarsError),
    /// There is no such table, or it cannot be read.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// There is no such table in memory.
    #[error("no single table is named {name}; tables: {}", known.join(", "))]
    UnknownTable {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
}
