//! Small problems for tests, benchmarks and documentation.

mod extensive_form;
#[cfg(feature = "highs")]
mod judge;
mod random_lp;
mod random_study;
#[cfg(all(test, feature = "highs"))]
mod tests;

pub use extensive_form::ExtensiveForm;
#[cfg(feature = "highs")]
pub use judge::{Judge, Verdicts};
pub use random_lp::{RandomLp, RandomLpSize, SplitMix64};
pub use random_study::RandomStudy;
