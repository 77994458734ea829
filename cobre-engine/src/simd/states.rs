//! Cuts at many states, as products of two matrices.
//!
//! A height is summed over the components as everywhere: blocking is over cuts and states only.

use super::instructions::Instructions;
use super::{LANES, kernel};

/// The highest cuts at a state that were met so far, one per lane of the blocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Highest {
    heights: [f64; LANES],
    /// Block of the cut, −1 for none.
    blocks: [f64; LANES],
}

impl Highest {
    /// No cut, all being at most `limit`.
    pub(crate) fn none_above(limit: f64) -> Self {
        Self { heights: [limit; LANES], blocks: [-1.0; LANES] }
    }

    /// The highest cut and its place, the first of equals.
    pub(crate) fn first(&self) -> Option<(f64, u32)> {
        let mut found: Option<(f64, u32)> = None;
        for lane in 0..LANES {
            if self.blocks[lane] >= 0.0 {
                let (height, place) = (self.heights[lane], (self.blocks[lane] as usize * LANES + lane) as u32);
                if found.is_none_or(|(other, first)| height > other || (height == other && place < first)) {
                    found = Some((height, place));
                }
            }
        }
        found
    }
}

kernel! {
    /// Raises the highest cuts at every state, the first of equals; cuts lie in blocks as in
    /// [`evaluate_blocks`](super::evaluate_blocks) with `base` as their intercepts. `panels` holds states in groups of
    /// eight, `[panel][component][state]`, and `highest` one entry for each of them. Of the product only the largest entry
    /// of every row is kept.
    highest_at_states, highest_at_states_body,
    (blocks: &[[f64; LANES]], stride: usize, base: &[[f64; LANES]], panels: &[[f64; LANES]], highest: &mut [[Highest; LANES]])
}

#[inline(always)]
fn highest_at_states_body<I: Instructions>(
    i: I,
    blocks: &[[f64; LANES]],
    stride: usize,
    base: &[[f64; LANES]],
    panels: &[[f64; LANES]],
    highest: &mut [[Highest; LANES]],
) {
    // A tile stays in registers: its sums, a vector of each of its blocks, and one number of a state.
    if I::REGISTERS >= 32 {
        tiles::<I, 3, 8>(i, blocks, stride, base, panels, highest);
    } else if I::REGISTERS >= 8 {
        tiles::<I, 1, 4>(i, blocks, stride, base, panels, highest);
    } else {
        tiles::<I, 1, 2>(i, blocks, stride, base, panels, highest);
    }
}

/// Meets the states with tiles of `C` blocks and `S` states.
#[inline(always)]
fn tiles<I: Instructions, const C: usize, const S: usize>(
    i: I,
    blocks: &[[f64; LANES]],
    stride: usize,
    base: &[[f64; LANES]],
    panels: &[[f64; LANES]],
    highest: &mut [[Highest; LANES]],
) {
    let mut first = 0;
    while first + C <= base.len() {
        let (rows, base) = (&blocks[first * stride..][..C * stride], &base[first..first + C]);
        column::<I, C, S>(i, rows, stride, base, first, panels, highest);
        first += C;
    }
    for first in first..base.len() {
        let (rows, base) = (&blocks[first * stride..][..stride], &base[first..=first]);
        column::<I, 1, S>(i, rows, stride, base, first, panels, highest);
    }
}

/// Meets all states with `C` blocks, the first of which is at `first`.
#[inline(always)]
fn column<I: Instructions, const C: usize, const S: usize>(
    i: I,
    blocks: &[[f64; LANES]],
    stride: usize,
    base: &[[f64; LANES]],
    first: usize,
    panels: &[[f64; LANES]],
    highest: &mut [[Highest; LANES]],
) {
    let rows: [&[[f64; LANES]]; C] = std::array::from_fn(|c| &blocks[c * stride..][..stride]);
    let base: [I::Vector; C] = std::array::from_fn(|c| i.load(&base[c]));
    for (p, highest) in highest.iter_mut().enumerate() {
        let panel = &panels[p * stride..][..stride];
        for (part, highest) in highest.as_chunks_mut::<S>().0.iter_mut().enumerate() {
            tile::<I, C, S>(i, rows, base, first, panel, part, highest);
        }
    }
}

/// Meets the `part`-th `S` states of a panel with `C` blocks.
#[inline(always)]
fn tile<I: Instructions, const C: usize, const S: usize>(
    i: I,
    rows: [&[[f64; LANES]]; C],
    base: [I::Vector; C],
    first: usize,
    panel: &[[f64; LANES]],
    part: usize,
    highest: &mut [Highest; S],
) {
    // Components of even and of odd position are summed apart, as by the other kernels, so one after the other will do.
    let even = sums::<I, C, S, 0>(i, rows, base.map(|base| [base; S]), panel, part);
    let odd = sums::<I, C, S, 1>(i, rows, [[i.splat(0.0); S]; C], panel, part);
    for (k, highest) in highest.iter_mut().enumerate() {
        let (mut heights, mut blocks) = (i.load(&highest.heights), i.load(&highest.blocks));
        for c in 0..C {
            let height = i.add(even[c][k], odd[c][k]);
            let is_higher = i.less(heights, height);
            heights = i.select(is_higher, height, heights);
            blocks = i.select(is_higher, i.splat((first + c) as f64), blocks);
        }
        i.store(heights, &mut highest.heights);
        i.store(blocks, &mut highest.blocks);
    }
}

