//! Arrow in, Arrow out.

pub mod case;
