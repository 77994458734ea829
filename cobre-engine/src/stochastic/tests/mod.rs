//! Checks of the stochastic process.

#![allow(clippy::unwrap_used, reason = "a check that cannot go on has failed")]

mod closure;
mod correlation;
mod inflow;
mod inflow_errors;
mod linear;
mod noise;
mod opening_tree;
mod quantile;
mod sampling;
