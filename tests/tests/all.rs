//! The integration tests of the workspace, one binary in all.

mod balances;
mod determinism;
mod house;
mod setting;
mod shared_cases;
