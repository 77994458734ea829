//! The method against independent judges: extensive forms, exact cost-to-go, finite differences.
#![cfg(feature = "highs")]

mod cuts;
mod determinism;
mod gradients;
mod oracle;
mod outcomes;
mod setting;
mod states;
