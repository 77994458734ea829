//! Opening trees.

use super::correlation::{Correlation, CorrelationError, CorrelationFactors};
use super::noise::NoiseStream;
use super::quantile::standard_normal_quantile;

/// Last counter words of the tree's draws.
const SAA_WORD: u32 = 0;
const STRATUM_WORD: u32 = 1;
const PERMUTATION_WORD: u32 = 2;

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
    /// A stage has no opening.
    #[error("stage {stage}: no opening where at least one is needed")]
    NoOpenings {
        /// Position of the stage.
        stage: usize,
    },
    /// A noise value is not a finite number.
    #[error("stage {stage}, opening {opening}, component {component}: noise value {value} where a number is needed")]
    NotFinite {
        /// Position of the stage.
        stage: usize,
        /// Position of the opening.
        opening: usize,
        /// Position in the noise vector.
        component: usize,
        /// The value.
        value: f64,
    },
    /// The correlation cannot be applied.
    #[error("openings cannot be correlated: {source}")]
    Correlation {
        /// What is wrong with it.
        source: CorrelationError,
    },
}

impl From<CorrelationError> for OpeningTreeError {
    fn from(source: CorrelationError) -> Self {
        Self::Correlation { source }
    }
}

/// The equiprobable noise realisations of every stage.
#[derive(Debug, Clone, PartialEq)]
pub struct OpeningTree {
    dimension: usize,
    /// Number of openings before every stage; one entry more than there are stages.
    first_openings: Vec<usize>,
    /// Row-major (opening, component), stage after stage.
    values: Vec<f64>,
}

impl OpeningTree {
    /// The tree of given noise values, correlated already; `stages[t]` is row-major (opening, component).
    ///
    /// In a tree of dimension 0 every stage has one opening: its openings could not differ.
    ///
    /// # Errors
    /// [`OpeningTreeError`] when a stage has no opening or a broken row, or a value is not finite.
    pub fn from_values(dimension: usize, stages: Vec<Vec<f64>>) -> Result<Self, OpeningTreeError> {
        let mut tree = Self::with_capacity(dimension, stages.iter().map(Vec::len).sum(), stages.len());
        for (stage, values) in stages.into_iter().enumerate() {
            let n_openings = Self::count_openings(dimension, stage, &values)?;
            tree.push_stage(n_openings, &values);
        }
        Ok(tree)
    }

    fn with_capacity(dimension: usize, n_values: usize, n_stages: usize) -> Self {
        let mut first_openings = Vec::with_capacity(n_stages + 1);
        first_openings.push(0);
        Self { dimension, first_openings, values: Vec::with_capacity(n_values) }
    }

    fn push_stage(&mut self, n_openings: usize, values: &[f64]) {
        let first = self.first_openings[self.n_stages()];
        self.first_openings.push(first + n_openings);
        self.values.extend_from_slice(values);
    }

    /// Number of openings whose values these are, all of them checked.
    fn count_openings(dimension: usize, stage: usize, values: &[f64]) -> Result<usize, OpeningTreeError> {
        let found = values.len();
        if dimension == 0 {
            return match found {
                0 => Ok(1),
                _ => Err(OpeningTreeError::Shape { stage, expected: 0, found }),
            };
        }
        if found == 0 {
            return Err(OpeningTreeError::NoOpenings { stage });
        }
        if !found.is_multiple_of(dimension) {
            return Err(OpeningTreeError::Shape { stage, expected: found.div_ceil(dimension) * dimension, found });
        }
        if let Some(position) = values.iter().position(|value| !value.is_finite()) {
            let (opening, component) = (position / dimension, position % dimension);
            return Err(OpeningTreeError::NotFinite { stage, opening, component, value: values[position] });
        }
        Ok(found / dimension)
    }

    /// Draws a tree: `stages` holds the label, the number of openings and the method of every stage.
    ///
    /// A draw depends on the seed, the label of its stage, its opening and its component alone (under
    /// [`OpeningMethod::Lhs`] also on the number of openings), so a stage keeps its openings when other stages come or
    /// go. `correlation` is then applied by the position of the stage.
    ///
    /// # Errors
    /// [`OpeningTreeError`] when a stage has no opening or the correlation does not fit.
    pub fn generate(
        seed: u64,
        dimension: usize,
        stages: &[(i32, usize, OpeningMethod)],
        correlation: &Correlation,
    ) -> Result<Self, OpeningTreeError> {
        let stream = NoiseStream::new(seed);
        let factors = CorrelationFactors::new(correlation)?;
        factors.check(stages.len(), dimension)?;
        let n_openings: usize = stages.iter().map(|stage| stage.1).sum();
        let mut tree = Self::with_capacity(dimension, n_openings * dimension, stages.len());
        for (stage, &(stage_id, n_openings, method)) in stages.iter().enumerate() {
            if n_openings == 0 {
                return Err(OpeningTreeError::NoOpenings { stage });
            }
            let mut values = match method {
                OpeningMethod::Saa => independent_draws(stream, stage_id, n_openings, dimension),
                OpeningMethod::Lhs => stratified_draws(stream, stage_id, n_openings, dimension),
            };
            if dimension > 0 {
                values.chunks_exact_mut(dimension).for_each(|noise| factors.apply(stage, noise));
            }
            tree.push_stage(n_openings, &values);
        }
        Ok(tree)
    }

    /// Number of stages.
    pub fn n_stages(&self) -> usize {
        self.first_openings.len() - 1
    }

    /// Number of components of a noise vector.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Number of openings of the stage at position `stage`.
    pub fn n_openings(&self, stage: usize) -> usize {
        self.first_openings[stage + 1] - self.first_openings[stage]
    }

    /// The noise vector (standard deviations) of an opening of the stage at position `stage`.
    pub fn noise(&self, stage: usize, opening: usize) -> &[f64] {
        let until_next_stage = &self.values[..self.first_openings[stage + 1] * self.dimension];
        let first = (self.first_openings[stage] + opening) * self.dimension;
        &until_next_stage[first..first + self.dimension]
    }

    /// All noise values: row-major (opening, component), stage after stage.
    pub fn values(&self) -> &[f64] {
        &self.values
    }
}

/// Standard normal draws, row-major (opening, component).
fn independent_draws(stream: NoiseStream, stage_id: i32, n_openings: usize, dimension: usize) -> Vec<f64> {
    let stage = stage_id.cast_unsigned();
    let draw = |opening: usize, component| stream.normal([component as u32, opening as u32, stage, SAA_WORD]);
    (0..n_openings).flat_map(|opening| (0..dimension).map(move |component| draw(opening, component))).collect()
}

/// Standard normal draws, row-major (opening, component), whose probabilities fill `n_openings` equal strata in every
/// component, once each, in a random order of its own.
fn stratified_draws(stream: NoiseStream, stage_id: i32, n_openings: usize, dimension: usize) -> Vec<f64> {
    let stage = stage_id.cast_unsigned();
    let largest = 1.0 - f64::EPSILON / 2.0;
    let mut values = vec![0.0; n_openings * dimension];
    for component in 0..dimension {
        let mut strata: Vec<usize> = (0..n_openings).collect();
        for last in (1..n_openings).rev() {
            let other = stream.index([component as u32, last as u32, stage, PERMUTATION_WORD], last + 1);
            strata.swap(last, other);
        }
        for (opening, &stratum) in strata.iter().enumerate() {
            let (within, _) = stream.uniform([component as u32, opening as u32, stage, STRATUM_WORD]);
            let probability = ((stratum as f64 + within) / n_openings as f64).min(largest);
            values[opening * dimension + component] = standard_normal_quantile(probability);
        }
    }
    values
}
