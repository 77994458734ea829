//! Heights of cuts in blocks of eight.

use super::instructions::Instructions;
use super::{LANES, kernel};

kernel! {
    /// `values_c += Σ_j coefficients_cj·x_j` for cuts in blocks of eight: `blocks` holds `[block][component][lane]` with
    /// `stride` components per block, of which those from `first` on meet `x`; `values` holds one group of lanes per
    /// block.
    evaluate_blocks, evaluate_blocks_body,
    (blocks: &[[f64; LANES]], stride: usize, first: usize, x: &[f64], values: &mut [[f64; LANES]])
}

#[inline(always)]
fn evaluate_blocks_body<I: Instructions>(
    i: I,
    blocks: &[[f64; LANES]],
    stride: usize,
    first: usize,
    x: &[f64],
    values: &mut [[f64; LANES]],
) {
    if stride == 0 {
        return;
    }
    for (values, block) in values.iter_mut().zip(blocks.chunks_exact(stride)) {
        i.store(heights_of(i, values, &block[first..first + x.len()], x), values);
    }
}

kernel! {
    /// The highest cut above `limit`, the first of equals; blocks, base and `x` as in [`highest`].
    highest_one, highest_one_body,
    (blocks: &[[f64; LANES]], stride: usize, base: &[[f64; LANES]], x: &[f64], limit: f64) -> Option<(f64, u32)>
}

#[inline(always)]
fn highest_one_body<I: Instructions>(
    i: I,
    blocks: &[[f64; LANES]],
    stride: usize,
    base: &[[f64; LANES]],
    x: &[f64],
    limit: f64,
) -> Option<(f64, u32)> {
    match *x {
        [a] => highest_of(i, blocks, stride, base, limit, heights_at(i, [a])),
        [a, b] => highest_of(i, blocks, stride, base, limit, heights_at(i, [a, b])),
        [a, b, c] => highest_of(i, blocks, stride, base, limit, heights_at(i, [a, b, c])),
        [a, b, c, d] => highest_of(i, blocks, stride, base, limit, heights_at(i, [a, b, c, d])),
        [a, b, c, d, e] => highest_of(i, blocks, stride, base, limit, heights_at(i, [a, b, c, d, e])),
        [a, b, c, d, e, f] => highest_of(i, blocks, stride, base, limit, heights_at(i, [a, b, c, d, e, f])),
        _ => {
            let heights = |base: &[f64; LANES], block: &[[f64; LANES]]| heights_of(i, base, &block[..x.len()], x);
            highest_of(i, blocks, stride, base, limit, heights)
        }
    }
}

/// Heights at a state of few components, which stay in registers.
#[inline(always)]
fn heights_at<I: Instructions, const D: usize>(
    i: I,
    x: [f64; D],
) -> impl Fn(&[f64; LANES], &[[f64; LANES]]) -> I::Vector {
    let x = x.map(|x| i.splat(x));
    move |base, block| {
        let block = &block[..D];
        let mut even = i.load(base);
        let mut odd = i.splat(0.0);
        for j in 0..D {
            if j % 2 == 0 {
                even = i.multiply_add(i.load(&block[j]), x[j], even);
            } else {
                odd = i.multiply_add(i.load(&block[j]), x[j], odd);
            }
        }
        if D > 1 { i.add(even, odd) } else { even }
    }
}

/// The highest cut by what `heights` gives for a base and the components of its block; they may be none.
#[inline(always)]
fn highest_of<I: Instructions>(
    i: I,
    blocks: &[[f64; LANES]],
    stride: usize,
    base: &[[f64; LANES]],
    limit: f64,
    mut heights: impl FnMut(&[f64; LANES], &[[f64; LANES]]) -> I::Vector,
) -> Option<(f64, u32)> {
    // The last block that raised the height of each lane.
    let mut best = i.splat(limit);
    let mut group = i.splat(-1.0);
    let mut place = i.splat(0.0);
    let one = i.splat(1.0);
    for (k, base) in base.iter().enumerate() {
        let found = heights(base, &blocks[k * stride..][..stride]);
        let is_higher = i.less(best, found);
        best = i.larger(found, best);
        group = i.select(is_higher, place, group);
        place = i.add(place, one);
    }
    if i.bits(i.less(group, i.splat(0.0))) == 0xff {
        return None;
    }
    let (best, group) = (i.lanes(best), i.lanes(group));
    let mut found: Option<(f64, u32)> = None;
    for lane in 0..LANES {
        if group[lane] >= 0.0 {
            let place = (group[lane] as usize * LANES + lane) as u32;
            if found.is_none_or(|(height, other)| best[lane] > height || (best[lane] == height && place < other)) {
                found = Some((best[lane], place));
            }
        }
    }
    found
}

