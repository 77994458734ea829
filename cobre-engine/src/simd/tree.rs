//! The highest cuts of a tree.

use super::cuts::{enter, heights_of};
use super::instructions::Instructions;
use super::{LANES, kernel};

/// Bounds of sets of cuts, eight sets side by side: how high a cut of the set is at the centre of the tree at most, and
/// between which values the coefficients are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Boxes<'a> {
    /// `[block][lane]`.
    pub(crate) peaks: &'a [[f64; LANES]],
    /// `[block][component][least, largest][lane]`.
    pub(crate) slopes: &'a [[[f64; LANES]; 2]],
}

/// Cuts in leaves of eight, with the bounds of every leaf and of every branch of eight leaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TreeBlocks<'a> {
    pub(crate) dimension: usize,
    pub(crate) branches: Boxes<'a>,
    pub(crate) leaves: Boxes<'a>,
    /// `[leaf][lane]`, −∞ where there is no cut.
    pub(crate) intercepts: &'a [[f64; LANES]],
    /// `[leaf][component][lane]`.
    pub(crate) coefficients: &'a [[f64; LANES]],
    /// Intercepts and coefficients in single precision, `[leaf][intercept, then components][lane]`.
    pub(crate) rough: &'a [[f32; LANES]],
    /// `[leaf][lane]`.
    pub(crate) ids: &'a [[u32; LANES]],
}

/// A component of the way from the centre of a tree to a state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Offset {
    value: f64,
    /// The end of the coefficients that is highest there.
    end: usize,
}

impl Offset {
    /// From the centre's component to the state's.
    pub(crate) fn new(centre: f64, x: f64) -> Self {
        let value = x - centre;
        Self { value, end: usize::from(value > 0.0) }
    }
}

/// What a search is for: the `n` highest cuts above `limit`. A set of cuts is passed over when its bound is more than `slack`
/// below that, which is what rounding can make of it, and cuts in single precision when they are more than `rough_slack` below.
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

