//! Vector kernels, chosen once per process by what the processor can do.
//!
//! Each kernel is one portable body, compiled for AVX-512, for AVX2 with fused multiply–add, and for plain x86-64 (or any
//! other architecture). The order in which lanes are summed is part of a kernel, so a kernel gives the same bits wherever
//! it runs with the same instruction set.
//!
//! Matrices are column-major with a leading dimension that is a multiple of [`LANES`]; rows beyond the matrix are
//! zero, so kernels work on whole groups of lanes.
#![allow(unsafe_code)]
// A body takes the instruction set of the function it is inlined into.
#![expect(clippy::inline_always)]

/// Numbers per group of lanes: one AVX-512 register or two of AVX2.
pub(crate) const LANES: usize = 8;

/// A difference smaller than this part of what it was taken from is rounding, and taken for zero.
pub(crate) const CANCELLED: f64 = 1e-13;

/// `n` rounded up to whole groups of lanes.
#[inline]
pub(crate) fn padded(n: usize) -> usize {
    n.next_multiple_of(LANES)
}

/// Name of the instruction set the kernels use.
pub fn instruction_set() -> &'static str {
    match level() {
        Level::Avx512 => "avx512",
        Level::Avx2 => "avx2+fma",
        Level::Portable => "portable",
    }
}

/// What the processor can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Portable,
    Avx2,
    Avx512,
}

#[inline]
fn level() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        // The answers are cached by the standard library.
        if std::arch::is_x86_feature_detected!("fma") {
            if std::arch::is_x86_feature_detected!("avx512f") {
                return Level::Avx512;
            }
            if std::arch::is_x86_feature_detected!("avx2") {
                return Level::Avx2;
            }
        }
    }
    Level::Portable
}

/// `a·b + c`, fused where the instruction set has it.
#[inline(always)]
fn madd<const FMA: bool>(a: f64, b: f64, c: f64) -> f64 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

