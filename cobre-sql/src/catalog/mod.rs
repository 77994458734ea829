//! What is attached, as catalogue, schemas and tables.

mod entry;
mod schema;
mod source;
mod study_catalog;

pub(crate) use entry::Entry;
pub(crate) use schema::{StudySchema, Tables};
pub(crate) use source::StudySource;
pub(crate) use study_catalog::StudyCatalog;