kernel! {
    /// Puts the cuts of `tree` that are wanted at `x` into `found`, which holds some already: the highest of both, highest
    /// first, equal ones by id, none twice. `offsets` lead from the centre to `x`.
    highest_in_tree, highest_in_tree_body,
    (tree: &TreeBlocks<'_>, x: &[f64], offsets: &[Offset], wanted: Wanted, search: &mut TreeSearch, found: &mut Vec<(f64, u32)>)
}

#[inline(always)]
fn highest_in_tree_body<I: Instructions>(
    i: I,
    tree: &TreeBlocks<'_>,
    x: &[f64],
    offsets: &[Offset],
    wanted: Wanted,
    search: &mut TreeSearch,
    found: &mut Vec<(f64, u32)>,
) {
    // Few components stay in registers.
    macro_rules! few {
        ($d:literal) => {{
            let (Some(x), Some(offsets)) = (x.first_chunk::<$d>(), offsets.first_chunk::<$d>()) else { return };
            let at = Few::<I, $d> {
                x: x.map(|x| i.splat(x)),
                offsets: offsets.map(|offset| i.splat(offset.value)),
                ends: offsets.map(|offset| offset.end),
            };
            search_tree(i, tree, &at, wanted, search, found)
        }};
    }
    match x.len() {
        2 => few!(2),
        3 => few!(3),
        4 => few!(4),
        5 => few!(5),
        6 => few!(6),
        8 => few!(8),
        10 => few!(10),
        12 => few!(12),
        _ => search_tree(i, tree, &Many { x, offsets }, wanted, search, found),
    }
}

/// A state, as cuts and sets of cuts meet it.
trait At<I: Instructions> {
    /// Heights of eight cuts from their intercepts and coefficients, the same bits as those of [`heights_of`].
    fn heights(&self, i: I, intercepts: &[f64; LANES], components: &[[f64; LANES]]) -> I::Vector;
    /// Heights of eight cuts in single precision, intercepts and components in one, as near as that brings them.
    fn rough_heights(&self, i: I, rough: &[[f32; LANES]]) -> I::Vector;
    /// Bounds of eight sets of cuts from their peaks and slopes.
    fn bounds(&self, i: I, peaks: &[f64; LANES], slopes: &[[[f64; LANES]; 2]]) -> I::Vector;
}

/// A state of `D` components, in registers.
struct Few<I: Instructions, const D: usize> {
    x: [I::Vector; D],
    offsets: [I::Vector; D],
    ends: [usize; D],
}

impl<I: Instructions, const D: usize> At<I> for Few<I, D> {
    #[inline(always)]
    fn heights(&self, i: I, intercepts: &[f64; LANES], components: &[[f64; LANES]]) -> I::Vector {
        let components = &components[..D];
        let (mut even, mut odd) = (i.load(intercepts), i.splat(0.0));
        for j in 0..D {
            if j % 2 == 0 {
                even = i.multiply_add(i.load(&components[j]), self.x[j], even);
            } else {
                odd = i.multiply_add(i.load(&components[j]), self.x[j], odd);
            }
        }
        i.add(even, odd)
    }

    #[inline(always)]
    fn rough_heights(&self, i: I, rough: &[[f32; LANES]]) -> I::Vector {
        let rough = &rough[..=D];
        let (mut even, mut odd) = (i.widen(&rough[0]), i.splat(0.0));
        for j in 0..D {
            if j % 2 == 0 {
                even = i.multiply_add(i.widen(&rough[1 + j]), self.x[j], even);
            } else {
                odd = i.multiply_add(i.widen(&rough[1 + j]), self.x[j], odd);
            }
        }
        i.add(even, odd)
    }

    #[inline(always)]
    fn bounds(&self, i: I, peaks: &[f64; LANES], slopes: &[[[f64; LANES]; 2]]) -> I::Vector {
        let slopes = &slopes[..D];
        let (mut even, mut odd) = (i.load(peaks), i.splat(0.0));
        for j in 0..D {
            let slopes = i.load(&slopes[j][self.ends[j]]);
            if j % 2 == 0 {
                even = i.multiply_add(slopes, self.offsets[j], even);
            } else {
                odd = i.multiply_add(slopes, self.offsets[j], odd);
            }
        }
        i.add(even, odd)
    }
}

/// A state of any number of components.
struct Many<'a> {
    x: &'a [f64],
    offsets: &'a [Offset],
}

impl<I: Instructions> At<I> for Many<'_> {
    #[inline(always)]
    fn heights(&self, i: I, intercepts: &[f64; LANES], components: &[[f64; LANES]]) -> I::Vector {
        heights_of(i, intercepts, components, self.x)
    }

    #[inline(always)]
    fn rough_heights(&self, i: I, rough: &[[f32; LANES]]) -> I::Vector {
        let Some((intercepts, components)) = rough.split_first() else { return i.splat(f64::INFINITY) };
        let (mut even, mut odd) = (i.widen(intercepts), i.splat(0.0));
        let (pairs, rest) = components.as_chunks::<2>();
        let (x_pairs, x_rest) = self.x.as_chunks::<2>();
        for ([a, b], [x_of_a, x_of_b]) in pairs.iter().zip(x_pairs) {
            even = i.multiply_add(i.widen(a), i.splat(*x_of_a), even);
            odd = i.multiply_add(i.widen(b), i.splat(*x_of_b), odd);
        }
        for (component, &x) in rest.iter().zip(x_rest) {
            even = i.multiply_add(i.widen(component), i.splat(x), even);
        }
        i.add(even, odd)
    }

    #[inline(always)]
    fn bounds(&self, i: I, peaks: &[f64; LANES], slopes: &[[[f64; LANES]; 2]]) -> I::Vector {
        let (mut even, mut odd) = (i.load(peaks), i.splat(0.0));
        let (pairs, rest) = slopes.as_chunks::<2>();
        let (offset_pairs, offset_rest) = self.offsets.as_chunks::<2>();
        for ([a, b], [of_a, of_b]) in pairs.iter().zip(offset_pairs) {
            even = i.multiply_add(i.load(&a[of_a.end]), i.splat(of_a.value), even);
            odd = i.multiply_add(i.load(&b[of_b.end]), i.splat(of_b.value), odd);
        }
        for (slopes, offset) in rest.iter().zip(offset_rest) {
            even = i.multiply_add(i.load(&slopes[offset.end]), i.splat(offset.value), even);
        }
        i.add(even, odd)
    }
}

