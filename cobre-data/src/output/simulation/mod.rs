//! Writes the simulation tables, bucket by bucket, on a thread of its own.

mod bucket_rows;
mod buses;
mod costs;
mod exchanges;
mod grid;
mod hydros;
mod inflow_lags;
mod layout;
mod operative_state;
mod scenarios;
mod table_folder;
mod thermals;
mod worker;
mod writer;

pub use writer::SimulationParquetWriter;
