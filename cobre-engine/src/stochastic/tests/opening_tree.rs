use proptest::prelude::*;

use crate::stochastic::{
    Correlation, CorrelationFactors, CorrelationGroup, OpeningMethod, OpeningTree, OpeningTreeError,
    standard_normal_quantile,
};

const SAA: OpeningMethod = OpeningMethod::Saa;
const LHS: OpeningMethod = OpeningMethod::Lhs;

fn independent(seed: u64, dimension: usize, stages: &[(i32, usize, OpeningMethod)]) -> OpeningTree {
    OpeningTree::generate(seed, dimension, stages, &Correlation::default()).unwrap()
}

#[test]
fn draws_do_not_change_between_versions() {
    // Computed by a second implementation in Python, with 40 digits.
    let tree = independent(42, 2, &[(3, 2, SAA), (-1, 1, SAA)]);
    let expected =
        [-0.136_720_316_630_090_6, -1.197_764_473_920_271_5, -0.054_266_483_717_833_82, -0.390_894_231_401_444_97];
    for (found, expected) in tree.noise(0, 0).iter().chain(tree.noise(0, 1)).zip(expected) {
        assert!((found - expected).abs() < 1e-15, "{found} {expected}");
    }
    assert!((tree.noise(1, 0)[0] - 1.136_458_481_104_772).abs() < 2e-15);
}

