use super::blocks::Blocks;
use crate::simd::{self, Boxes, LANES, Offset, TreeBlocks, TreeSearch, Wanted};
use std::fmt;
use std::sync::OnceLock;

/// The highest cuts at a state without a look at all of them: a search for the largest inner product in a tree (Ram and Gray
/// 2012) that is split as a k-d tree is (Bentley 1975).
///
/// Leaves hold eight cuts that are alike in slope and in height at a centre `c` close to the states that are asked for. For
/// the cuts `i` of a leaf, or of a branch of eight leaves,
///
/// ```text
/// max_i α_i + β_i·x  ≤  max_i (α_i + β_i·c) + Σ_j max(y_j·min_i β_ij, y_j·max_i β_ij)    with y = x − c
/// ```
///
/// so none of them needs a look where that is below the height that is asked for. What a search finds is what a look at all
/// cuts would find, to the bit: the tree decides about the time alone, so it may be made from any centre and at any time.
#[derive(Debug, Clone)]
pub(super) struct CutTree {
    centre: Vec<f64>,
    /// By leaf, `[leaf][lane]`; [`NO_CUT`] where there is none.
    ids: Vec<[u32; LANES]>,
    /// Of the leaves.
    intercepts: Vec<[f64; LANES]>,
    /// `[leaf][component][lane]`.
    coefficients: Vec<[f64; LANES]>,
    /// The same in single precision, `[leaf][intercept, then components][lane]`.
    rough: Vec<[f32; LANES]>,
    leaves: Bounds,
    branches: Bounds,
    /// Largest size of an intercept, then of the coefficients of each component.
    largest: Vec<f64>,
    n_cuts: usize,
    n_removed: usize,
    /// Cuts with this id and those above are not in the tree.
    next_id: u32,
}

/// Marks a lane without a cut.
const NO_CUT: u32 = u32::MAX;
/// Cuts of a branch.
const BRANCH: usize = LANES * LANES;

/// Room for searches, kept from one to the next.
#[derive(Debug, Default)]
pub(crate) struct TreeRoom {
    offsets: Vec<Offset>,
    search: TreeSearch,
}

#[derive(Debug, Clone, Default)]
struct Bounds {
    peaks: Vec<[f64; LANES]>,
    slopes: Vec<[[f64; LANES]; 2]>,
}

impl Bounds {
    fn boxes(&self) -> Boxes<'_> {
        Boxes { peaks: &self.peaks, slopes: &self.slopes }
    }

    /// Adds a set of cuts as number `set`: a height at the centre and the ends of its coefficients.
    fn push(&mut self, set: usize, peak: f64, ends: &[(f64, f64)]) {
        let lane = set % LANES;
        if lane == 0 {
            self.peaks.push([f64::NEG_INFINITY; LANES]);
            self.slopes.resize(self.slopes.len() + ends.len(), [[0.0; LANES]; 2]);
        }
        self.peaks[set / LANES][lane] = peak;
        for (slopes, &(least, largest)) in self.slopes[set / LANES * ends.len()..].iter_mut().zip(ends) {
            slopes[0][lane] = least;
            slopes[1][lane] = largest;
        }
    }
}

