use super::blocks::Blocks;
use super::grid::Grid;
use crate::simd::{self, LANES, Scale, TreeBlocks, TreeSearch, Wanted};
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
/// so none of them needs a look where that is below the height that is asked for. The same holds with numbers that are
/// rounded to the side where the bound is higher, so they are counted in steps of 16 bits. What a search finds is what a
/// look at all cuts would find, to the bit: the tree decides about the time alone, so it may be made from any centre and at
/// any time.
#[derive(Debug, Clone)]
pub(super) struct CutTree {
    centre: Vec<f64>,
    /// What heights at the centre are counted by, then the coefficients of each component.
    grids: Vec<Grid>,
    /// `[block][height, then components × (least, largest)][lane]`, eight branches to a block.
    branches: Vec<[i16; LANES]>,
    /// The same of leaves.
    leaves: Vec<[i16; LANES]>,
    /// Of the cuts, `[leaf][height, then components][lane]`.
    rough: Vec<[i16; LANES]>,
    /// By leaf, `[leaf][lane]`; [`NO_CUT`] where there is none.
    ids: Vec<[u32; LANES]>,
    /// Of the leaves.
    intercepts: Vec<[f64; LANES]>,
    /// `[leaf][component][lane]`.
    coefficients: Vec<[f64; LANES]>,
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
/// Heights at the centre are told apart this many times as far below the highest one as slopes make of the spread of the
/// states. What lies lower is taken for as high as that.
const DEPTH: f64 = 8.0;

/// Room for searches, kept from one to the next.
#[derive(Debug, Default)]
pub(crate) struct TreeRoom {
    factors: Vec<f64>,
    search: TreeSearch,
}

/// What a set of cuts spans: the height of the highest at the centre, and both ends of every coefficient.
#[derive(Debug, Clone)]
struct Span {
    peak: f64,
    ends: Vec<(f64, f64)>,
}

impl Span {
    fn of_none(dimension: usize) -> Self {
        Self { peak: f64::NEG_INFINITY, ends: vec![(f64::INFINITY, f64::NEG_INFINITY); dimension] }
    }

    fn extend(&mut self, height: f64, coefficients: impl Iterator<Item = f64>) {
        self.peak = self.peak.max(height);
        for (ends, beta) in self.ends.iter_mut().zip(coefficients) {
            *ends = (ends.0.min(beta), ends.1.max(beta));
        }
    }

    /// Writes the bound of set `set` behind those before it.
    fn push(&self, grids: &[Grid], set: usize, bounds: &mut Vec<[i16; LANES]>) {
        let (width, lane) = (1 + 2 * self.ends.len(), set % LANES);
        if lane == 0 {
            bounds.resize(bounds.len() + width, [0; LANES]);
            bounds[set / LANES * width] = [i16::MIN; LANES];
        }
        let steps = &mut bounds[set / LANES * width..];
        steps[0][lane] = grids[0].above(self.peak);
        for ((steps, &(least, largest)), grid) in steps[1..].chunks_exact_mut(2).zip(&self.ends).zip(&grids[1..]) {
            steps[0][lane] = grid.below(least);
            steps[1][lane] = grid.above(largest);
        }
    }
}

impl CutTree {
    /// A tree over cuts by slot, for states about `centre` that lie as far from it, per component, as `spread` says.
    pub(super) fn new(ids: &[u32], intercepts: &Blocks, coefficients: &Blocks, centre: &[f64], spread: &[f64]) -> Self {
        let (n, dimension) = (ids.len(), centre.len());
        // What cuts are compared by: the height at the centre, and what each component adds within the spread.
        let mut features = Vec::with_capacity(n * (1 + dimension));
        let mut largest_intercept = 0.0;
        let mut all = Span::of_none(dimension);
        let mut lowest = f64::INFINITY;
        for slot in 0..n {
            let at = features.len();
            let mut height = intercepts.get(slot, 0);
            largest_intercept = f64::max(largest_intercept, height.abs());
            features.push(0.0);
            for (j, beta) in coefficients.row(slot).enumerate() {
                height += beta * centre[j];
                features.push(beta * spread[j]);
            }
            features[at] = height;
            lowest = lowest.min(height);
            all.extend(height, coefficients.row(slot));
        }
        let reach: f64 = all.ends.iter().zip(spread).map(|(ends, spread)| (ends.1 - ends.0) * spread).sum();
        let bottom = if reach > 0.0 { lowest.max(all.peak - DEPTH * reach) } else { lowest };
        let of_slopes = all.ends.iter().map(|ends| Grid::over(ends.0, ends.1));
        let size = |ends: &(f64, f64)| f64::max(ends.0.abs(), ends.1.abs());
        let mut order: Vec<u32> = (0..n as u32).collect();
        arrange(&mut order, &features, 1 + dimension);
        let mut tree = Self {
            centre: centre.to_vec(),
            grids: std::iter::once(Grid::over(bottom, all.peak)).chain(of_slopes).collect(),
            branches: Vec::new(),
            leaves: Vec::new(),
            rough: Vec::with_capacity(n.div_ceil(LANES) * (1 + dimension)),
            ids: Vec::with_capacity(n.div_ceil(LANES)),
            intercepts: Vec::with_capacity(n.div_ceil(LANES)),
            coefficients: Vec::with_capacity(n.div_ceil(LANES) * dimension),
            largest: std::iter::once(largest_intercept).chain(all.ends.iter().map(size)).collect(),
            n_cuts: n,
            n_removed: 0,
            next_id: ids.last().map_or(0, |&last| last + 1),
        };
        for (b, branch) in order.chunks(BRANCH).enumerate() {
            let mut of_branch = Span::of_none(dimension);
            for (l, leaf) in branch.chunks(LANES).enumerate() {
                let mut of_leaf = Span::of_none(dimension);
                for &slot in leaf {
                    let height = features[slot as usize * (1 + dimension)];
                    of_leaf.extend(height, coefficients.row(slot as usize));
                    of_branch.extend(height, coefficients.row(slot as usize));
                }
                of_leaf.push(&tree.grids, b * LANES + l, &mut tree.leaves);
                tree.push_leaf(leaf, ids, &features, intercepts, coefficients);
            }
            of_branch.push(&tree.grids, b, &mut tree.branches);
        }
        tree
    }

