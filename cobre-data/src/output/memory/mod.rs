//! Results in memory: what a run would write, as Arrow tables.
//!
//! The writers of a run do the work. In place of a store they are given a [`MemoryFolder`], and the rows that would go
//! into a file stay what they are, one batch per file, whose columns are the memory that the writer filled. A batch
//! knows where the writer of a file cuts its rows, so that [`write_results`](super::write_results) gives the bytes that a
//! run would have given.

mod documents;
mod file;
mod folder;
mod simulation;
mod tables;
#[cfg(test)]
mod tests;
mod training;

pub use documents::{MemoryFiles, collect_dictionaries, collect_stochastic};
pub(super) use file::{FileRows, MemoryFile};
pub(super) use folder::MemoryFolder;
pub use simulation::{SimulationCollector, SimulationOutput};
pub use tables::{MemoryTable, MemoryTables};
pub use training::{TrainingCollector, TrainingOutput};
