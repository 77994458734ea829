//! Products with a matrix, and its update.

use super::instructions::Instructions;
use super::{CANCELLED, LANES, groups, groups_mut, kernel};

kernel! {
    /// `column_k −= factors_k·alpha` for the columns `places`, and the squared row norms that go with it.
    rank_one, rank_one_body,
    (matrix: &mut [f64], stride: usize, places: &[u32], factors: &[f64], alpha: &[f64], norms: &mut [f64])
}

#[inline(always)]
fn rank_one_body<I: Instructions>(
    i: I,
    matrix: &mut [f64],
    stride: usize,
    places: &[u32],
    factors: &[f64],
    alpha: &[f64],
    norms: &mut [f64],
) {
    let (zero, cancelled) = (i.splat(0.0), i.splat(CANCELLED));
    let stride = stride / LANES;
    let matrix = groups_mut(matrix);
    for (g, (alpha, norms)) in groups(alpha).iter().zip(groups_mut(norms)).enumerate() {
        let alpha = i.load(alpha);
        if i.bits(i.less(zero, i.abs(alpha))) == 0 {
            continue;
        }
        let mut norm = i.load(norms);
        for (&place, &factor) in places.iter().zip(factors) {
            let entries = &mut matrix[place as usize * stride + g];
            let old = i.load(entries);
            let new = i.multiply_add(i.splat(-factor), alpha, old);
            let is_rounding = i.less(i.abs(new), i.multiply(cancelled, i.abs(old)));
            let new = i.select(is_rounding, zero, new);
            norm = i.multiply_add(i.subtract(new, old), i.add(new, old), norm);
            i.store(new, entries);
        }
        i.store(norm, norms);
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
    let (matrix, stride) = (groups(matrix), stride / LANES);
    for (g, out) in groups_mut(out).iter_mut().enumerate() {
        let mut sums = i.splat(0.0);
        for (&place, &factor) in places.iter().zip(factors) {
            sums = i.multiply_add(i.splat(factor), i.load(&matrix[place as usize * stride + g]), sums);
        }
        i.store(sums, out);
    }
}

kernel! {
    /// `out_k = column_k·vector` for the first `out.len()` columns; `vector` is a whole number of groups of lanes.
    dot_columns, dot_columns_body,
    (matrix: &[f64], stride: usize, vector: &[f64], out: &mut [f64])
}

#[inline(always)]
fn dot_columns_body<I: Instructions>(i: I, matrix: &[f64], stride: usize, vector: &[f64], out: &mut [f64]) {
    let vector = groups(vector);
    for (out, column) in out.iter_mut().zip(groups(matrix).chunks_exact(stride / LANES)) {
        let mut sums = i.splat(0.0);
        for (column, vector) in column.iter().zip(vector) {
            sums = i.multiply_add(i.load(column), i.load(vector), sums);
        }
        *out = i.sum(sums);
    }
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
