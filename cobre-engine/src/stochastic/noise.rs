//! Counter-based noise streams.

/// A stateless stream of random numbers: a value is a pure function of key and counter (Philox 4×32-10, Salmon et
/// al. 2011), so any thread can draw any element in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoiseStream {
    key: [u32; 2],
}

impl NoiseStream {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self { key: [seed as u32, (seed >> 32) as u32] }
    }
}
