//! Cuts: the outer approximation of the cost-to-go.

mod activity;
mod pool;

pub use activity::CutActivity;
pub use pool::{CutOrigin, CutPool, StoredCut};
