use proptest::prelude::*;

use crate::stochastic::{Correlation, CorrelationError, CorrelationFactors, CorrelationGroup};

fn group(components: &[usize], matrix: &[f64]) -> CorrelationGroup {
    CorrelationGroup { components: components.to_vec(), matrix: matrix.to_vec() }
}

fn product(n: usize, a: &[f64], b: &[f64]) -> Vec<f64> {
    let entry = |i: usize, j: usize| (0..n).map(|k| a[i * n + k] * b[k * n + j]).sum();
    (0..n * n).map(|position| entry(position / n, position % n)).collect()
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

/// The correlation matrix of `n` mixtures of `rank` independent sources.
fn correlation_of_mixtures(n: usize, rank: usize, loadings: &[f64]) -> Vec<f64> {
    let norm = |i: usize| loadings[i * rank..(i + 1) * rank].iter().map(|x| x * x).sum::<f64>().sqrt();
    let entry = |i: usize, j: usize| {
        let sum: f64 = (0..rank).map(|k| loadings[i * rank + k] * loadings[j * rank + k]).sum();
        if i == j { 1.0 } else { sum / (norm(i) * norm(j)) }
    };
    (0..n * n).map(|position| entry(position / n, position % n)).collect()
}

fn correlation_matrix() -> impl Strategy<Value = (usize, Vec<f64>)> {
    (1_usize..9, 1_usize..9).prop_flat_map(|(n, rank)| {
        let loading = prop_oneof![-1.0..-0.05, 0.05..1.0];
        prop::collection::vec(loading, n * rank).prop_map(move |l| (n, correlation_of_mixtures(n, rank, &l)))
    })
}

#[test]
fn the_root_of_two_components_is_known() {
    for rho in [-1.0, -0.9, 0.0, 0.3, 1.0_f64] {
        let root = group(&[0, 1], &[1.0, rho, rho, 1.0]).square_root().unwrap();
        let (sum, difference) = ((1.0 + rho).sqrt(), (1.0 - rho).sqrt());
        let (diagonal, mixed) = (f64::midpoint(sum, difference), f64::midpoint(sum, -difference));
        assert!(largest_difference(&root, &[diagonal, mixed, mixed, diagonal]) < 1e-15, "rho {rho}: {root:?}");
    }
}

#[test]
fn negative_eigenvalues_are_cut_off() {
    // Eigenvalues 3 on (1, 1)/√2 and −1 on (1, −1)/√2.
    let root = group(&[0, 1], &[1.0, 2.0, 2.0, 1.0]).square_root().unwrap();
    assert!(largest_difference(&root, &[3.0_f64.sqrt() / 2.0; 4]) < 1e-15, "{root:?}");
}

#[test]
fn a_matrix_of_ones_has_rank_one() {
    let root = group(&[0, 1, 2], &[1.0; 9]).square_root().unwrap();
    assert!(largest_difference(&root, &[1.0 / 3.0_f64.sqrt(); 9]) < 1e-14, "{root:?}");
}

#[test]
fn large_matrices_converge() {
    let n = 160_usize;
    let matrix: Vec<f64> =
        (0..n * n).map(|position| 0.95_f64.powi((position / n).abs_diff(position % n) as i32)).collect();
    let root = group(&(0..n).collect::<Vec<_>>(), &matrix).square_root().unwrap();
    assert!(largest_difference(&product(n, &root, &root), &matrix) < 1e-12);
}

#[test]
fn groups_are_applied_alone_and_by_stage() {
    let one = group(&[3, 1], &[1.0, 0.6, 0.6, 1.0]);
    let two = group(&[0, 4], &[1.0, -0.2, -0.2, 1.0]);
    let [root_one, root_two] = [&one, &two].map(|group| group.square_root().unwrap());
    let correlation = Correlation {
        profiles: vec![vec![one.clone()], vec![group(&[], &[]), one, two]],
        stage_profile: vec![Some(1), None, Some(0)],
    };
    let factors = CorrelationFactors::new(&correlation).unwrap();
    factors.check(3, 5).unwrap();
    let noise = [0.5, -1.0, 2.0, 0.25, 3.0];
    let apply = |stage| {
        let mut correlated = noise;
        factors.apply(stage, &mut correlated);
        correlated
    };
    let three = root_one[0] * noise[3] + root_one[1] * noise[1];
    let first = root_one[2] * noise[3] + root_one[3] * noise[1];
    let zeroth = root_two[0] * noise[0] + root_two[1] * noise[4];
    let four = root_two[2] * noise[0] + root_two[3] * noise[4];
    assert_eq!(apply(0), [zeroth, first, 2.0, three, four]);
    assert_eq!(apply(1), noise);
    assert_eq!(apply(2), [0.5, first, 2.0, three, 3.0]);
}

#[test]
fn a_correlation_without_profiles_leaves_the_noise_alone() {
    let factors = CorrelationFactors::new(&Correlation::default()).unwrap();
    factors.check(12, 2).unwrap();
    let mut noise = [1.0, 2.0];
    factors.apply(7, &mut noise);
    assert_eq!(noise, [1.0, 2.0]);
}

#[test]
fn broken_correlations_are_refused() {
    let of = |groups: Vec<CorrelationGroup>, stage_profile: Vec<Option<usize>>| {
        CorrelationFactors::new(&Correlation { profiles: vec![groups], stage_profile })
    };
    let identity = |components: &[usize]| group(components, &[1.0, 0.0, 0.0, 1.0]);
    assert_eq!(
        of(vec![identity(&[0, 1]), group(&[2, 3], &[1.0; 3])], vec![]),
        Err(CorrelationError::Shape { group: 1, expected: 4, found: 3 })
    );
    assert_eq!(
        of(vec![group(&[0, 1], &[1.0, 0.5, 0.4, 1.0])], vec![]),
        Err(CorrelationError::NotSymmetric { group: 0, row: 1, column: 0, found: 0.4, mirror: 0.5 })
    );
    for entry in [f64::NAN, f64::INFINITY] {
        let found = of(vec![group(&[0, 1], &[1.0, entry, entry, 1.0])], vec![]);
        assert!(matches!(found, Err(CorrelationError::NotSymmetric { row: 1, column: 0, .. })), "{found:?}");
    }
    assert_eq!(
        of(vec![identity(&[0, 1]), identity(&[2, 1])], vec![]),
        Err(CorrelationError::RepeatedComponent { profile: 0, component: 1 })
    );
    assert_eq!(
        of(vec![], vec![None, Some(1)]),
        Err(CorrelationError::UnknownProfile { stage: 1, profile: 1, n_profiles: 1 })
    );
    let factors = of(vec![identity(&[0, 5])], vec![Some(0)]).unwrap();
    assert_eq!(factors.check(2, 6), Err(CorrelationError::StageCount { expected: 2, found: 1 }));
    assert_eq!(factors.check(1, 5), Err(CorrelationError::UnknownComponent { profile: 0, component: 5, dimension: 5 }));
}

proptest! {
    #[test]
    fn the_root_squared_is_the_matrix((n, matrix) in correlation_matrix(), probe in prop::collection::vec(-1.0..1.0, 8)) {
        let root = group(&(0..n).collect::<Vec<_>>(), &matrix).square_root().unwrap();
        prop_assert!(largest_difference(&product(n, &root, &root), &matrix) < 1e-13 * n as f64);
        for i in 0..n {
            for j in 0..n {
                prop_assert_eq!(root[i * n + j], root[j * n + i]);
            }
        }
        // Of all roots it is the positive semidefinite one.
        let form: f64 = (0..n * n).map(|position| probe[position / n] * root[position] * probe[position % n]).sum();
        prop_assert!(form >= -1e-13, "{}", form);
    }
}
