//! Sampling of scenario paths through the opening tree.

use super::noise::NoiseStream;

/// Which draws a sample belongs to; the domains of one seed never overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleDomain {
    /// Trajectories of the forward pass.
    Training,
    /// Scenarios of the simulation.
    Simulation,
}

/// Draws the opening of a stage for a path, as a pure function of seed, domain, iteration, path and stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForwardSampler {
    stream: NoiseStream,
    domain: SampleDomain,
}
