//! Ranks: processes that work on one study together, behind one trait.
//!
//! Every collective call of [`Communicator`] is made by all ranks, in the same order. [`Local`] is the one rank of a
//! process by itself, `Mpi` (feature `mpi`) a rank of a world that `mpiexec` has started, [`ThreadRank`] a rank of a
//! world inside one process, for tests. [`conformance`] is what all of them pass.

mod communicator;
pub mod conformance;
mod local;
mod message;
#[cfg(feature = "mpi")]
mod mpi;
mod ranks;
mod share;
mod threads;

pub use communicator::{CommError, Communicator, Gathered};
pub use local::Local;
pub use message::{Message, MessageReader, Unreadable};
#[cfg(feature = "mpi")]
pub use mpi::{Mpi, mpi_version};
pub use share::share;
pub use threads::{ThreadRank, on_thread_ranks};

pub(crate) use ranks::{Ranks, Received};
