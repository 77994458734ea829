//! The mathematics of Cobre: stochastic dual dynamic programming (SDDP; Pereira and Pinto 1991) for hydrothermal
//! systems.
//!
//! A [`Study`] holds a validated [`System`](system::System), the inflow model and the opening tree.
//! [`sddp::train`] builds a policy for it, [`simulation::simulate`] applies the policy to many scenarios and streams
//! the outcomes to a sink. Both are done by one process or by several [ranks](comm). No Arrow, no async, no files, no
//! clock of its own.

pub mod comm;
pub mod cuts;
mod error;
pub mod risk;
pub mod sddp;
mod simd;
pub mod simulation;
pub mod solver;
pub mod stochastic;
mod study;
pub mod subproblem;
pub mod system;
pub mod test_models;

pub use error::EngineError;
pub use simd::instruction_set;
#[doc(hidden)]
pub use simd::{OPERATIONS_PER_ROUND, multiply_adds};
pub use study::{InflowNonNegativity, Study, natural_cost_scale};
