//! Cuts: the outer approximation of the cost-to-go.

mod pool;

pub use pool::{CutOrigin, CutPool};
