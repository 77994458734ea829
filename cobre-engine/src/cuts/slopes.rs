/// Two coefficients closer than this, relative to the largest of their cut, are the same.
///
/// Where a cut gives way to a parallel one with at least its intercept, the pool loses at most
/// `PARALLEL · max|β| · Σ|x|` at a state `x`: some thousand times the rounding of a product of that size, a thousandth of the
/// relative violation from which on a cut becomes a row of a solve at all. A chain of replacements loses at most the sum,
/// and every link of it raises the intercept.
const PARALLEL: f64 = 1e-12;

/// The active cuts in the order of a projection of their coefficients. Parallel cuts are neighbours there, so that
/// only those few are compared.
#[derive(Debug, Clone, Default)]
pub(super) struct Slopes {
    /// Projection and id, ascending.
    keys: Vec<(f64, u32)>,
}

/// What makes cuts near-parallel to given coefficients.
#[derive(Debug, Clone, Copy)]
pub(super) struct Direction {
    key: f64,
    /// Projections of near-parallel cuts are not farther than this.
    reach: f64,
    tolerance: f64,
}

impl Direction {
    pub(super) fn of(coefficients: &[f64]) -> Self {
        let (mut key, mut weights, mut largest) = (0.0, 0.0, 0.0f64);
        for (j, &value) in coefficients.iter().enumerate() {
            let weight = weight(j);
            key += weight * value;
            weights += weight;
            largest = largest.max(value.abs());
        }
        let tolerance = PARALLEL * largest;
        // Twice: the projections are rounded.
        Self { key, reach: 2.0 * tolerance * weights, tolerance }
    }

    /// Whether other coefficients are the same within rounding.
    pub(super) fn is_parallel(self, coefficients: &[f64], other: impl Iterator<Item = f64>) -> bool {
        coefficients.iter().zip(other).all(|(value, other)| (value - other).abs() <= self.tolerance)
    }
}

/// Weight of a component in the projection: fixed numbers between a half and one without a pattern.
fn weight(component: usize) -> f64 {
    let mixed = (component as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    0.5 + (mixed >> 12) as f64 * (0.5 / (1u64 << 52) as f64)
}

impl Slopes {
    /// Of cuts with these directions.
    pub(super) fn new(cuts: impl Iterator<Item = (Direction, u32)>) -> Self {
        let mut keys: Vec<(f64, u32)> = cuts.map(|(direction, id)| (direction.key, id)).collect();
        keys.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        Self { keys }
    }

    fn place(&self, direction: Direction, id: u32) -> usize {
        self.keys.partition_point(|&(key, other)| key.total_cmp(&direction.key).then(other.cmp(&id)).is_lt())
    }

    pub(super) fn insert(&mut self, direction: Direction, id: u32) {
        self.keys.insert(self.place(direction, id), (direction.key, id));
    }

    pub(super) fn remove(&mut self, direction: Direction, id: u32) {
        let place = self.place(direction, id);
        debug_assert_eq!(self.keys[place].1, id);
        self.keys.remove(place);
    }

    /// Cuts that may be parallel to a direction; every one that is, is among them.
    pub(super) fn near(&self, direction: Direction) -> impl Iterator<Item = u32> + '_ {
        let Direction { key, reach, .. } = direction;
        let first = self.keys.partition_point(|&(other, _)| other < key - reach);
        self.keys[first..].iter().take_while(move |(other, _)| *other <= key + reach).map(|&(_, id)| id)
    }
}
