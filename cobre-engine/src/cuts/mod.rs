//! Cuts: the outer approximation of the cost-to-go.

mod activity;
mod blocks;
mod evaluation;
mod grid;
mod pool;
mod selection;
mod slopes;
mod standings;
#[cfg(test)]
mod tests;
mod tree;
mod visited;

pub use activity::CutActivity;
pub use evaluation::{BindingCut, States};
pub use pool::{Addition, CutOrigin, CutPool, StoredCut};
pub use selection::{CutSelection, SelectionMethod, SelectionRule};
pub use visited::VisitedStates;

pub(crate) use selection::evicted;
pub(crate) use standings::Standings;
pub(crate) use tree::TreeRoom;
