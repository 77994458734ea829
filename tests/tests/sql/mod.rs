//! Questions in SQL.

mod command;
mod session;
mod slt;
mod tables;
