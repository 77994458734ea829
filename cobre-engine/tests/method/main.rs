//! The method against independent judges: extensive forms, exact cost-to-go, finite differences.
#![cfg(feature = "highs")]

mod oracle;
mod setting;
