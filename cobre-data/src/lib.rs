//! The data layer of Cobre: case directories in, Arrow and Parquet out.

pub mod case;
pub mod output;
pub mod policy;
pub mod store;
