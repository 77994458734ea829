//! Arrow in, Arrow out.

pub mod output;
