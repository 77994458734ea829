//! The case reader, from directories written by the tests.

#![allow(clippy::unwrap_used)]

mod breakages;
mod cut_selection;
mod external;
mod fixture;
mod folder;
#[allow(unreachable_pub)]
#[path = "../../../fuzz/src/lib.rs"]
mod fuzz_case;
mod mutations;
mod refusals;
mod run_settings;
mod shared;
mod shuffles;
mod stores;
mod values;
mod warnings;