kernel! {
    /// `heights_kc += Σ_j coefficients_cj·x_kj` for cuts in blocks as in [`evaluate_blocks`](super::evaluate_blocks) and up
    /// to eight states `k`: `panel` holds what the components from `first` on are there, `[component][state]`, and
    /// `heights` one group per block for each state, one state after the other. The cuts are read once.
    evaluate_at_states, evaluate_at_states_body,
    (blocks: &[[f64; LANES]], stride: usize, first: usize, panel: &[[f64; LANES]], heights: &mut [[f64; LANES]])
}

#[inline(always)]
fn evaluate_at_states_body<I: Instructions>(
    i: I,
    blocks: &[[f64; LANES]],
    stride: usize,
    first: usize,
    panel: &[[f64; LANES]],
    heights: &mut [[f64; LANES]],
) {
    if blocks.is_empty() {
        return;
    }
    let n_states = heights.len() * stride / blocks.len();
    if I::REGISTERS >= 32 && n_states > 4 {
        raise_all::<I, 3, 8>(i, blocks, stride, first, panel, heights);
    } else if I::REGISTERS >= 32 {
        raise_all::<I, 3, 4>(i, blocks, stride, first, panel, heights);
    } else if I::REGISTERS >= 8 {
        raise_all::<I, 1, 4>(i, blocks, stride, first, panel, heights);
    } else {
        raise_all::<I, 1, 2>(i, blocks, stride, first, panel, heights);
    }
}

/// Adds the products to all heights in tiles of `C` blocks and `S` states.
#[inline(always)]
fn raise_all<I: Instructions, const C: usize, const S: usize>(
    i: I,
    blocks: &[[f64; LANES]],
    stride: usize,
    first: usize,
    panel: &[[f64; LANES]],
    heights: &mut [[f64; LANES]],
) {
    let n_blocks = blocks.len() / stride;
    let mut block = 0;
    while block + C <= n_blocks {
        raise::<I, C, S>(i, blocks, stride, first, panel, block, heights);
        block += C;
    }
    for block in block..n_blocks {
        raise::<I, 1, S>(i, blocks, stride, first, panel, block, heights);
    }
}

/// Adds the products of `C` blocks from `block` on with all states of the panel.
#[inline(always)]
fn raise<I: Instructions, const C: usize, const S: usize>(
    i: I,
    blocks: &[[f64; LANES]],
    stride: usize,
    first: usize,
    panel: &[[f64; LANES]],
    block: usize,
    heights: &mut [[f64; LANES]],
) {
    let n_blocks = blocks.len() / stride;
    let n_states = heights.len() / n_blocks;
    let rows: [&[[f64; LANES]]; C] = std::array::from_fn(|c| &blocks[(block + c) * stride + first..][..panel.len()]);
    for part in 0..n_states.div_ceil(S) {
        let n = (n_states - part * S).min(S);
        let place = |k: usize, c: usize| (part * S + k) * n_blocks + block + c;
        let base: [[I::Vector; S]; C] = std::array::from_fn(|c| {
            std::array::from_fn(|k| if k < n { i.load(&heights[place(k, c)]) } else { i.splat(0.0) })
        });
        let even = sums::<I, C, S, 0>(i, rows, base, panel, part);
        let odd = sums::<I, C, S, 1>(i, rows, [[i.splat(0.0); S]; C], panel, part);
        for k in 0..S {
            for c in 0..C {
                if k < n {
                    i.store(i.add(even[c][k], odd[c][k]), &mut heights[place(k, c)]);
                }
            }
        }
    }
}

/// Adds to `sums` the products of every second component from `FROM` on.
#[inline(always)]
fn sums<I: Instructions, const C: usize, const S: usize, const FROM: usize>(
    i: I,
    rows: [&[[f64; LANES]]; C],
    mut sums: [[I::Vector; S]; C],
    panel: &[[f64; LANES]],
    part: usize,
) -> [[I::Vector; S]; C] {
    let (pairs, rest) = panel.as_chunks::<2>();
    let row_pairs = rows.map(|row| &row.as_chunks::<2>().0[..pairs.len()]);
    for (j, pair) in pairs.iter().enumerate() {
        let components: [I::Vector; C] = std::array::from_fn(|c| i.load(&row_pairs[c][j][FROM]));
        sums = add_products(i, components, &pair[FROM].as_chunks().0[part], sums);
    }
    if FROM == 0
        && let [x] = rest
    {
        let components: [I::Vector; C] = std::array::from_fn(|c| i.load(&rows[c][panel.len() - 1]));
        sums = add_products(i, components, &x.as_chunks().0[part], sums);
    }
    sums
}

/// Adds to `sums` the products of one component of `C` blocks with that of `S` states.
#[inline(always)]
fn add_products<I: Instructions, const C: usize, const S: usize>(
    i: I,
    components: [I::Vector; C],
    x: &[f64; S],
    mut sums: [[I::Vector; S]; C],
) -> [[I::Vector; S]; C] {
    for k in 0..S {
        let x = i.splat(x[k]);
        for c in 0..C {
            sums[c][k] = i.multiply_add(components[c], x, sums[c][k]);
        }
    }
    sums
}
