//! Small problems for tests, benchmarks and documentation.

mod random_lp;

pub use random_lp::{RandomLp, RandomLpSize, SplitMix64};
