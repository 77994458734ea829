//! Linear programming behind one trait.

pub mod certificate;
pub mod conformance;
#[cfg(feature = "highs")]
mod highs;
mod lp;

#[cfg(feature = "highs")]
pub use highs::{Highs, version as highs_version};
pub use lp::{
    Basis, BasisStatus, CutRow, LpColumn, LpModel, LpSolution, LpSolver, LpStatus, Segment, UnknownBasisStatus,
};