#[test]
fn given_values_are_kept() {
    let tree = OpeningTree::from_values(2, vec![vec![1.0, 2.0, 3.0, 4.0], vec![5.0, 6.0]]).unwrap();
    assert_eq!((tree.n_stages(), tree.dimension()), (2, 2));
    assert_eq!((tree.n_openings(0), tree.n_openings(1)), (2, 1));
    assert_eq!(tree.noise(0, 1), [3.0, 4.0]);
    assert_eq!(tree.noise(1, 0), [5.0, 6.0]);
    assert_eq!(tree.values(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert!(std::panic::catch_unwind(|| tree.noise(0, 2).len()).is_err(), "an opening of the next stage");
}

#[test]
fn broken_values_are_refused() {
    let full = vec![0.0; 3];
    assert_eq!(
        OpeningTree::from_values(3, vec![full.clone(), vec![0.0; 4]]),
        Err(OpeningTreeError::Shape { stage: 1, expected: 6, found: 4 })
    );
    assert_eq!(OpeningTree::from_values(3, vec![full, vec![]]), Err(OpeningTreeError::NoOpenings { stage: 1 }));
    assert_eq!(
        OpeningTree::from_values(2, vec![vec![0.0, 0.0, 0.0, f64::INFINITY]]),
        Err(OpeningTreeError::NotFinite { stage: 0, opening: 1, component: 1, value: f64::INFINITY })
    );
    assert_eq!(
        OpeningTree::from_values(0, vec![vec![], vec![1.0]]),
        Err(OpeningTreeError::Shape { stage: 1, expected: 0, found: 1 })
    );
    assert_eq!(
        OpeningTree::generate(1, 2, &[(0, 3, SAA), (1, 0, LHS)], &Correlation::default()),
        Err(OpeningTreeError::NoOpenings { stage: 1 })
    );
    let group = CorrelationGroup { components: vec![2], matrix: vec![1.0] };
    let correlation = Correlation { profiles: vec![vec![group]], stage_profile: vec![Some(0)] };
    let found = OpeningTree::generate(1, 2, &[(0, 3, SAA)], &correlation);
    assert!(matches!(found, Err(OpeningTreeError::Correlation { .. })), "{found:?}");
}

#[test]
fn a_tree_without_noise_has_openings() {
    let tree = independent(1, 0, &[(0, 3, SAA), (1, 5, LHS)]);
    assert_eq!((tree.n_openings(0), tree.n_openings(1)), (3, 5));
    assert!(tree.noise(1, 4).is_empty());
    let given = OpeningTree::from_values(0, vec![vec![], vec![]]).unwrap();
    assert_eq!((given.n_stages(), given.n_openings(1)), (2, 1));
    assert!(given.noise(1, 0).is_empty());
}

#[test]
fn openings_show_the_correlation() {
    let matrix = vec![1.0, 0.7, -0.3, 0.7, 1.0, 0.1, -0.3, 0.1, 1.0];
    let group = CorrelationGroup { components: vec![0, 1, 3], matrix: matrix.clone() };
    let correlation = Correlation { profiles: vec![vec![group]], stage_profile: vec![Some(0)] };
    let n = 40_000;
    for method in [SAA, LHS] {
        let tree = OpeningTree::generate(9, 4, &[(0, n, method)], &correlation).unwrap();
        let moment = |i: usize, j: usize| {
            (0..n).map(|opening| tree.noise(0, opening)).map(|eta| eta[i] * eta[j]).sum::<f64>() / n as f64
        };
        for (i, &first) in [0, 1, 3].iter().enumerate() {
            assert!(moment(first, 2).abs() < 0.025, "{method:?}");
            for (j, &second) in [0, 1, 3].iter().enumerate() {
                let found = moment(first, second);
                assert!((found - matrix[i * 3 + j]).abs() < 0.035, "{method:?} {first} {second}: {found}");
            }
        }
    }
}

#[test]
fn strata_are_ordered_at_random_and_by_component() {
    let n = 2000;
    let tree = independent(3, 2, &[(0, n, LHS), (1, n, LHS)]);
    let draws = |stage: usize, component: usize| -> Vec<f64> {
        (0..n).map(|opening| tree.noise(stage, opening)[component]).collect()
    };
    let (first, second, later) = (draws(0, 0), draws(0, 1), draws(1, 0));
    let mut next = first.clone();
    next.rotate_left(1);
    // Four standard errors of independent draws.
    let limit = 4.0 / (n as f64).sqrt();
    for other in [second, later, next] {
        let correlation = first.iter().zip(&other).map(|(a, b)| a * b).sum::<f64>() / n as f64;
        assert!(correlation.abs() < limit, "{correlation}");
    }
}

proptest! {
    #[test]
    fn every_stratum_holds_one_draw(seed: u64, stage_id in -20..200, n in 1_usize..60, dimension in 1_usize..4) {
        let tree = independent(seed, dimension, &[(stage_id, n, LHS)]);
        for component in 0..dimension {
            let mut values: Vec<f64> = (0..n).map(|opening| tree.noise(0, opening)[component]).collect();
            values.sort_by(f64::total_cmp);
            for (stratum, value) in values.into_iter().enumerate() {
                let limit = |position: usize| standard_normal_quantile(position as f64 / n as f64);
                prop_assert!(value.is_finite() && limit(stratum) <= value && value <= limit(stratum + 1));
            }
        }
    }

    #[test]
    fn a_stage_keeps_its_draws_whatever_surrounds_it(seed: u64, n in 1_usize..20, more in 1_usize..20, dimension in 1_usize..5) {
        let alone = independent(seed, dimension, &[(4, n, SAA), (5, n, LHS)]);
        let stages = [(-3, 2, LHS), (5, n, LHS), (4, n + more, SAA), (9, 3, SAA)];
        let wider = independent(seed, dimension + 2, &stages);
        for opening in 0..n {
            prop_assert_eq!(alone.noise(0, opening), &wider.noise(2, opening)[..dimension]);
            prop_assert_eq!(alone.noise(1, opening), &wider.noise(1, opening)[..dimension]);
        }
    }

    #[test]
    fn a_correlated_tree_is_the_independent_tree_times_the_root(seed: u64, rho in -1.0..1.0) {
        let group = CorrelationGroup { components: vec![2, 0], matrix: vec![1.0, rho, rho, 1.0] };
        let correlation = Correlation { profiles: vec![vec![group]], stage_profile: vec![None, Some(0)] };
        let stages = [(0, 3, SAA), (1, 4, LHS)];
        let correlated = OpeningTree::generate(seed, 3, &stages, &correlation).unwrap();
        let plain = independent(seed, 3, &stages);
        let factors = CorrelationFactors::new(&correlation).unwrap();
        for (stage, &(_, n_openings, _)) in stages.iter().enumerate() {
            for opening in 0..n_openings {
                let mut noise = plain.noise(stage, opening).to_vec();
                factors.apply(stage, &mut noise);
                prop_assert_eq!(correlated.noise(stage, opening), noise);
            }
        }
    }
}
