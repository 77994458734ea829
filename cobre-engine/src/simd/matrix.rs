//! Products with a matrix, and its update.

use super::instructions::Instructions;
use super::{CANCELLED, LANES, groups, groups_mut, kernel};

kernel! {
    /// `column_k −= factors_k·alpha` for the columns `places`, and the squared row norms that go with it, at least
    /// `smallest`.
    rank_one, rank_one_body,
    (matrix: &mut [f64], stride: usize, places: &[u32], factors: &[f64], alpha: &[f64], norms: &mut [f64], smallest: f64)
}

#[inline(always)]
#[expect(clippy::too_many_arguments)]
fn rank_one_body<I: Instructions>(
    i: I,
    matrix: &mut [f64],
    stride: usize,
    places: &[u32],
    factors: &[f64],
    alpha: &[f64],
    norms: &mut [f64],
    smallest: f64,
) {
    // Few groups stay in registers together; of many, most are zero.
    match alpha.len() / LANES {
        2 => rank_one_of::<I, 2>(i, matrix, stride, places, factors, 0, alpha, norms, smallest),
        3 => rank_one_of::<I, 3>(i, matrix, stride, places, factors, 0, alpha, norms, smallest),
        n => (0..n).for_each(|g| rank_one_of::<I, 1>(i, matrix, stride, places, factors, g, alpha, norms, smallest)),
    }
}

/// The update of `G` groups of lanes from `first` on.
#[inline(always)]
#[expect(clippy::too_many_arguments)]
fn rank_one_of<I: Instructions, const G: usize>(
    i: I,
    matrix: &mut [f64],
    stride: usize,
    places: &[u32],
    factors: &[f64],
    first: usize,
    alpha: &[f64],
    norms: &mut [f64],
    smallest: f64,
) {
    let (zero, cancelled) = (i.splat(0.0), i.splat(CANCELLED));
    let (alpha, norms) = (&groups(alpha)[first..][..G], &mut groups_mut(norms)[first..][..G]);
    let alpha: [I::Vector; G] = std::array::from_fn(|k| i.load(&alpha[k]));
    let mut norm: [I::Vector; G] = std::array::from_fn(|k| i.load(&norms[k]));
    let is_zero = |k: usize| i.bits(i.less(zero, i.abs(alpha[k]))) == 0;
    if (0..G).all(is_zero) {
        return;
    }
    let matrix = groups_mut(matrix);
    for (&place, &factor) in places.iter().zip(factors) {
        let factor = i.splat(-factor);
        let entries = &mut matrix[place as usize * (stride / LANES) + first..][..G];
        for k in 0..G {
            let old = i.load(&entries[k]);
            let new = i.multiply_add(factor, alpha[k], old);
            let is_rounding = i.less(i.abs(new), i.multiply(cancelled, i.abs(old)));
            let new = i.select(is_rounding, zero, new);
            norm[k] = i.multiply_add(i.subtract(new, old), i.add(new, old), norm[k]);
            i.store(new, &mut entries[k]);
        }
    }
    for k in 0..G {
        i.store(i.larger(norm[k], i.splat(smallest)), &mut norms[k]);
    }
}

kernel! {
    /// `out = Σ_k factors_k·column_k` over the columns `places`; `out` is a whole number of groups of lanes.
    combine, combine_body,
    (matrix: &[f64], stride: usize, places: &[u32], factors: &[f64], out: &mut [f64])
}

#[inline(always)]
fn combine_body<I: Instructions>(
    i: I,
    matrix: &[f64],
    stride: usize,
    places: &[u32],
    factors: &[f64],
    out: &mut [f64],
) {
    let n = out.len() / LANES;
    let mut g = 0;
    while g < n {
        g += match n - g {
            1 => combine_of::<I, 1>(i, matrix, stride, places, factors, g, out),
            2 => combine_of::<I, 2>(i, matrix, stride, places, factors, g, out),
            3 => combine_of::<I, 3>(i, matrix, stride, places, factors, g, out),
            _ => combine_of::<I, 4>(i, matrix, stride, places, factors, g, out),
        };
    }
}

/// The sums of `G` groups of lanes from `first` on; returns `G`.
#[inline(always)]
fn combine_of<I: Instructions, const G: usize>(
    i: I,
    matrix: &[f64],
    stride: usize,
    places: &[u32],
    factors: &[f64],
    first: usize,
    out: &mut [f64],
) -> usize {
    let (matrix, stride) = (groups(matrix), stride / LANES);
    let mut sums = [i.splat(0.0); G];
    for (&place, &factor) in places.iter().zip(factors) {
        let factor = i.splat(factor);
        let column = &matrix[place as usize * stride + first..][..G];
        for k in 0..G {
            sums[k] = i.multiply_add(factor, i.load(&column[k]), sums[k]);
        }
    }
    for (sums, out) in sums.into_iter().zip(&mut groups_mut(out)[first..]) {
        i.store(sums, out);
    }
    G
}

kernel! {
    /// `out_k = column_k·vector` for the first `out.len()` columns; `vector` is a whole number of groups of lanes.
    dot_columns, dot_columns_body,
    (matrix: &[f64], stride: usize, vector: &[f64], out: &mut [f64])
}

#[inline(always)]
fn dot_columns_body<I: Instructions>(i: I, matrix: &[f64], stride: usize, vector: &[f64], out: &mut [f64]) {
    let vector = groups(vector);
    for (out, column) in out.iter_mut().zip(groups(matrix).chunks_exact((stride / LANES).max(1))) {
        let mut sums = i.splat(0.0);
        for (column, vector) in column.iter().zip(vector) {
            sums = i.multiply_add(i.load(column), i.load(vector), sums);
        }
        *out = i.sum(sums);
    }
}

kernel! {
    /// Writes the places of all nonzeros, ascending; returns their number. `places` is as long as `values`, a whole number
    /// of groups of lanes.
    nonzeros, nonzeros_body,
    (values: &[f64], places: &mut [u32]) -> usize
}

#[inline(always)]
fn nonzeros_body<I: Instructions>(i: I, values: &[f64], places: &mut [u32]) -> usize {
    let mut n = 0;
    for (g, group) in groups(values).iter().enumerate() {
        let mut bits = i.bits(i.less(i.splat(0.0), i.abs(i.load(group))));
        while bits != 0 {
            places[n] = (g * LANES) as u32 + bits.trailing_zeros();
            n += 1;
            bits &= bits - 1;
        }
    }
    n
}

kernel! {
    /// `out += factor·v` in the groups of lanes `which`.
    add_groups, add_groups_body,
    (which: &[u32], factor: f64, v: &[f64], out: &mut [f64])
}

#[inline(always)]
fn add_groups_body<I: Instructions>(i: I, which: &[u32], factor: f64, v: &[f64], out: &mut [f64]) {
    let (v, out, factor) = (groups(v), groups_mut(out), i.splat(factor));
    for &group in which {
        let out = &mut out[group as usize];
        i.store(i.multiply_add(factor, i.load(&v[group as usize]), i.load(out)), out);
    }
}
