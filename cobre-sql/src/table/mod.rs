//! The tables of a committed run, from its manifest.

mod files;
mod footers;
mod pruning;
mod result_table;
mod scenarios;

pub(crate) use footers::FooterCache;
pub(crate) use pruning::possible_parts;
pub(crate) use result_table::{result_tables, table_name};
