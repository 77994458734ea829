//! Questions in SQL.

mod command;
mod policy;
mod policy_page;
mod session;
mod tables;
mod trained_run;
