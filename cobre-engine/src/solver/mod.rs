//! Linear programming behind one trait.

pub mod certificate;
mod choice;
pub mod conformance;
mod dual_simplex;
mod dump;
#[cfg(feature = "highs")]
mod highs;
mod lp;

pub use choice::SolverChoice;
pub use dual_simplex::DualSimplex;
#[cfg(feature = "highs")]
pub use highs::{Highs, version as highs_version};
pub use lp::{
    Basis, BasisStatus, CutRow, CutSource, LpColumn, LpModel, LpSolution, LpSolver, LpStatus, Segment,
    UnknownBasisStatus,
};
