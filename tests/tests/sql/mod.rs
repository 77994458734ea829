//! Questions in SQL.

mod aggregates;
mod cases;
mod command;
mod in_memory;
mod policy;
mod policy_page;
mod server;
mod session;
mod slt;
mod slt_record;
mod tables;
mod trained_run;
mod worker_process;
mod workers;
