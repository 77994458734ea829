//! Dense linear systems.

/// Smallest pivot, relative to the largest entry of the matrix, that is not taken for zero.
const PIVOT_TOLERANCE: f64 = 1e-12;

/// Solves `A·x = b` by LU elimination with partial pivoting; `a` is row-major and consumed, `b` is `n` long.
///
/// `None` when a pivot vanishes: the matrix is singular to working precision, or holds an entry that is not a number.
pub(super) fn solve_dense(mut a: Vec<f64>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    let largest = a.iter().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
    for k in 0..n {
        let mut pivot_row = k;
        for row in k + 1..n {
            if a[row * n + k].abs() > a[pivot_row * n + k].abs() {
                pivot_row = row;
            }
        }
        let pivot = a[pivot_row * n + k];
        if !(pivot.is_finite() && pivot.abs() > PIVOT_TOLERANCE * largest) {
            return None;
        }
        if pivot_row != k {
            for column in k..n {
                a.swap(k * n + column, pivot_row * n + column);
            }
            b.swap(k, pivot_row);
        }
        let (above, below) = a.split_at_mut((k + 1) * n);
        let pivots = &above[k * n..];
        for (row, entries) in (k + 1..n).zip(below.chunks_exact_mut(n)) {
            let factor = entries[k] / pivot;
            if factor != 0.0 {
                for column in k + 1..n {
                    entries[column] -= factor * pivots[column];
                }
                b[row] -= factor * b[k];
            }
        }
    }
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|column| a[k * n + column] * b[column]).sum();
        b[k] = (b[k] - known) / a[k * n + k];
    }
    Some(b)
}
