//! What is attached, as catalogue, schemas and tables.

mod entry;
mod schema;
mod source;
mod study_catalog;

pub(crate) use entry::Entry;
pub(crate) use schema::Tables;
pub(crate) use source::{ATTACHED, StudySource, blocking};
pub(crate) use study_catalog::StudyCatalog;
