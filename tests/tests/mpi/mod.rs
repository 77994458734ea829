//! Ranks of a real `mpiexec`: the same bits as one process, and one end for all.

mod bits;
mod conformance;
mod failures;
mod launcher;
mod refusal;
mod stop;
