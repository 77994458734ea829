//! Products with a matrix, and its update.

use super::instructions::Instructions;
use super::{CANCELLED, LANES, groups, groups_mut, kernel};

kernel! {
    /// `column_k −= r_k·alpha` for the entries `r` of `row`, by place and value, in the groups of lanes `which`, or in all of
    /// them, and the squared row norms that go with it, at least `smallest`.
    rank_one, rank_one_body,
    (matrix: &mut [f64], stride: usize, row: (&[u32], &[f64]), which: Option<&[u32]>, alpha: &[f64], norms: &mut [f64], smallest: f64)
}

#[inline(always)]
#[expect(clippy::too_many_arguments)]
fn rank_one_body<I: Instructions>(
    i: I,
    matrix: &mut [f64],
    stride: usize,
    row: (&[u32], &[f64]),
    which: Option<&[u32]>,
    alpha: &[f64],
    norms: &mut [f64],
    smallest: f64,
) {
    // What is to be done with up to four groups stays in registers.
    let Some(which) = which else {
        let n = alpha.len() / LANES;
        match n {
            2 => rank_one_of(i, matrix, stride, row, [0, 1], alpha, norms, smallest),
            3 => rank_one_of(i, matrix, stride, row, [0, 1, 2], alpha, norms, smallest),
            _ => (0..n as u32).for_each(|g| rank_one_of(i, matrix, stride, row, [g], alpha, norms, smallest)),
        }
        return;
    };
    let (fours, rest) = which.as_chunks::<4>();
    for &four in fours {
        rank_one_of(i, matrix, stride, row, four, alpha, norms, smallest);
    }
    match *rest {
        [a] => rank_one_of(i, matrix, stride, row, [a], alpha, norms, smallest),
        [a, b] => rank_one_of(i, matrix, stride, row, [a, b], alpha, norms, smallest),
        [a, b, c] => rank_one_of(i, matrix, stride, row, [a, b, c], alpha, norms, smallest),
        _ => {}
    }
}

/// The update of `G` groups of lanes.
#[inline(always)]
#[expect(clippy::too_many_arguments)]
fn rank_one_of<I: Instructions, const G: usize>(
    i: I,
    matrix: &mut [f64],
    stride: usize,
    row: (&[u32], &[f64]),
    which: [u32; G],
    alpha: &[f64],
    norms: &mut [f64],
    smallest: f64,
) {
    let (zero, cancelled) = (i.splat(0.0), i.splat(CANCELLED));
    let which = which.map(|group| group as usize);
    let (alpha, norms) = (groups(alpha), groups_mut(norms));
    let alpha = which.map(|group| i.load(&alpha[group]));
    let mut norm = which.map(|group| i.load(&norms[group]));
    let (matrix, n) = (groups_mut(matrix), stride / LANES);
    for (&place, &factor) in row.0.iter().zip(row.1) {
        let factor = i.splat(-factor);
        let column = &mut matrix[place as usize * n..][..n];
        for k in 0..G {
            let entries = &mut column[which[k]];
            let old = i.load(entries);
            let new = i.multiply_add(factor, alpha[k], old);
            let is_rounding = i.less(i.abs(new), i.multiply(cancelled, i.abs(old)));
            let new = i.select(is_rounding, zero, new);
            norm[k] = i.multiply_add(i.subtract(new, old), i.add(new, old), norm[k]);
            i.store(new, entries);
        }
    }
    for (norm, group) in norm.into_iter().zip(which) {
        i.store(i.larger(norm, i.splat(smallest)), &mut norms[group]);
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
            4..8 => combine_of::<I, 4>(i, matrix, stride, places, factors, g, out),
            _ if I::REGISTERS < 32 => combine_of::<I, 4>(i, matrix, stride, places, factors, g, out),
            _ => combine_of::<I, 8>(i, matrix, stride, places, factors, g, out),
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
    /// Writes the groups of lanes that are not all zero, and the places of all nonzeros, both ascending; returns how many
    /// there are of each. `values` is a whole number of groups of lanes, and there is room for all of them.
    nonzeros, nonzeros_body,
    (values: &[f64], which: &mut [u32], places: &mut [u32]) -> (usize, usize)
}

#[inline(always)]
fn nonzeros_body<I: Instructions>(i: I, values: &[f64], which: &mut [u32], places: &mut [u32]) -> (usize, usize) {
    let values = groups(values);
    let nonzeros_of = |group: &[f64; LANES]| i.bits(i.less(i.splat(0.0), i.abs(i.load(group))));
    // Without branches on what is there, which nobody could predict.
    let mut n_groups = 0;
    for (g, group) in values.iter().enumerate() {
        which[n_groups] = g as u32;
        n_groups += usize::from(nonzeros_of(group) != 0);
    }
    let mut n = 0;
    for &g in &which[..n_groups] {
        let bits = nonzeros_of(&values[g as usize]);
        for lane in 0..LANES as u32 {
            places[n] = g * LANES as u32 + lane;
            n += (bits >> lane & 1) as usize;
        }
    }
    (n_groups, n)
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