impl CutTree {
    /// A tree over cuts by slot, for states about `centre` that lie as far from it, per component, as `spread` says.
    pub(super) fn new(ids: &[u32], intercepts: &Blocks, coefficients: &Blocks, centre: &[f64], spread: &[f64]) -> Self {
        let (n, dimension) = (ids.len(), centre.len());
        // What cuts are compared by: the height at the centre, and what each component adds within the spread.
        let mut features = Vec::with_capacity(n * (1 + dimension));
        let mut largest = vec![0.0; 1 + dimension];
        for slot in 0..n {
            let at = features.len();
            let mut height = intercepts.get(slot, 0);
            largest[0] = f64::max(largest[0], height.abs());
            features.push(0.0);
            for (j, beta) in coefficients.row(slot).enumerate() {
                height += beta * centre[j];
                largest[1 + j] = f64::max(largest[1 + j], beta.abs());
                features.push(beta * spread[j]);
            }
            features[at] = height;
        }
        let mut order: Vec<u32> = (0..n as u32).collect();
        arrange(&mut order, &features, 1 + dimension);
        let mut tree = Self {
            centre: centre.to_vec(),
            ids: Vec::with_capacity(n.div_ceil(LANES)),
            intercepts: Vec::with_capacity(n.div_ceil(LANES)),
            coefficients: Vec::with_capacity(n.div_ceil(LANES) * dimension),
            rough: Vec::with_capacity(n.div_ceil(LANES) * (1 + dimension)),
            leaves: Bounds::default(),
            branches: Bounds::default(),
            largest,
            n_cuts: n,
            n_removed: 0,
            next_id: ids.last().map_or(0, |&last| last + 1),
        };
        let none = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut ends, mut ends_of_branch) = (vec![none; dimension], vec![none; dimension]);
        for (b, branch) in order.chunks(BRANCH).enumerate() {
            let mut peak_of_branch = f64::NEG_INFINITY;
            ends_of_branch.fill(none);
            for (l, leaf) in branch.chunks(LANES).enumerate() {
                let mut peak = f64::NEG_INFINITY;
                ends.fill(none);
                for &slot in leaf {
                    peak = peak.max(features[slot as usize * (1 + dimension)]);
                    for (ends, beta) in ends.iter_mut().zip(coefficients.row(slot as usize)) {
                        *ends = (ends.0.min(beta), ends.1.max(beta));
                    }
                }
                tree.push_leaf(leaf, ids, intercepts, coefficients);
                tree.leaves.push(b * LANES + l, peak, &ends);
                peak_of_branch = peak_of_branch.max(peak);
                for (of_branch, ends) in ends_of_branch.iter_mut().zip(&ends) {
                    *of_branch = (of_branch.0.min(ends.0), of_branch.1.max(ends.1));
                }
            }
            tree.branches.push(b, peak_of_branch, &ends_of_branch);
        }
        tree
    }

    fn push_leaf(&mut self, slots: &[u32], ids: &[u32], intercepts: &Blocks, coefficients: &Blocks) {
        let dimension = self.centre.len();
        let mut leaf_ids = [NO_CUT; LANES];
        let mut leaf_intercepts = [f64::NEG_INFINITY; LANES];
        let first = self.coefficients.len();
        self.coefficients.resize(first + dimension, [0.0; LANES]);
        for (lane, &slot) in slots.iter().enumerate() {
            leaf_ids[lane] = ids[slot as usize];
            leaf_intercepts[lane] = intercepts.get(slot as usize, 0);
            for (component, beta) in self.coefficients[first..].iter_mut().zip(coefficients.row(slot as usize)) {
                component[lane] = beta;
            }
        }
        self.rough.push(leaf_intercepts.map(|alpha| alpha as f32));
        self.rough.extend(self.coefficients[first..].iter().map(|component| component.map(|beta| beta as f32)));
        self.ids.push(leaf_ids);
        self.intercepts.push(leaf_intercepts);
    }

    /// Takes a cut out, if it is in.
    pub(super) fn remove(&mut self, id: u32) {
        if id >= self.next_id {
            return;
        }
        if let Some(place) = self.ids.as_flattened().iter().position(|&other| other == id) {
            self.intercepts[place / LANES][place % LANES] = f64::NEG_INFINITY;
            self.rough[place / LANES * (1 + self.centre.len())][place % LANES] = f32::NEG_INFINITY;
            self.ids[place / LANES][place % LANES] = NO_CUT;
            self.n_removed += 1;
        }
    }

    /// Cuts from this id on are not in the tree.
    pub(super) fn next_id(&self) -> u32 {
        self.next_id
    }

    /// Whether a new tree over `n_active` cuts would be much faster.
    pub(super) fn is_outgrown(&self, n_active: usize) -> bool {
        let n_new = n_active + self.n_removed - self.n_cuts;
        n_new > 48 + self.n_cuts / 64 || self.n_removed > self.n_cuts / 4
    }

    /// Adds the cuts of the tree to `found`, as [`simd::highest_in_tree`] does.
    pub(super) fn highest(&self, x: &[f64], limit: f64, n: usize, room: &mut TreeRoom, found: &mut Vec<(f64, u32)>) {
        let TreeRoom { offsets, search } = room;
        offsets.clear();
        offsets.extend(self.centre.iter().zip(x).map(|(&centre, &x)| Offset::new(centre, x)));
        let ends = self.largest[1..].iter().zip(self.centre.iter().zip(x));
        let size = self.largest[0] + ends.map(|(largest, (c, x))| largest * (c.abs() + x.abs())).sum::<f64>();
        // More than rounding can make of a bound and of a height: each is a sum of `dimension + 1` products.
        let slack = 4.0 * f64::EPSILON * (x.len() + 2) as f64 * size;
        // More than what single precision leaves of the numbers: 24 bits, or all above its least normal number.
        let lost = f64::from(f32::EPSILON) * size
            + f64::from(f32::MIN_POSITIVE) * (1.0 + x.iter().map(|x| x.abs()).sum::<f64>());
        let tree = TreeBlocks {
            dimension: self.centre.len(),
            branches: self.branches.boxes(),
            leaves: self.leaves.boxes(),
            intercepts: &self.intercepts,
            coefficients: &self.coefficients,
            rough: &self.rough,
            ids: &self.ids,
        };
        simd::highest_in_tree(&tree, x, offsets, Wanted { n, limit, slack, rough_slack: slack + lost }, search, found);
    }
}

