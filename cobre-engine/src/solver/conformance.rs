//! Conformance suite of [`LpSolver`](super::LpSolver).