    fn push_leaf(&mut self, slots: &[u32], ids: &[u32], features: &[f64], intercepts: &Blocks, coefficients: &Blocks) {
        let dimension = self.centre.len();
        let leaf = self.ids.len();
        self.ids.push([NO_CUT; LANES]);
        self.intercepts.push([f64::NEG_INFINITY; LANES]);
        self.coefficients.resize((leaf + 1) * dimension, [0.0; LANES]);
        self.rough.push([i16::MIN; LANES]);
        self.rough.resize((leaf + 1) * (1 + dimension), [0; LANES]);
        let rough = &mut self.rough[leaf * (1 + dimension)..];
        for (lane, &slot) in slots.iter().enumerate() {
            let slot = slot as usize;
            self.ids[leaf][lane] = ids[slot];
            self.intercepts[leaf][lane] = intercepts.get(slot, 0);
            rough[0][lane] = self.grids[0].above(features[slot * (1 + dimension)]);
            for (j, beta) in coefficients.row(slot).enumerate() {
                self.coefficients[leaf * dimension + j][lane] = beta;
                rough[1 + j][lane] = self.grids[1 + j].nearest(beta);
            }
        }
    }

    /// Takes a cut out, if it is in.
    pub(super) fn remove(&mut self, id: u32) {
        if id >= self.next_id {
            return;
        }
        if let Some(place) = self.ids.as_flattened().iter().position(|&other| other == id) {
            self.intercepts[place / LANES][place % LANES] = f64::NEG_INFINITY;
            self.rough[place / LANES * (1 + self.centre.len())][place % LANES] = i16::MIN;
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
        let TreeRoom { factors, search } = room;
        let (of_heights, of_slopes) = self.grids.split_first().expect("a grid of heights");
        factors.clear();
        let (mut base, mut size, mut lost) = (of_heights.origin, self.largest[0], 0.0);
        for (((grid, largest), c), x) in of_slopes.iter().zip(&self.largest[1..]).zip(&self.centre).zip(x) {
            let offset = x - c;
            base += grid.origin * offset;
            factors.push(grid.step * offset);
            size += largest * (c.abs() + x.abs());
            lost += 0.5 * grid.step * offset.abs();
        }
        // More than rounding can make of a bound and of a height: each is a sum of products, some twice the size of those.
        let slack = 16.0 * f64::EPSILON * (x.len() + 2) as f64 * size;
        let tree = TreeBlocks {
            dimension: self.centre.len(),
            branches: &self.branches,
            leaves: &self.leaves,
            rough: &self.rough,
            intercepts: &self.intercepts,
            coefficients: &self.coefficients,
            ids: &self.ids,
        };
        let scale = Scale { base, step: of_heights.step, factors };
        simd::highest_in_tree(&tree, x, scale, Wanted { n, limit, slack, rough_slack: slack + lost }, search, found);
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
