//! Spatial correlation of the noise vector.

use super::eigen::SymmetricEigen;

/// Largest difference of two entries that count as symmetric.
const SYMMETRY_TOLERANCE: f64 = 1e-10;

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
    /// Position of the profile of every stage; none: independent noise. Empty: independent noise at every stage.
    pub stage_profile: Vec<Option<usize>>,
}

/// Why a correlation cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CorrelationError {
    /// The matrix of a group is not square over its components.
    #[error("correlation group {group}: the matrix has {found} entries where {expected} are needed")]
    Shape {
        /// Position of the group in its profile.
        group: usize,
        /// Square of the number of components.
        expected: usize,
        /// Entries of the matrix.
        found: usize,
    },
    /// The matrix of a group is not symmetric, or an entry is not a finite number.
    #[error("correlation group {group}: entry ({row}, {column}) is {found}, its mirror entry is {mirror}")]
    NotSymmetric {
        /// Position of the group in its profile.
        group: usize,
        /// Row of the entry.
        row: usize,
        /// Column of the entry.
        column: usize,
        /// The entry.
        found: f64,
        /// The entry across the diagonal.
        mirror: f64,
    },
    /// A component belongs to two groups of a profile, or twice to one.
    #[error("correlation profile {profile}: component {component} appears more than once")]
    RepeatedComponent {
        /// Position of the profile.
        profile: usize,
        /// Position in the noise vector.
        component: usize,
    },
    /// A component lies outside the noise vector.
    #[error("correlation profile {profile}: component {component} where the noise vector has {dimension}")]
    UnknownComponent {
        /// Position of the profile.
        profile: usize,
        /// Position in the noise vector.
        component: usize,
        /// Components of the noise vector.
        dimension: usize,
    },
    /// A stage names a profile that does not exist.
    #[error("stage {stage}: correlation profile {profile} where there are {n_profiles}")]
    UnknownProfile {
        /// Position of the stage.
        stage: usize,
        /// Position of the profile.
        profile: usize,
        /// Number of profiles.
        n_profiles: usize,
    },
    /// The profile list does not match the stages.
    #[error("correlation gives the profiles of {found} stages where there are {expected}")]
    StageCount {
        /// Number of stages.
        expected: usize,
        /// Stages with an entry.
        found: usize,
    },
}

impl CorrelationGroup {
    /// The symmetric square root `D = V·diag(√max(λ, 0))·Vᵀ` of the matrix, row-major.
    ///
    /// `D·D` is the matrix when it is positive semidefinite; negative eigenvalues are cut off at zero.
    ///
    /// # Errors
    /// [`CorrelationError::Shape`] and [`CorrelationError::NotSymmetric`], with group 0.
    pub fn square_root(&self) -> Result<Vec<f64>, CorrelationError> {
        self.square_root_as(0)
    }

    fn square_root_as(&self, group: usize) -> Result<Vec<f64>, CorrelationError> {
        let n = self.components.len();
        if self.matrix.len() != n * n {
            return Err(CorrelationError::Shape { group, expected: n * n, found: self.matrix.len() });
        }
        for row in 0..n {
            for column in 0..=row {
                let (found, mirror) = (self.matrix[row * n + column], self.matrix[column * n + row]);
                let difference = (found - mirror).abs();
                // Of two infinite entries the difference is undefined.
                if difference.is_nan() || difference > SYMMETRY_TOLERANCE {
                    return Err(CorrelationError::NotSymmetric { group, row, column, found, mirror });
                }
            }
        }
        Ok(SymmetricEigen::new(n, &self.matrix).map(|value| value.max(0.0).sqrt()))
    }
}

/// The components of a group and the symmetric square root of its matrix.
#[derive(Debug, Clone, PartialEq)]
struct GroupFactor {
    components: Vec<usize>,
    square_root: Vec<f64>,
}

/// The square roots of a [`Correlation`], ready to be applied to independent noise.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrelationFactors {
    profiles: Vec<Vec<GroupFactor>>,
    stage_profile: Vec<Option<usize>>,
}

impl CorrelationFactors {
    /// Computes the square root of every group.
    ///
    /// # Errors
    /// See [`CorrelationError`]; all but `UnknownComponent` and `StageCount`, which need the dimension and the stages.
    pub fn new(correlation: &Correlation) -> Result<Self, CorrelationError> {
        let n_profiles = correlation.profiles.len();
        for (stage, profile) in correlation.stage_profile.iter().enumerate() {
            if let Some(profile) = profile.filter(|&profile| profile >= n_profiles) {
                return Err(CorrelationError::UnknownProfile { stage, profile, n_profiles });
            }
        }
        let profiles = correlation.profiles.iter().enumerate().map(|(p, groups)| Self::factor_profile(p, groups));
        Ok(Self { profiles: profiles.collect::<Result<_, _>>()?, stage_profile: correlation.stage_profile.clone() })
    }

    fn factor_profile(profile: usize, groups: &[CorrelationGroup]) -> Result<Vec<GroupFactor>, CorrelationError> {
        let mut members: Vec<usize> = groups.iter().flat_map(|group| group.components.iter().copied()).collect();
        members.sort_unstable();
        if let Some(pair) = members.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(CorrelationError::RepeatedComponent { profile, component: pair[0] });
        }
        let factor = |(position, group): (usize, &CorrelationGroup)| {
            let square_root = group.square_root_as(position)?;
            Ok(GroupFactor { components: group.components.clone(), square_root })
        };
        groups.iter().enumerate().map(factor).collect()
    }

    /// Checks that the factors fit `n_stages` stages with a noise vector of `dimension` components.
    ///
    /// # Errors
    /// [`CorrelationError::StageCount`] and [`CorrelationError::UnknownComponent`].
    pub fn check(&self, n_stages: usize, dimension: usize) -> Result<(), CorrelationError> {
        let found = self.stage_profile.len();
        if found != 0 && found != n_stages {
            return Err(CorrelationError::StageCount { expected: n_stages, found });
        }
        for (profile, groups) in self.profiles.iter().enumerate() {
            let mut components = groups.iter().flat_map(|group| &group.components);
            if let Some(&component) = components.find(|&&component| component >= dimension) {
                return Err(CorrelationError::UnknownComponent { profile, component, dimension });
            }
        }
        Ok(())
    }

    /// Correlates the independent noise of the stage at position `stage`, group by group, in place.
    ///
    /// A stage without a profile keeps its noise. Components outside `noise` do not occur after [`Self::check`].
    pub fn apply(&self, stage: usize, noise: &mut [f64]) {
        let Some(profile) = self.stage_profile.get(stage).copied().flatten() else {
            return;
        };
        for group in &self.profiles[profile] {
            let independent: Vec<f64> = group.components.iter().map(|&component| noise[component]).collect();
            for (row, &component) in group.square_root.chunks_exact(independent.len().max(1)).zip(&group.components) {
                noise[component] = row.iter().zip(&independent).map(|(d, eta)| d * eta).sum();
            }
        }
    }
}