// What is to be looked at is written down without a branch and then looked at in a row: a processor that guesses whether
// each set of cuts is passed over guesses wrong too often.
#[inline(always)]
fn search_tree<I: Instructions>(
    i: I,
    tree: &TreeBlocks<'_>,
    at: &impl At<I>,
    mut wanted: Wanted,
    search: &mut TreeSearch,
    found: &mut Vec<(f64, u32)>,
) {
    if wanted.n == 0 || tree.branches.peaks.is_empty() {
        return;
    }
    if found.len() == wanted.n {
        wanted.limit = found[wanted.n - 1].0;
    }
    let TreeSearch { bounds, branches, leaves } = search;
    bounds.clear();
    let mut best = i.splat(f64::NEG_INFINITY);
    let mut group = i.splat(0.0);
    for (block, peaks) in tree.branches.peaks.iter().enumerate() {
        let bound = at.bounds(i, peaks, &tree.branches.slopes[block * tree.dimension..][..tree.dimension]);
        group = i.select(i.less(best, bound), i.splat(block as f64), group);
        best = i.larger(bound, best);
        bounds.push(i.lanes(bound));
    }
    // The most promising branch first: what is found there lets most of the others be passed over.
    let (best, group) = (i.lanes(best), i.lanes(group));
    let lane = (1..LANES).fold(0, |lane, other| if best[other] > best[lane] { other } else { lane });
    if best[lane] < wanted.limit - wanted.slack {
        return;
    }
    let first = group[lane] as usize * LANES + lane;
    visit(i, tree, &[first as u32], leaves, at, &mut wanted, found);
    bounds[first / LANES][first % LANES] = f64::NEG_INFINITY;
    branches.resize(branches.len().max((bounds.len() + 1) * LANES), 0);
    let mut n_branches = 0;
    for (block, bounds) in bounds.iter().enumerate() {
        let is_below = i.bits(i.less(i.load(bounds), i.splat(wanted.limit - wanted.slack)));
        n_branches += write_set(!is_below, block, &mut branches[n_branches..]);
    }
    visit(i, tree, &branches[..n_branches], leaves, at, &mut wanted, found);
}

/// Looks into the leaves of branches that may hold a cut above `limit`.
#[inline(always)]
fn visit<I: Instructions>(
    i: I,
    tree: &TreeBlocks<'_>,
    branches: &[u32],
    leaves: &mut Vec<u32>,
    at: &impl At<I>,
    wanted: &mut Wanted,
    found: &mut Vec<(f64, u32)>,
) {
    leaves.resize(leaves.len().max((branches.len() + 1) * LANES), 0);
    let mut n_leaves = 0;
    for &branch in branches {
        let branch = branch as usize;
        // Without a limit the bounds of lanes without a branch are not below it.
        let Some(peaks) = tree.leaves.peaks.get(branch) else { continue };
        let bounds = at.bounds(i, peaks, &tree.leaves.slopes[branch * tree.dimension..][..tree.dimension]);
        let is_below = i.bits(i.less(bounds, i.splat(wanted.limit - wanted.slack)));
        n_leaves += write_set(!is_below, branch, &mut leaves[n_leaves..]);
    }
    for &leaf in &leaves[..n_leaves] {
        let leaf = leaf as usize;
        let Some(base) = tree.intercepts.get(leaf) else { continue };
        let rough = at.rough_heights(i, &tree.rough[leaf * (1 + tree.dimension)..][..=tree.dimension]);
        if i.bits(i.less(rough, i.splat(wanted.limit - wanted.rough_slack))) == 0xff {
            continue;
        }
        let components = &tree.coefficients[leaf * tree.dimension..][..tree.dimension];
        let heights = at.heights(i, base, components);
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
