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

impl SampleDomain {
    /// Last counter word of the domain's draws; 0 to 15 belong to the opening tree.
    fn word(self) -> u32 {
        match self {
            Self::Training => 16,
            Self::Simulation => 17,
        }
    }
}

/// Draws the opening of a stage for a path, as a pure function of seed, domain, iteration, path and stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForwardSampler {
    stream: NoiseStream,
    domain: SampleDomain,
}

impl ForwardSampler {
    /// The sampler of a seed in a domain.
    pub fn new(seed: u64, domain: SampleDomain) -> Self {
        Self { stream: NoiseStream::new(seed), domain }
    }

    /// Position of the opening, below `n_openings`, that a path takes at the stage at position `stage`.
    ///
    /// Every opening has the same probability; draws of different stages, paths and iterations are independent.
    /// `path` is a trajectory of the forward pass or a scenario of the simulation, in which `iteration` is 0. Paths and
    /// stages are counted modulo 2³².
    pub fn opening(&self, iteration: u32, path: usize, stage: usize, n_openings: usize) -> usize {
        self.stream.index([iteration, path as u32, stage as u32, self.domain.word()], n_openings)
    }
}
