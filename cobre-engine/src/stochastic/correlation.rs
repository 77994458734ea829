//! Spatial correlation of the noise vector.

/// Components of the noise vector that are correlated with each other.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrelationGroup {
    /// Positions in the noise vector.
    pub components: Vec<usize>,
    /// Correlation matrix, row-major, `components.len()` squared.
    pub matrix: Vec<f64>,
}

/// Spatial correlation: a profile of groups per stage; components of no group stay independent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Correlation {
    /// The profiles.
    pub profiles: Vec<Vec<CorrelationGroup>>,
    /// Position of the profile of every stage; none: independent noise.
    pub stage_profile: Vec<Option<usize>>,
}
