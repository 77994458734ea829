//! The integration tests of the workspace, one binary in all.

mod balances;
mod cli;
mod datasets;
mod determinism;
mod house;
mod policy;
mod program;
mod recovery;
mod results;
mod servers;
mod setting;
mod shared_cases;
mod store;
