//! The stochastic process: periodic autoregressive inflow, noise streams, opening trees, sampling.
//!
//! The noise vector of a stage has one component per plant, in plant order, then one per bus with a stochastic load,
//! in bus order; see [`noise_dimension`].

mod closure;
mod correlation;
mod eigen;
mod linear;
mod noise;
mod opening_tree;
mod par;
mod paths;
mod quantile;
mod sampling;
#[cfg(test)]
mod tests;

pub use correlation::{Correlation, CorrelationError, CorrelationFactors, CorrelationGroup};
pub use noise::NoiseStream;
pub use opening_tree::{OpeningMethod, OpeningTree, OpeningTreeError};
pub use par::{InflowData, InflowStatistics, ParError, ParModel, ParStage};
pub use paths::{inflow_paths, noise_paths};
pub use quantile::standard_normal_quantile;
pub use sampling::{ForwardSampler, SampleDomain};

use crate::system::System;

/// Number of components of the noise vector: one per plant, one per bus with a stochastic load.
pub fn noise_dimension(system: &System) -> usize {
    system.n_hydros() + system.buses().iter().filter(|bus| bus.has_stochastic_load()).count()
}
