//! Questions in SQL.

mod command;
mod session;
mod slt;
mod slt_record;
mod tables;
