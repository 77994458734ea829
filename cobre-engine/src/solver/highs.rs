//! HiGHS behind [`LpSolver`](super::LpSolver).
pub struct Highs;
