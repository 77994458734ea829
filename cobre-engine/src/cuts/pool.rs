use super::CutActivity;
use crate::error::EngineError;
use crate::simd::{self, LANES};

/// Where a cut comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutOrigin {
    /// Iteration, 1-based; 0 for a cut that training was given to begin with.
    pub iteration: u32,
    /// Trajectory of the forward pass.
    pub trajectory: u32,
}

impl CutOrigin {
    /// The origin of a cut that training was given to begin with.
    pub const GIVEN: Self = Self { iteration: 0, trajectory: 0 };
}

/// A cut with all that a pool knows of it, as it is stored and read again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StoredCut<'a> {
    /// Intercept ($).
    pub intercept: f64,
    /// One coefficient per state component ($/hm³, $/(m³/s)).
    pub coefficients: &'a [f64],
    /// Where it comes from.
    pub origin: CutOrigin,
    /// How often it was binding.
    pub activity: CutActivity,
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
    activities: Vec<CutActivity>,
}

/// Two coefficients closer than this, relative to the largest of their cut, are the same.
const PARALLEL: f64 = 1e-12;

impl CutPool {
    /// An empty pool of cuts over `dimension` state components.
    pub fn new(dimension: usize) -> Self {
        Self {
            dimension,
            intercepts: Vec::new(),
            coefficients: Vec::new(),
            origins: Vec::new(),
            activities: Vec::new(),
        }
    }

