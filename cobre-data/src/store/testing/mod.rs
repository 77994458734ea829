//! An object store that fails on demand, to test what is built on a [`Store`](super::Store).

mod faulty;
mod upload;

pub use faulty::{Call, Fault, FaultyStore};
