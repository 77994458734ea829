/// Cuts per block of the store: one lane each of a SIMD register pair.
const LANES: usize = 8;

/// Where a cut comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutOrigin {
    /// Iteration, 1-based.
    pub iteration: u32,
    /// Trajectory of the forward pass.
    pub trajectory: u32,
}

/// The cuts of one stage, `θ ≥ intercept + coefficients·x`, in currency units ($, $/hm³, $/(m³/s)).
///
/// Append-only: a cut's id is its position and never changes. Structure of arrays in blocks of eight cuts, so that
/// evaluating all cuts at a state is a chain of vector multiply–adds over memory read once.
#[derive(Debug, Clone, PartialEq)]
pub struct CutPool {
    dimension: usize,
    intercepts: Vec<[f64; LANES]>,
    /// `[block][component][lane]`.
    coefficients: Vec<[f64; LANES]>,
    origins: Vec<CutOrigin>,
}

/// Two coefficients closer than this, relative to the largest of their cut, are the same.
const PARALLEL: f64 = 1e-12;

impl CutPool {
    /// An empty pool of cuts over `dimension` state components.
    pub fn new(dimension: usize) -> Self {
        Self { dimension, intercepts: Vec::new(), coefficients: Vec::new(), origins: Vec::new() }
    }

    /// Number of cuts.
    pub fn len(&self) -> usize {
        self.origins.len()
    }
    /// Whether there is no cut.
    pub fn is_empty(&self) -> bool {
        self.origins.is_empty()
    }
    /// Number of state components.
    pub fn dimension(&self) -> usize {
        self.dimension
    }
    /// Intercept of a cut ($).
    pub fn intercept(&self, id: u32) -> f64 {
        self.intercepts[id as usize / LANES][id as usize % LANES]
    }
    /// Where a cut comes from.
    pub fn origin(&self, id: u32) -> CutOrigin {
        self.origins[id as usize]
    }
    /// Writes the coefficients of a cut.
    pub fn write_coefficients(&self, id: u32, out: &mut Vec<f64>) {
        let (block, lane) = (id as usize / LANES, id as usize % LANES);
        out.clear();
        out.extend(self.block(block).iter().map(|component| component[lane]));
    }

    fn block(&self, block: usize) -> &[[f64; LANES]] {
        &self.coefficients[block * self.dimension..(block + 1) * self.dimension]
    }

    /// Adds a cut, unless a cut at hand has the same coefficients and at least its intercept: then the new one is
    /// merged away. Returns its id.
    pub fn add(&mut self, intercept: f64, coefficients: &[f64], origin: CutOrigin) -> Option<u32> {
        debug_assert_eq!(coefficients.len(), self.dimension);
        if self.dominates(intercept, coefficients) {
            return None;
        }
        let id = self.len();
        let lane = id % LANES;
        if lane == 0 {
            self.intercepts.push([f64::NEG_INFINITY; LANES]);
            self.coefficients.resize(self.coefficients.len() + self.dimension, [0.0; LANES]);
        }
        let block = id / LANES;
        self.intercepts[block][lane] = intercept;
        for (j, &value) in coefficients.iter().enumerate() {
            self.coefficients[block * self.dimension + j][lane] = value;
        }
        self.origins.push(origin);
        Some(id as u32)
    }

    fn dominates(&self, intercept: f64, coefficients: &[f64]) -> bool {
        let largest = coefficients.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
        let tolerance = PARALLEL * largest;
        (0..self.intercepts.len()).any(|b| {
            let mut same = [true; LANES];
            for lane in 0..LANES {
                same[lane] = self.intercepts[b][lane] >= intercept;
            }
            for (component, &value) in self.block(b).iter().zip(coefficients) {
                if !same.iter().any(|&lane| lane) {
                    return false;
                }
                for lane in 0..LANES {
                    same[lane] &= (component[lane] - value).abs() <= tolerance;
                }
            }
            same.iter().any(|&lane| lane)
        })
    }

    /// Writes the value of every cut at `state`; the vector is padded to whole blocks with −∞.
    pub fn evaluate(&self, state: &[f64], values: &mut Vec<f64>) {
        values.clear();
        values.reserve(self.intercepts.len() * LANES);
        for (b, intercepts) in self.intercepts.iter().enumerate() {
            let mut sums = *intercepts;
            for (component, &x) in self.block(b).iter().zip(state) {
                for lane in 0..LANES {
                    sums[lane] += component[lane] * x;
                }
            }
            values.extend_from_slice(&sums);
        }
    }

    /// The largest cut value at `state`, at least 0: the outer approximation of the cost-to-go ($).
    pub fn future_cost(&self, state: &[f64]) -> f64 {
        let mut values = Vec::new();
        self.evaluate(state, &mut values);
        values.into_iter().fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::{CutOrigin, CutPool};

    const ORIGIN: CutOrigin = CutOrigin { iteration: 1, trajectory: 0 };

    #[test]
    fn ids_are_positions_and_values_are_affine() {
        let mut pool = CutPool::new(2);
        for i in 0..20u32 {
            assert_eq!(pool.add(f64::from(i), &[f64::from(i), -1.0], ORIGIN), Some(i));
        }
        let mut values = Vec::new();
        pool.evaluate(&[2.0, 3.0], &mut values);
        for i in 0..20 {
            assert_eq!(values[i], i as f64 * 3.0 - 3.0);
        }
        assert_eq!(values.len(), 24);
        assert!(values[20..].iter().all(|value| *value == f64::NEG_INFINITY));
        let mut coefficients = Vec::new();
        pool.write_coefficients(13, &mut coefficients);
        assert_eq!((pool.intercept(13), coefficients.as_slice()), (13.0, &[13.0, -1.0][..]));
        assert_eq!(pool.future_cost(&[2.0, 3.0]), 54.0);
        assert_eq!(pool.future_cost(&[0.0, 100.0]), 0.0);
    }

    #[test]
    fn a_dominated_twin_is_merged_and_a_better_one_is_not() {
        let mut pool = CutPool::new(1);
        assert_eq!(pool.add(1.0, &[2.0], ORIGIN), Some(0));
        assert_eq!(pool.add(1.0, &[2.0], ORIGIN), None);
        assert_eq!(pool.add(0.5, &[2.0 + 1e-13], ORIGIN), None);
        assert_eq!(pool.add(1.5, &[2.0], ORIGIN), Some(1));
        assert_eq!(pool.add(0.5, &[2.1], ORIGIN), Some(2));
    }
}
