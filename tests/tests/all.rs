//! The integration tests of the workspace, one binary in all.

mod balances;
mod cli;
mod datasets;
mod determinism;
mod house;
mod judged;
mod mpi;
mod policy;
mod program;
mod ranks;
mod recovery;
mod results;
mod scans;
mod servers;
mod setting;
mod shared_cases;
mod sql;
mod store;
