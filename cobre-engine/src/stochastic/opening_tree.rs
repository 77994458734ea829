//! Opening trees.

/// How openings are generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpeningMethod {
    /// Sample average approximation: independent standard normal draws.
    Saa,
    /// Latin hypercube sampling.
    Lhs,
}

/// Why a tree cannot be built.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpeningTreeError {
    /// The values do not fill the tree.
    #[error("stage {stage}: {found} noise values where {expected} are needed")]
    Shape {
        /// Position of the stage.
        stage: usize,
        /// Values needed.
        expected: usize,
        /// Values found.
        found: usize,
    },
}

/// The equiprobable noise realisations of every stage.
#[derive(Debug, Clone, PartialEq)]
pub struct OpeningTree {
    dimension: usize,
    /// Per stage: row-major (opening, component).
    stages: Vec<Vec<f64>>,
}
