//! Questions in SQL.

mod server;
