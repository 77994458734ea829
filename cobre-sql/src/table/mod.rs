//! The tables of a committed run, from its manifest.

mod files;
mod footers;
mod pruning;
mod result_table;
mod scenarios;

pub(crate) use footers::FooterCache;
#[cfg(feature = "distributed")]
pub(crate) use footers::{with_checksum, with_known_footers};
pub(crate) use pruning::possible_parts;
pub(crate) use result_table::{result_tables, table_name};
