//! The highest cuts of a tree, search by search: what may hold one is written down without a branch and then looked at in a
//! row, for a processor that guesses whether each set of cuts is passed over guesses wrong too often. Every loop is a kernel
//! of its own, so that what it needs stays in registers.

use super::cuts::{enter, heights_of};
use super::instructions::Instructions;
use super::{LANES, kernel};

/// Cuts in leaves of eight, with the bounds of every leaf and of every branch of eight leaves.
///
/// Bounds and cuts are counted in steps of 16 bits: the height at the centre of the tree, and every coefficient. In the
/// bound of a set of cuts the height is that of its highest cut, rounded up, and there are two coefficients per component,
/// the least rounded down and the largest rounded up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TreeBlocks<'a> {
    pub(crate) dimension: usize,
    /// `[block][height, then components × (least, largest)][lane]`, eight branches to a block.
    pub(crate) branches: &'a [[i16; LANES]],
    /// The same of leaves.
    pub(crate) leaves: &'a [[i16; LANES]],
    /// `[leaf][height, then components][lane]`.
    pub(crate) rough: &'a [[i16; LANES]],
    /// `[leaf][lane]`, −∞ where there is no cut.
    pub(crate) intercepts: &'a [[f64; LANES]],
    /// `[leaf][component][lane]`.
    pub(crate) coefficients: &'a [[f64; LANES]],
    /// `[leaf][lane]`.
    pub(crate) ids: &'a [[u32; LANES]],
}

/// What a step makes of a height at a state: numbers `q` are `base + step·q_height + Σ_j factor_j·q_j` high.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale<'a> {
    pub(crate) base: f64,
    pub(crate) step: f64,
    pub(crate) factors: &'a [f64],
}

/// What a search is for: the `n` highest cuts above `limit`. A set of cuts is passed over when its bound is more than `slack`
/// below that, which is what rounding can make of it, and cuts that are counted in steps when they are more than
/// `rough_slack` below.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) n: usize,
    pub(crate) limit: f64,
    pub(crate) slack: f64,
    pub(crate) rough_slack: f64,
}

/// Room for a search, kept from one to the next.
#[derive(Debug, Default)]
pub(crate) struct TreeSearch {
    bounds: Vec<[f64; LANES]>,
    branches: Vec<u32>,
    leaves: Vec<u32>,
}

/// Puts the cuts of `tree` that are wanted at `x` into `found`, which holds some already: the highest of both, highest
/// first, equal ones by id, none twice. `scale` is that of `x`.
pub(crate) fn highest_in_tree(
    tree: &TreeBlocks<'_>,
    x: &[f64],
    scale: Scale<'_>,
    mut wanted: Wanted,
    search: &mut TreeSearch,
    found: &mut Vec<(f64, u32)>,
) {
    if wanted.n == 0 || tree.branches.is_empty() {
        return;
    }
    if found.len() == wanted.n {
        wanted.limit = found[wanted.n - 1].0;
    }
    let TreeSearch { bounds, branches, leaves } = search;
    bounds.resize(tree.branches.len() / (1 + 2 * tree.dimension), [0.0; LANES]);
    let (highest, first) = write_bounds(tree.branches, scale, bounds);
    if highest < wanted.limit - wanted.slack {
        return;
    }
    // The most promising branch first: what is found there lets most of the others be passed over.
    visit(tree, x, scale, &[first], leaves, &mut wanted, found);
    bounds[first as usize / LANES][first as usize % LANES] = f64::NEG_INFINITY;
    branches.resize(branches.len().max((bounds.len() + 1) * LANES), 0);
    let n_branches = write_sets(bounds, wanted.limit - wanted.slack, branches);
    visit(tree, x, scale, &branches[..n_branches], leaves, &mut wanted, found);
}

/// Looks into the leaves of branches that may hold a cut above the limit.
fn visit(
    tree: &TreeBlocks<'_>,
    x: &[f64],
    scale: Scale<'_>,
    branches: &[u32],
    leaves: &mut Vec<u32>,
    wanted: &mut Wanted,
    found: &mut Vec<(f64, u32)>,
) {
    leaves.resize(leaves.len().max((branches.len() + 1) * LANES), 0);
    let n_leaves = write_sets_of(tree.leaves, scale, branches, wanted.limit - wanted.slack, leaves);
    let n_close = keep_close(tree.rough, scale, wanted.limit - wanted.rough_slack, &mut leaves[..n_leaves]);
    look(tree, x, &leaves[..n_close], wanted, found);
}

