//! Questions in SQL.

mod aggregates;
mod cases;
mod command;
mod session;
mod slt;
mod slt_record;
mod tables;
