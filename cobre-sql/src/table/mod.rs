//! The tables of a committed run, from its manifest.

mod files;
mod footers;
mod result_table;
mod scenarios;

pub(crate) use footers::FooterCache;
pub(crate) use result_table::{result_tables, table_name};