/// Orders rows of `width` features so that rows that lie close together in the order are alike: halves, split at the median
/// of the feature that varies most, whole branches and leaves each.
fn arrange(order: &mut [u32], features: &[f64], width: usize) {
    let whole = if order.len() > BRANCH { BRANCH } else { LANES };
    if order.len() <= LANES {
        return;
    }
    let mut ends = vec![(f64::INFINITY, f64::NEG_INFINITY); width];
    for &row in &*order {
        for (ends, &value) in ends.iter_mut().zip(&features[row as usize * width..][..width]) {
            *ends = (ends.0.min(value), ends.1.max(value));
        }
    }
    let range = |ends: &(f64, f64)| ends.1 - ends.0;
    let widest = (1..width).fold(0, |best, j| if range(&ends[j]) > range(&ends[best]) { j } else { best });
    let middle = (order.len() / 2).next_multiple_of(whole);
    let of = |row: u32| features[row as usize * width + widest];
    order.select_nth_unstable_by(middle, |&a, &b| of(a).total_cmp(&of(b)).then(a.cmp(&b)));
    let (low, high) = order.split_at_mut(middle);
    arrange(low, features, width);
    arrange(high, features, width);
}

/// The tree of a pool once it was made. It follows from the rest of the pool and decides no result, so it is no part of what
/// a pool is or prints.
#[derive(Clone, Default)]
pub(super) struct Grown(OnceLock<Box<CutTree>>);

impl Grown {
    /// Puts in a tree.
    pub(super) fn replace(&mut self, tree: CutTree) {
        self.0 = OnceLock::from(Box::new(tree));
    }

    /// Forgets the tree.
    pub(super) fn forget(&mut self) {
        self.0.take();
    }

    /// The tree, if there is one.
    pub(super) fn get(&self) -> Option<&CutTree> {
        self.0.get().map(Box::as_ref)
    }

    /// The tree to be changed, if there is one.
    pub(super) fn get_mut(&mut self) -> Option<&mut CutTree> {
        self.0.get_mut().map(Box::as_mut)
    }

    /// The tree, made by `make` if there is none.
    pub(super) fn get_or(&self, make: impl FnOnce() -> CutTree) -> &CutTree {
        self.0.get_or_init(|| Box::new(make()))
    }
}

impl fmt::Debug for Grown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("_")
    }
}
