use proptest::prelude::*;

use crate::stochastic::linear::solve_dense;

#[test]
fn rows_are_exchanged_where_the_diagonal_vanishes() {
    let matrix = vec![0.0, 2.0, 0.0, 0.0, 0.0, 4.0, 5.0, 0.0, 0.0];
    assert_eq!(solve_dense(matrix, vec![6.0, 8.0, 10.0]), Some(vec![2.0, 3.0, 2.0]));
}

#[test]
fn small_pivots_do_not_spoil_the_solution() {
    // Without an exchange the first elimination cancels the one in the last row: the solution would be (0, 1).
    let found = solve_dense(vec![1e-11, 1.0, 1.0, 1.0], vec![1.0, 2.0]).unwrap();
    assert!((found[0] - (1.0 + 1e-11)).abs() < 1e-15 && (found[1] - (1.0 - 1e-11)).abs() < 1e-15, "{found:?}");
}

#[test]
fn singular_systems_have_no_solution() {
    assert_eq!(solve_dense(vec![1.0, 2.0, 2.0, 4.0], vec![1.0, 2.0]), None);
    assert_eq!(solve_dense(vec![0.0], vec![0.0]), None);
    assert_eq!(solve_dense(vec![f64::NAN, 1.0, 1.0, 2.0], vec![1.0, 2.0]), None);
    assert_eq!(solve_dense(vec![], vec![]), Some(vec![]));
}

proptest! {
    #[test]
    fn the_solution_meets_the_equations(
        (n, matrix, solution) in (1_usize..12).prop_flat_map(|n| {
            (Just(n), prop::collection::vec(-1.0..1.0, n * n), prop::collection::vec(-1.0..1.0, n))
        }),
    ) {
        // A dominant entry per row, off the diagonal, keeps the condition number small.
        let mut matrix: Vec<f64> = matrix;
        (0..n).for_each(|row| matrix[row * n + (row + 1) % n] += 2.0 * n as f64);
        let right = matrix.chunks_exact(n).map(|row| row.iter().zip(&solution).map(|(a, x): (_, &f64)| a * x).sum()).collect();
        let found = solve_dense(matrix, right).unwrap();
        for (found, expected) in found.iter().zip(&solution) {
            prop_assert!((found - expected).abs() < 1e-13, "{} {}", found, expected);
        }
    }
}
