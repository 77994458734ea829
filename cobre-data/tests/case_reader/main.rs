//! The case reader, from directories written by the tests.

#![allow(clippy::unwrap_used)]

mod breakages;
mod fixture;
mod mutations;
mod refusals;
mod shared;
mod shuffles;
mod values;
mod warnings;