kernel! {
    /// Writes the bounds of all sets; returns the highest and the number of its set.
    write_bounds, write_bounds_body,
    (sets: &[[i16; LANES]], scale: Scale<'_>, bounds: &mut [[f64; LANES]]) -> (f64, u32)
}

kernel! {
    /// Writes the numbers of the sets whose bound is not below `limit`; returns how many there are.
    write_sets, write_sets_body,
    (bounds: &[[f64; LANES]], limit: f64, out: &mut [u32]) -> usize
}

kernel! {
    /// The same of the sets in these blocks; of blocks that are not there, none.
    write_sets_of, write_sets_of_body,
    (sets: &[[i16; LANES]], scale: Scale<'_>, blocks: &[u32], limit: f64, out: &mut [u32]) -> usize
}

kernel! {
    /// Moves those of `leaves` to the front that hold a cut not below `limit`, as it is counted in steps; returns how many
    /// there are. Leaves that are not there go.
    keep_close, keep_close_body,
    (rough: &[[i16; LANES]], scale: Scale<'_>, limit: f64, leaves: &mut [u32]) -> usize
}

kernel! {
    /// Puts the cuts of `leaves` that are wanted at `x` into `found`.
    look, look_body,
    (tree: &TreeBlocks<'_>, x: &[f64], leaves: &[u32], wanted: &mut Wanted, found: &mut Vec<(f64, u32)>)
}

/// A scale, as it meets eight numbers side by side.
trait At<I: Instructions> {
    /// Heights by steps of the height, then of every component.
    fn heights(&self, i: I, steps: &[[i16; LANES]]) -> I::Vector;
    /// Heights by steps of the height, then of both ends of every component, of which the higher one counts.
    fn bounds(&self, i: I, steps: &[[i16; LANES]]) -> I::Vector;
}

/// The end of a component that is higher where its factor is this.
#[inline(always)]
fn end(factor: f64) -> usize {
    usize::from(factor > 0.0)
}

/// Of `D` components, in registers.
struct Few<I: Instructions, const D: usize> {
    base: I::Vector,
    step: I::Vector,
    factors: [I::Vector; D],
    ends: [usize; D],
}

impl<I: Instructions, const D: usize> Few<I, D> {
    #[inline(always)]
    fn new(i: I, scale: &Scale<'_>) -> Option<Self> {
        let factors = scale.factors.first_chunk::<D>()?;
        Some(Self {
            base: i.splat(scale.base),
            step: i.splat(scale.step),
            factors: factors.map(|factor| i.splat(factor)),
            ends: factors.map(end),
        })
    }

    #[inline(always)]
    fn sum<'a>(&self, i: I, height: &[i16; LANES], steps: impl Fn(usize) -> &'a [i16; LANES]) -> I::Vector {
        let (mut even, mut odd) = (i.multiply_add(i.widen(height), self.step, self.base), i.splat(0.0));
        for j in 0..D {
            if j % 2 == 0 {
                even = i.multiply_add(i.widen(steps(j)), self.factors[j], even);
            } else {
                odd = i.multiply_add(i.widen(steps(j)), self.factors[j], odd);
            }
        }
        i.add(even, odd)
    }
}

impl<I: Instructions, const D: usize> At<I> for Few<I, D> {
    #[inline(always)]
    fn heights(&self, i: I, steps: &[[i16; LANES]]) -> I::Vector {
        let steps = &steps[..=D];
        self.sum(i, &steps[0], |j| &steps[1 + j])
    }

    #[inline(always)]
    fn bounds(&self, i: I, steps: &[[i16; LANES]]) -> I::Vector {
        let steps = &steps[..=2 * D];
        self.sum(i, &steps[0], |j| &steps[1 + 2 * j + self.ends[j]])
    }
}

impl<I: Instructions> At<I> for Scale<'_> {
    #[inline(always)]
    fn heights(&self, i: I, steps: &[[i16; LANES]]) -> I::Vector {
        let Some((height, components)) = steps.split_first() else { return i.splat(f64::INFINITY) };
        let mut sum = i.multiply_add(i.widen(height), i.splat(self.step), i.splat(self.base));
        for (component, &factor) in components.iter().zip(self.factors) {
            sum = i.multiply_add(i.widen(component), i.splat(factor), sum);
        }
        sum
    }

    #[inline(always)]
    fn bounds(&self, i: I, steps: &[[i16; LANES]]) -> I::Vector {
        let Some((height, components)) = steps.split_first() else { return i.splat(f64::INFINITY) };
        let mut sum = i.multiply_add(i.widen(height), i.splat(self.step), i.splat(self.base));
        for (ends, &factor) in components.as_chunks::<2>().0.iter().zip(self.factors) {
            sum = i.multiply_add(i.widen(&ends[end(factor)]), i.splat(factor), sum);
        }
        sum
    }
}

/// Calls a function with a scale in registers where its components are few.
macro_rules! with_few {
    ($i:ident, $scale:ident, $body:ident($($arg:expr),*)) => {{
        macro_rules! few {
            ($d:literal) => {
                if let Some(few) = Few::<I, $d>::new($i, &$scale) {
                    return $body($i, $scale.factors.len(), &few, $($arg),*);
                }
            };
        }
        match $scale.factors.len() {
            2 => few!(2),
            3 => few!(3),
            4 => few!(4),
            5 => few!(5),
            6 => few!(6),
            8 => few!(8),
            10 => few!(10),
            12 => few!(12),
            _ => {}
        }
        $body($i, $scale.factors.len(), &$scale, $($arg),*)
    }};
}

#[inline(always)]
fn write_bounds_body<I: Instructions>(
    i: I,
    sets: &[[i16; LANES]],
    scale: Scale<'_>,
    bounds: &mut [[f64; LANES]],
) -> (f64, u32) {
    with_few!(i, scale, write_bounds_at(sets, bounds))
}

#[inline(always)]
fn write_bounds_at<I: Instructions>(
    i: I,
    dimension: usize,
    at: &impl At<I>,
    sets: &[[i16; LANES]],
    bounds: &mut [[f64; LANES]],
) -> (f64, u32) {
    let mut best = i.splat(f64::NEG_INFINITY);
    let (mut group, mut place) = (i.splat(0.0), i.splat(0.0));
    let one = i.splat(1.0);
    for (bounds, steps) in bounds.iter_mut().zip(sets.chunks_exact(1 + 2 * dimension)) {
        let bound = at.bounds(i, steps);
        group = i.select(i.less(best, bound), place, group);
        best = i.larger(bound, best);
        place = i.add(place, one);
        i.store(bound, bounds);
    }
    let (best, group) = (i.lanes(best), i.lanes(group));
    let lane = (1..LANES).fold(0, |lane, other| if best[other] > best[lane] { other } else { lane });
    (best[lane], (group[lane] as usize * LANES + lane) as u32)
}

#[inline(always)]
fn write_sets_body<I: Instructions>(i: I, bounds: &[[f64; LANES]], limit: f64, out: &mut [u32]) -> usize {
    let limit = i.splat(limit);
    let mut n = 0;
    for (block, bounds) in bounds.iter().enumerate() {
        n += write_set(!i.bits(i.less(i.load(bounds), limit)), block, &mut out[n..]);
    }
    n
}

#[inline(always)]
fn write_sets_of_body<I: Instructions>(
    i: I,
    sets: &[[i16; LANES]],
    scale: Scale<'_>,
    blocks: &[u32],
    limit: f64,
    out: &mut [u32],
) -> usize {
    with_few!(i, scale, write_sets_of_at(sets, blocks, limit, out))
}

#[inline(always)]
fn write_sets_of_at<I: Instructions>(
    i: I,
    dimension: usize,
    at: &impl At<I>,
    sets: &[[i16; LANES]],
    blocks: &[u32],
    limit: f64,
    out: &mut [u32],
) -> usize {
    let width = 1 + 2 * dimension;
    let limit = i.splat(limit);
    let mut n = 0;
    for &block in blocks {
        let block = block as usize;
        // A lane without a branch may be among those that are not below the limit.
        let Some(steps) = sets.get(block * width..(block + 1) * width) else { continue };
        n += write_set(!i.bits(i.less(at.bounds(i, steps), limit)), block, &mut out[n..]);
    }
    n
}

#[inline(always)]
fn keep_close_body<I: Instructions>(
    i: I,
    rough: &[[i16; LANES]],
    scale: Scale<'_>,
    limit: f64,
    leaves: &mut [u32],
) -> usize {
    with_few!(i, scale, keep_close_at(rough, limit, leaves))
}

#[inline(always)]
fn keep_close_at<I: Instructions>(
    i: I,
    dimension: usize,
    at: &impl At<I>,
    rough: &[[i16; LANES]],
    limit: f64,
    leaves: &mut [u32],
) -> usize {
    let width = 1 + dimension;
    let limit = i.splat(limit);
    let mut n = 0;
    for place in 0..leaves.len() {
        let leaf = leaves[place];
        let Some(steps) = rough.get(leaf as usize * width..(leaf as usize + 1) * width) else { continue };
        leaves[n] = leaf;
        n += usize::from(i.bits(i.less(at.heights(i, steps), limit)) != 0xff);
    }
    n
}

#[inline(always)]
fn look_body<I: Instructions>(
    i: I,
    tree: &TreeBlocks<'_>,
    x: &[f64],
    leaves: &[u32],
    wanted: &mut Wanted,
    found: &mut Vec<(f64, u32)>,
) {
    for &leaf in leaves {
        let leaf = leaf as usize;
        let components = &tree.coefficients[leaf * tree.dimension..][..tree.dimension];
        let heights = heights_of(i, &tree.intercepts[leaf], components, x);
        if i.bits(i.less(heights, i.splat(wanted.limit))) == 0xff {
            continue;
        }
        for (height, &id) in i.lanes(heights).into_iter().zip(&tree.ids[leaf]) {
            enter(height, id, wanted.n, &mut wanted.limit, found);
        }
    }
}

/// Writes the numbers of the lanes whose bit is set in group `group`; returns how many there are.
#[inline(always)]
fn write_set(bits: u32, group: usize, out: &mut [u32]) -> usize {
    let bits = bits as usize & 0xff;
    for (out, &lane) in out[..LANES].iter_mut().zip(&SET_LANES[bits]) {
        *out = (group * LANES) as u32 + u32::from(lane);
    }
    bits.count_ones() as usize
}

/// The set bits of every byte, the lowest first.
static SET_LANES: [[u8; LANES]; 256] = {
    let mut table = [[0; LANES]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut n, mut lane) = (0, 0);
        while lane < LANES {
            if byte >> lane & 1 == 1 {
                table[byte][n] = lane as u8;
                n += 1;
            }
            lane += 1;
        }
        byte += 1;
    }
    table
};
