//! The integration tests of the workspace, one binary in all.

mod balances;
mod cli;
mod datasets;
mod determinism;
mod house;
mod program;
mod setting;
mod shared_cases;
mod store;