kernel! {
    /// As [`highest_one`], and writes the heights of all cuts.
    evaluate_highest, evaluate_highest_body,
    (blocks: &[[f64; LANES]], stride: usize, base: &[[f64; LANES]], x: &[f64], limit: f64, heights: &mut [[f64; LANES]]) -> Option<(f64, u32)>
}

#[inline(always)]
fn evaluate_highest_body<I: Instructions>(
    i: I,
    blocks: &[[f64; LANES]],
    stride: usize,
    base: &[[f64; LANES]],
    x: &[f64],
    limit: f64,
    heights: &mut [[f64; LANES]],
) -> Option<(f64, u32)> {
    let mut heights = heights.iter_mut();
    highest_of(i, blocks, stride, base, limit, |base, block| {
        let found = heights_of(i, base, &block[..x.len()], x);
        if let Some(height) = heights.next() {
            i.store(found, height);
        }
        found
    })
}

/// Heights of a block of cuts at `x`.
#[inline(always)]
pub(super) fn heights_of<I: Instructions>(
    i: I,
    base: &[f64; LANES],
    components: &[[f64; LANES]],
    x: &[f64],
) -> I::Vector {
    let mut even = i.load(base);
    let mut odd = i.splat(0.0);
    let (pairs, rest) = components.as_chunks::<2>();
    let (x_pairs, x_rest) = x.as_chunks::<2>();
    for (pair, x) in pairs.iter().zip(x_pairs) {
        even = i.multiply_add(i.load(&pair[0]), i.splat(x[0]), even);
        odd = i.multiply_add(i.load(&pair[1]), i.splat(x[1]), odd);
    }
    for (component, &x) in rest.iter().zip(x_rest) {
        even = i.multiply_add(i.load(component), i.splat(x), even);
    }
    i.add(even, odd)
}

kernel! {
    /// The `n` highest cuts above `limit` at `x`, highest first, equal ones by place: pairs of height and place.
    ///
    /// Cuts lie in blocks as in [`evaluate_blocks`]; `base` is what their heights are without the components that meet
    /// `x`, which are the first ones of a block.
    highest, highest_body,
    (blocks: &[[f64; LANES]], stride: usize, base: &[[f64; LANES]], x: &[f64], limit: f64, n: usize, found: &mut Vec<(f64, u32)>)
}

#[inline(always)]
#[expect(clippy::too_many_arguments)]
fn highest_body<I: Instructions>(
    i: I,
    blocks: &[[f64; LANES]],
    stride: usize,
    base: &[[f64; LANES]],
    x: &[f64],
    mut limit: f64,
    n: usize,
    found: &mut Vec<(f64, u32)>,
) {
    found.clear();
    if n == 0 {
        return;
    }
    // From the last block to the first: the newest cuts are the likeliest, and what is found early spares insertions.
    for (place, base) in base.iter().enumerate().rev() {
        let heights = heights_of(i, base, &blocks[place * stride..][..x.len()], x);
        if i.bits(i.less(heights, i.splat(limit))) == 0xff {
            continue;
        }
        for (lane, height) in i.lanes(heights).into_iter().enumerate() {
            enter(height, (place * LANES + lane) as u32, n, &mut limit, found);
        }
    }
}

/// Puts a cut into `found`, the `n` highest ones above `limit`, highest first and equal ones by their numbers, unless it is
/// none of them or there already. With `n` of them the limit is the height of the last.
#[inline(always)]
pub(super) fn enter(height: f64, number: u32, n: usize, limit: &mut f64, found: &mut Vec<(f64, u32)>) {
    // Where `found` is full, the last of it is at the limit, and a lower number of that height takes its place.
    if height < *limit || (height == *limit && found.len() < n) {
        return;
    }
    let at = found.partition_point(|&(other, id)| other > height || (other == height && id < number));
    if at == n || found.get(at) == Some(&(height, number)) {
        return;
    }
    found.insert(at, (height, number));
    found.truncate(n);
    if found.len() == n {
        *limit = found[n - 1].0;
    }
}