    /// A pool of cuts at hand: the id of a cut is its position in `cuts`. None is merged away, so that ids which
    /// bases refer to stay what they were.
    ///
    /// # Errors
    /// [`EngineError::Options`] for a cut without exactly one coefficient per state component, or with a number that
    /// is not finite.
    pub fn from_cuts<'a>(dimension: usize, cuts: impl IntoIterator<Item = StoredCut<'a>>) -> Result<Self, EngineError> {
        let mut pool = Self::new(dimension);
        for cut in cuts {
            let id = pool.len();
            let refused = |message: String| EngineError::Options { option: "policy", message };
            if cut.coefficients.len() != dimension {
                let found = cut.coefficients.len();
                return Err(refused(format!("cut {id} has {found} coefficients where the state has {dimension}")));
            }
            if !cut.intercept.is_finite() || cut.coefficients.iter().any(|value| !value.is_finite()) {
                return Err(refused(format!("cut {id} has a number that is not finite")));
            }
            pool.push(cut.intercept, cut.coefficients, cut.origin, cut.activity);
        }
        Ok(pool)
    }

    /// The same cuts under the same ids as something given: [`CutOrigin::GIVEN`], and never binding so far.
    #[must_use]
    pub fn into_given(mut self) -> Self {
        self.origins.fill(CutOrigin::GIVEN);
        self.activities.fill(CutActivity::default());
        self
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
    /// How often a cut was binding.
    pub fn activity(&self, id: u32) -> CutActivity {
        self.activities[id as usize]
    }
    /// Intercepts ($) in the order of the ids.
    pub fn intercepts(&self) -> impl ExactSizeIterator<Item = f64> + '_ {
        (0..self.len()).map(|id| self.intercepts[id / LANES][id % LANES])
    }
    /// Coefficients of state component `component` in the order of the ids.
    ///
    /// # Panics
    /// When there are cuts and no such component.
    pub fn component(&self, component: usize) -> impl ExactSizeIterator<Item = f64> + '_ {
        (0..self.len()).map(move |id| self.block(id / LANES)[component][id % LANES])
    }
    /// Origins in the order of the ids.
    pub fn origins(&self) -> &[CutOrigin] {
        &self.origins
    }
    /// Activities in the order of the ids.
    pub fn activities(&self) -> &[CutActivity] {
        &self.activities
    }

    /// Counts cuts that were binding in an iteration: pairs of id and number of solves.
    pub(crate) fn count_binding(&mut self, iteration: u32, binding: &[(u32, u32)]) {
        for &(id, n_solves) in binding {
            let activity = &mut self.activities[id as usize];
            activity.times_binding += u64::from(n_solves);
            activity.last_iteration = iteration;
        }
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
        Some(self.push(intercept, coefficients, origin, CutActivity::default()))
    }

    fn push(&mut self, intercept: f64, coefficients: &[f64], origin: CutOrigin, activity: CutActivity) -> u32 {
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
        self.activities.push(activity);
        id as u32
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
        let mut heights = self.intercepts.clone();
        simd::evaluate_blocks(&self.coefficients, self.dimension, 0, state, &mut heights);
        values.clear();
        values.extend_from_slice(heights.as_flattened());
    }

    /// Intercepts in blocks, padded with −∞: heights of the cuts before any component is added.
    pub(crate) fn base(&self) -> &[[f64; LANES]] {
        &self.intercepts
    }

    /// Adds the components from `first` on at their values `x` to the heights of all cuts.
    pub(crate) fn add_components(&self, first: usize, x: &[f64], heights: &mut [[f64; LANES]]) {
        simd::evaluate_blocks(&self.coefficients, self.dimension, first, x, heights);
    }

    /// The `n` highest cuts above `limit`, highest first, where `base` are their heights without the first `x.len()`
    /// components and `x` the values of those.
    pub(crate) fn highest(&self, base: &[[f64; LANES]], x: &[f64], limit: f64, n: usize, found: &mut Vec<(f64, u32)>) {
        if n == 1 {
            found.clear();
            found.extend(simd::highest_one(&self.coefficients, self.dimension, base, x, limit));
        } else {
            simd::highest(&self.coefficients, self.dimension, base, x, limit, n, found);
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
    use super::{CutActivity, CutOrigin, CutPool, StoredCut};

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

    #[test]
    fn a_pool_is_rebuilt_from_its_columns() {
        let mut pool = CutPool::new(3);
        for i in 0..21u32 {
            let origin = CutOrigin { iteration: i / 4 + 1, trajectory: i % 4 };
            pool.add(-f64::from(i), &[0.1 * f64::from(i), -1.0, f64::from(i % 3)], origin).expect("a cut of its own");
        }
        pool.count_binding(2, &[(3, 5), (20, 1)]);
        pool.count_binding(7, &[(3, 2)]);
        assert_eq!(pool.activity(3), CutActivity { times_binding: 7, last_iteration: 7 });
        assert_eq!(pool.activity(20), CutActivity { times_binding: 1, last_iteration: 2 });
        assert_eq!(pool.activity(4), CutActivity::default());
        let columns: Vec<Vec<f64>> = (0..3).map(|j| pool.component(j).collect()).collect();
        let rows: Vec<Vec<f64>> = (0..21).map(|i| columns.iter().map(|column| column[i]).collect()).collect();
        let cuts = pool.intercepts().zip(&rows).zip(pool.origins()).zip(pool.activities());
        let again = CutPool::from_cuts(
            3,
            cuts.map(|(((intercept, coefficients), &origin), &activity)| StoredCut {
                intercept,
                coefficients,
                origin,
                activity,
            }),
        );
        assert_eq!(again.as_ref(), Ok(&pool));
        let given = pool.clone().into_given();
        assert!(given.origins().iter().all(|origin| *origin == CutOrigin::GIVEN));
        assert!(given.activities().iter().all(|activity| *activity == CutActivity::default()));
        assert!(given.intercepts().eq(pool.intercepts()));
    }

    #[test]
    fn a_stored_cut_keeps_its_id_even_if_dominated_and_a_malformed_one_is_refused() {
        let cut = |intercept, coefficients| StoredCut {
            intercept,
            coefficients,
            origin: ORIGIN,
            activity: CutActivity::default(),
        };
        let pool = CutPool::from_cuts(1, [cut(1.0, &[2.0]), cut(1.0, &[2.0]), cut(0.5, &[2.0])]).expect("cuts");
        assert_eq!((pool.len(), pool.intercept(2)), (3, 0.5));
        for bad in [cut(1.0, &[2.0, 3.0]), cut(1.0, &[]), cut(f64::NAN, &[2.0]), cut(1.0, &[f64::INFINITY])] {
            let refused = CutPool::from_cuts(1, [cut(1.0, &[2.0]), bad]).expect_err("a malformed cut");
            assert!(refused.to_string().contains("cut 1 "), "{refused}");
        }
    }
}
