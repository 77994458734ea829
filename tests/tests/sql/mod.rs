//! Questions in SQL.

mod command;
mod session;
mod tables;