macro_rules! kernel {
    ($(#[$doc:meta])* $name:ident, $body:ident, ($($arg:ident: $type:ty),*) $(-> $result:ty)?) => {
        $(#[$doc])*
        #[inline]
        pub(crate) fn $name($($arg: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,fma")]
                fn avx512($($arg: $type),*) $(-> $result)? {
                    $body::<true>($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $type),*) $(-> $result)? {
                    $body::<true>($($arg),*)
                }
                match level() {
                    // SAFETY: the processor has AVX-512 and FMA, as was just found out.
                    Level::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: the processor has AVX2 and FMA, as was just found out.
                    Level::Avx2 => return unsafe { avx2($($arg),*) },
                    Level::Portable => {}
                }
            }
            $body::<false>($($arg),*)
        }
    };
}

kernel! {
    /// `column_k −= factors_k·alpha` for the columns `places`, and the squared row norms that go with it.
    rank_one, rank_one_body,
    (matrix: &mut [f64], stride: usize, places: &[u32], factors: &[f64], alpha: &[f64], norms: &mut [f64])
}

#[inline(always)]
fn rank_one_body<const FMA: bool>(
    matrix: &mut [f64],
    stride: usize,
    places: &[u32],
    factors: &[f64],
    alpha: &[f64],
    norms: &mut [f64],
) {
    let n = alpha.len();
    for (&place, &factor) in places.iter().zip(factors) {
        let first = place as usize * stride;
        let column = &mut matrix[first..first + n];
        for ((entry, alpha), norm) in column.iter_mut().zip(alpha).zip(&mut norms[..n]) {
            let old = *entry;
            let new = madd::<FMA>(-factor, *alpha, old);
            let new = if new.abs() < CANCELLED * old.abs() { 0.0 } else { new };
            *norm = madd::<FMA>(new - old, new + old, *norm);
            *entry = new;
        }
    }
}

kernel! {
    /// `out = Σ_k factors_k·column_k` over the columns `places`; `out` is a whole number of groups of lanes.
    combine, combine_body,
    (matrix: &[f64], stride: usize, places: &[u32], factors: &[f64], out: &mut [f64])
}

#[inline(always)]
fn combine_body<const FMA: bool>(matrix: &[f64], stride: usize, places: &[u32], factors: &[f64], out: &mut [f64]) {
    for (g, out) in out.chunks_exact_mut(LANES).enumerate() {
        let mut sums = [0.0; LANES];
        for (&place, &factor) in places.iter().zip(factors) {
            let first = place as usize * stride + g * LANES;
            let column = &matrix[first..first + LANES];
            for lane in 0..LANES {
                sums[lane] = madd::<FMA>(factor, column[lane], sums[lane]);
            }
        }
        out.copy_from_slice(&sums);
    }
}

kernel! {
    /// `out_k = column_k·vector` for the first `out.len()` columns; `vector` is a whole number of groups of lanes.
    dot_columns, dot_columns_body,
    (matrix: &[f64], stride: usize, vector: &[f64], out: &mut [f64])
}

#[inline(always)]
fn dot_columns_body<const FMA: bool>(matrix: &[f64], stride: usize, vector: &[f64], out: &mut [f64]) {
    for (out, column) in out.iter_mut().zip(matrix.chunks_exact(stride)) {
        let mut sums = [0.0; LANES];
        for (column, vector) in column[..vector.len()].chunks_exact(LANES).zip(vector.chunks_exact(LANES)) {
            for lane in 0..LANES {
                sums[lane] = madd::<FMA>(column[lane], vector[lane], sums[lane]);
            }
        }
        *out = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
    }
}

kernel! {
    /// `values_c += Σ_j coefficients_cj·x_j` for cuts in blocks of eight: `blocks` holds `[block][component][lane]` with
    /// `stride` components per block, of which those from `first` on meet `x`; `values` holds one group of lanes per
    /// block.
    evaluate_blocks, evaluate_blocks_body,
    (blocks: &[[f64; LANES]], stride: usize, first: usize, x: &[f64], values: &mut [[f64; LANES]])
}

#[inline(always)]
fn evaluate_blocks_body<const FMA: bool>(
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
        *values = heights_of::<FMA>(values, &block[first..first + x.len()], x);
    }
}

kernel! {
    /// The place with the largest squared violation of `low ≤ x ≤ high` over `norms`, the first of equals, among those
    /// violated by more than `tolerance·(1 + |x|)`. All slices are the same whole number of groups of lanes long.
    most_violated, most_violated_body,
    (x: &[f64], low: &[f64], high: &[f64], norms: &[f64], tolerance: f64) -> Option<usize>
}

#[inline(always)]
fn most_violated_body<const FMA: bool>(
    x: &[f64],
    low: &[f64],
    high: &[f64],
    norms: &[f64],
    tolerance: f64,
) -> Option<usize> {
    let mut best = [0.0; LANES];
    let mut group = [0.0; LANES];
    let groups = x.chunks_exact(LANES).zip(low.chunks_exact(LANES));
    let groups = groups.zip(high.chunks_exact(LANES).zip(norms.chunks_exact(LANES)));
    for (g, ((x, low), (high, norms))) in groups.enumerate() {
        for lane in 0..LANES {
            let (under, over) = (low[lane] - x[lane], x[lane] - high[lane]);
            let violation = if under > over { under } else { over };
            let score = violation * violation / norms[lane];
            let limit = madd::<FMA>(tolerance, x[lane].abs(), tolerance);
            let better = violation > limit && score > best[lane];
            best[lane] = if better { score } else { best[lane] };
            group[lane] = if better { g as f64 } else { group[lane] };
        }
    }
    let mut found = (0.0, usize::MAX);
    for lane in 0..LANES {
        let place = group[lane] as usize * LANES + lane;
        if best[lane] > found.0 || (best[lane] == found.0 && best[lane] > 0.0 && place < found.1) {
            found = (best[lane], place);
        }
    }
    (found.1 != usize::MAX).then_some(found.1)
}

kernel! {
    /// The highest cut above `limit`, the first of equals; blocks, base and `x` as in [`highest`].
    highest_one, highest_one_body,
    (blocks: &[[f64; LANES]], stride: usize, base: &[[f64; LANES]], x: &[f64], limit: f64) -> Option<(f64, u32)>
}

#[inline(always)]
fn highest_one_body<const FMA: bool>(
    blocks: &[[f64; LANES]],
    stride: usize,
    base: &[[f64; LANES]],
    x: &[f64],
    limit: f64,
) -> Option<(f64, u32)> {
    let mut best = [limit; LANES];
    let mut group = [-1.0; LANES];
    for (place, base) in base.iter().enumerate() {
        let heights = heights_of::<FMA>(base, &blocks[place * stride..][..x.len()], x);
        for lane in 0..LANES {
            let better = heights[lane] > best[lane];
            best[lane] = if better { heights[lane] } else { best[lane] };
            group[lane] = if better { place as f64 } else { group[lane] };
        }
    }
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

/// Heights of a block of cuts at `x`.
#[inline(always)]
fn heights_of<const FMA: bool>(base: &[f64; LANES], components: &[[f64; LANES]], x: &[f64]) -> [f64; LANES] {
    let mut even = *base;
    let mut odd = [0.0; LANES];
    let mut pairs = components.chunks_exact(2).zip(x.chunks_exact(2));
    for (pair, x) in &mut pairs {
        for lane in 0..LANES {
            even[lane] = madd::<FMA>(pair[0][lane], x[0], even[lane]);
            odd[lane] = madd::<FMA>(pair[1][lane], x[1], odd[lane]);
        }
    }
    if !x.len().is_multiple_of(2) {
        for lane in 0..LANES {
            even[lane] = madd::<FMA>(components[x.len() - 1][lane], x[x.len() - 1], even[lane]);
        }
    }
    std::array::from_fn(|lane| even[lane] + odd[lane])
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
fn highest_body<const FMA: bool>(
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
        let heights = heights_of::<FMA>(base, &blocks[place * stride..][..x.len()], x);
        let mut above = false;
        for lane in 0..LANES {
            above |= heights[lane] >= limit;
        }
        if !above {
            continue;
        }
        for (lane, &height) in heights.iter().enumerate() {
            let place = (place * LANES + lane) as u32;
            let at = found.partition_point(|&(other, id)| other > height || (other == height && id < place));
            if height > limit || (height == limit && found.len() == n && at < n) {
                found.insert(at, (height, place));
                found.truncate(n);
                if found.len() == n {
                    limit = found[n - 1].0;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LANES, combine, dot_columns, evaluate_blocks, highest, highest_one, most_violated, padded, rank_one};

    /// Small whole numbers: every order of summation gives the same.
    fn number(i: usize) -> f64 {
        ((i * 7919 + 13) % 23) as f64 - 11.0
    }

    #[test]
    fn kernels_do_what_the_loops_say() {
        for (rows, columns) in [(1, 1), (5, 3), (8, 8), (19, 30)] {
            let stride = padded(rows) + LANES;
            let mut matrix: Vec<f64> = vec![0.0; stride * columns];
            for k in 0..columns {
                for i in 0..rows {
                    matrix[k * stride + i] = number(k * 100 + i);
                }
            }
            let places: Vec<u32> = (0..columns as u32).filter(|k| k % 3 != 1).collect();
            let factors: Vec<f64> = places.iter().map(|&k| number(k as usize + 5)).collect();
            let mut vector = vec![0.0; padded(rows)];
            for i in 0..rows {
                vector[i] = number(i + 50);
            }

            let mut combined = vec![7.0; padded(rows)];
            combine(&matrix, stride, &places, &factors, &mut combined);
            let mut dots = vec![0.0; columns];
            dot_columns(&matrix, stride, &vector, &mut dots);
            for i in 0..rows {
                let expected: f64 =
                    places.iter().zip(&factors).map(|(&k, f)| f * matrix[k as usize * stride + i]).sum();
                assert_eq!(combined[i], expected);
            }
            for k in 0..columns {
                let expected: f64 = (0..rows).map(|i| vector[i] * matrix[k * stride + i]).sum();
                assert_eq!(dots[k], expected);
            }

            let norms_of =
                |matrix: &[f64], i: usize| -> f64 { (0..columns).map(|k| matrix[k * stride + i].powi(2)).sum() };
            let mut norms: Vec<f64> = (0..padded(rows)).map(|i| norms_of(&matrix, i)).collect();
            let before = matrix.clone();
            rank_one(&mut matrix, stride, &places, &factors, &vector, &mut norms);
            for i in 0..rows {
                assert_eq!(norms[i], norms_of(&matrix, i));
                for (&k, f) in places.iter().zip(&factors) {
                    let at = k as usize * stride + i;
                    assert_eq!(matrix[at], before[at] - f * vector[i]);
                }
            }
        }
    }

    #[test]
    fn the_highest_cuts_are_found_in_order() {
        let (n_blocks, stride) = (5, 3);
        let blocks: Vec<[f64; LANES]> =
            (0..n_blocks * stride).map(|i| std::array::from_fn(|lane| number(i * LANES + lane))).collect();
        let mut base: Vec<[f64; LANES]> = (0..n_blocks).map(|b| [number(b + 7); LANES]).collect();
        base[n_blocks - 1][5..].fill(f64::NEG_INFINITY);
        for x in [[1.0, 2.0, -1.0], [0.0, 0.0, 0.0], [3.0, -1.0, 2.0]] {
            let height = |place: usize| -> f64 {
                let (b, lane) = (place / LANES, place % LANES);
                base[b][lane] + (0..stride).map(|j| blocks[b * stride + j][lane] * x[j]).sum::<f64>()
            };
            let mut all: Vec<(f64, u32)> = (0..n_blocks * LANES).map(|place| (height(place), place as u32)).collect();
            all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            for limit in [f64::NEG_INFINITY, -5.0, 0.0, 20.0, 1e9] {
                for n in [0, 1, 4, 100] {
                    let expected: Vec<(f64, u32)> =
                        all.iter().copied().filter(|(height, _)| *height > limit).take(n).collect();
                    let mut found = vec![(7.0, 7)];
                    highest(&blocks, stride, &base, &x, limit, n, &mut found);
                    assert_eq!(found, expected, "limit {limit}, {n} cuts");
                    if n == 1 {
                        assert_eq!(highest_one(&blocks, stride, &base, &x, limit), expected.first().copied());
                    }
                }
            }
        }
    }

    #[test]
    fn the_most_violated_is_the_first_of_equals() {
        let n = 2 * LANES;
        let (mut x, low, high, mut norms) = (vec![0.5; n], vec![0.0; n], vec![1.0; n], vec![1.0; n]);
        assert_eq!(most_violated(&x, &low, &high, &norms, 1e-9), None);
        (x[11], x[3], x[4]) = (-1.0, 2.0, 4.0);
        assert_eq!(most_violated(&x, &low, &high, &norms, 1e-9), Some(4));
        norms[4] = 100.0;
        assert_eq!(most_violated(&x, &low, &high, &norms, 1e-9), Some(3));
        (x[3], x[4], x[11]) = (1.0 + 1e-12, 0.5, 0.5);
        assert_eq!(most_violated(&x, &low, &high, &norms, 1e-9), None);
    }

    #[test]
    fn blocks_of_cuts_are_evaluated_in_part() {
        for (n_blocks, stride, first, n) in [(1, 1, 0, 1), (3, 7, 2, 5), (2, 6, 0, 6), (2, 4, 1, 0)] {
            let blocks: Vec<[f64; LANES]> =
                (0..n_blocks * stride).map(|i| std::array::from_fn(|lane| number(i * LANES + lane))).collect();
            let x: Vec<f64> = (0..n).map(|j| number(j + 3)).collect();
            let mut values = vec![[2.0; LANES]; n_blocks];
            evaluate_blocks(&blocks, stride, first, &x, &mut values);
            for b in 0..n_blocks {
                for lane in 0..LANES {
                    let sum: f64 = (0..n).map(|j| blocks[b * stride + first + j][lane] * x[j]).sum();
                    assert_eq!(values[b][lane], 2.0 + sum);
                }
            }
        }
    }
}
