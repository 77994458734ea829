//! What is attached, as catalogue, schemas and tables.

mod attached;
mod case_source;
mod entry;
mod memory_source;
mod run_address;
mod schema;
mod source;
mod study_catalog;

pub(crate) use attached::Attached;
pub(crate) use entry::Entry;
pub(crate) use memory_source::MemorySource;
pub use memory_source::NamedBatches;
pub(crate) use run_address::RunAddress;
#[cfg(feature = "distributed")]
pub(crate) use run_address::root_text;
pub(crate) use schema::{StudySchema, Tables};
pub(crate) use source::{ATTACHED, StudySource, blocking, inputs_name};
pub(crate) use study_catalog::StudyCatalog;
