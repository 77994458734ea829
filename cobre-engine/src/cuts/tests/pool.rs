use crate::cuts::{Addition, CutActivity, CutOrigin, CutPool, StoredCut, TreeRoom};
use crate::simd::at_every_level;
use crate::test_models::SplitMix64;

const ORIGIN: CutOrigin = CutOrigin { iteration: 1, trajectory: 0 };

fn entered(id: u32) -> Addition {
    Addition::Entered { id, n_replaced: 0 }
}

#[test]
fn ids_are_positions_and_values_are_affine() {
    let mut pool = CutPool::new(2);
    for i in 0..20u32 {
        assert_eq!(pool.add(f64::from(i), &[f64::from(i), -1.0], ORIGIN), entered(i));
    }
    let mut values = Vec::new();
    pool.evaluate(&[2.0, 3.0], &mut values);
    for i in 0..20 {
        assert_eq!(values[i], i as f64 * 3.0 - 3.0);
    }
    assert_eq!(values.len(), 24);
    assert!(values[20..].iter().all(|value| *value == f64::NEG_INFINITY));
    let mut coefficients = Vec::new();
    pool.write_coefficients(13, &mut coefficients);
    assert_eq!((pool.intercept(13), coefficients.as_slice()), (13.0, &[13.0, -1.0][..]));
    assert_eq!(pool.future_cost(&[2.0, 3.0]), 54.0);
    assert_eq!(pool.future_cost(&[0.0, 100.0]), 0.0);
}

#[test]
fn of_parallel_cuts_the_highest_stays() {
    let mut pool = CutPool::new(1);
    assert_eq!(pool.add(1.0, &[2.0], ORIGIN), entered(0));
    assert_eq!(pool.add(1.0, &[2.0], ORIGIN), Addition::Merged);
    assert_eq!(pool.add(0.5, &[2.0 + 1e-13], ORIGIN), Addition::Merged);
    assert_eq!(pool.add(0.5, &[2.1], ORIGIN), entered(1));
    assert_eq!(pool.add(1.5, &[2.0], ORIGIN), Addition::Entered { id: 2, n_replaced: 1 });
    assert_eq!((pool.len(), pool.active_ids()), (3, &[1, 2][..]));
    assert_eq!((pool.intercept(0), pool.future_cost(&[1.0])), (1.0, 3.5));
    // Farther apart than rounding: neither gives way.
    assert_eq!(pool.add(9.0, &[2.0 * (1.0 + 1e-11)], ORIGIN), entered(3));
    assert!(pool.is_active(2));
}

#[test]
fn a_pool_is_rebuilt_from_its_columns() {
    let mut pool = CutPool::new(3);
    for i in 0..21u32 {
        let origin = CutOrigin { iteration: i / 4 + 1, trajectory: i % 4 };
        assert_eq!(pool.add(-f64::from(i), &[0.1 * f64::from(i), -1.0, f64::from(i % 3)], origin), entered(i));
    }
    pool.count_binding(2, &[(3, 5), (20, 1)]);
    pool.count_binding(7, &[(3, 2)]);
    assert_eq!(pool.activity(3), CutActivity { times_binding: 7, last_iteration: 7 });
    assert_eq!(pool.activity(20), CutActivity { times_binding: 1, last_iteration: 2 });
    assert_eq!(pool.activity(4), CutActivity::default());
    pool.deactivate(&[19, 4]);
    let columns: Vec<Vec<f64>> = (0..3).map(|j| pool.component(j).collect()).collect();
    let rows: Vec<Vec<f64>> = (0..21).map(|i| columns.iter().map(|column| column[i]).collect()).collect();
    let cuts = pool.intercepts().zip(&rows).zip(pool.origins()).zip(pool.activities());
    let active: Vec<bool> = (0..21).map(|id| pool.is_active(id)).collect();
    let again = CutPool::from_cuts(
        3,
        cuts.zip(active).map(|((((intercept, coefficients), &origin), &activity), is_active)| StoredCut {
            intercept,
            coefficients,
            origin,
            activity,
            is_active,
        }),
    );
    assert_eq!(again.as_ref(), Ok(&pool));
    let given = pool.clone().into_given();
    assert!(given.origins().iter().all(|origin| *origin == CutOrigin::GIVEN));
    assert!(given.activities().iter().all(|activity| *activity == CutActivity::default()));
    assert!(given.intercepts().eq(pool.intercepts()));
}

#[test]
fn a_stored_cut_keeps_its_id_even_if_dominated_and_a_malformed_one_is_refused() {
    let cut = |intercept, coefficients| StoredCut {
        intercept,
        coefficients,
        origin: ORIGIN,
        activity: CutActivity::default(),
        is_active: true,
    };
    let pool = CutPool::from_cuts(1, [cut(1.0, &[2.0]), cut(1.0, &[2.0]), cut(0.5, &[2.0])]).expect("cuts");
    assert_eq!((pool.len(), pool.intercept(2)), (3, 0.5));
    for bad in [cut(1.0, &[2.0, 3.0]), cut(1.0, &[]), cut(f64::NAN, &[2.0]), cut(1.0, &[f64::INFINITY])] {
        let refused = CutPool::from_cuts(1, [cut(1.0, &[2.0]), bad]).expect_err("a malformed cut");
        assert!(refused.to_string().contains("cut 1 "), "{refused}");
    }
}

/// Tangents of `Σ x_j²` in `dimension` components, so that every cut is highest somewhere; rounded to `1 / grid`, so that
/// heights are equal often.
fn tangents(random: &mut SplitMix64, pool: &mut CutPool, n: usize, iteration: u32, grid: f64) {
    for trajectory in 0..n as u32 {
        let point: Vec<f64> =
            (0..pool.dimension()).map(|_| (random.uniform(-1.0, 1.0) * grid).round() / grid).collect();
        let slopes: Vec<f64> = point.iter().map(|x| 2.0 * x).collect();
        let square: f64 = point.iter().map(|x| x * x).sum();
        pool.add(1e3 - square, &slopes, CutOrigin { iteration, trajectory });
    }
}

/// What a tree finds, and what a look at every cut finds.
fn searches(pool: &CutPool, state: &[f64], limit: f64, n: usize, room: &mut TreeRoom) -> [Vec<(f64, u32)>; 2] {
    let (mut by_tree, mut by_look) = (Vec::new(), Vec::new());
    pool.highest_at(state, limit, n, room, &mut by_tree);
    pool.highest(pool.base(), state, limit, n, &mut by_look);
    [by_tree, by_look]
}

#[test]
fn a_tree_finds_what_a_look_at_every_cut_finds() {
    at_every_level(|| {
        let mut random = SplitMix64::new(11);
        let mut room = TreeRoom::default();
        let mut n_found = [0; 5];
        for dimension in (1..=13).chain([31, 64]) {
            for grid in [4.0, 1e9] {
                let mut pool = CutPool::new(dimension);
                tangents(&mut random, &mut pool, 400, 1, grid);
                for round in 0..4 {
                    // Cuts that come after the tree was made, and cuts that go.
                    tangents(&mut random, &mut pool, 1 + 13 * round, 2, grid);
                    let gone: Vec<u32> =
                        pool.active_ids().iter().copied().filter(|id| id % 41 == round as u32).collect();
                    pool.deactivate(&gone);
                    if round == 2 {
                        let centre: Vec<f64> = (0..dimension).map(|_| random.uniform(-0.5, 0.5)).collect();
                        pool.arrange(&centre, &vec![0.3; dimension]);
                    }
                    for _ in 0..20 {
                        let state: Vec<f64> =
                            (0..dimension).map(|_| (random.uniform(-1.0, 1.0) * grid).round() / grid).collect();
                        let highest = pool.future_cost(&state);
                        let below = highest - 10f64.powf(random.uniform(-9.0, 1.0));
                        for limit in [f64::NEG_INFINITY, below, highest, highest + 1e-9] {
                            for n in [0, 1, 4, 30] {
                                let [by_tree, by_look] = searches(&pool, &state, limit, n, &mut room);
                                assert_eq!(by_tree, by_look, "{dimension} components, {n} above {limit}");
                                n_found[by_look.len().min(4)] += 1;
                            }
                        }
                    }
                }
            }
        }
        assert!(n_found.iter().all(|&n| n > 50), "{n_found:?}");
    });
}

#[test]
fn a_tree_finds_cuts_whose_bounds_are_lost_in_rounding() {
    // Intercepts that cancel against slopes times a state far from zero: heights are some ten thousand times smaller.
    let mut random = SplitMix64::new(5);
    let mut pool = CutPool::new(3);
    let far = [3e5, -2e5, 1e5];
    for trajectory in 0..600 {
        let slopes = [0, 1, 2].map(|_| random.uniform(-1e3, 1e3));
        let at_far: f64 = slopes.iter().zip(&far).map(|(a, b)| a * b).sum();
        pool.add(random.uniform(0.0, 1e-3) - at_far, &slopes, CutOrigin { iteration: 1, trajectory });
    }
    let mut room = TreeRoom::default();
    for _ in 0..500 {
        let state = far.map(|x| x + random.uniform(-1.0, 1.0) * 1e-9 * x.abs());
        for n in [1, 8] {
            let highest = pool.future_cost(&state);
            let [by_tree, by_look] = searches(&pool, &state, highest - 1e-4, n, &mut room);
            assert_eq!(by_tree, by_look);
            assert!(!by_tree.is_empty());
        }
    }
}

#[test]
fn a_tree_finds_no_cut_where_there_is_none() {
    at_every_level(|| {
        let mut random = SplitMix64::new(3);
        let mut room = TreeRoom::default();
        let mut pool = CutPool::new(2);
        tangents(&mut random, &mut pool, 83, 1, 1e9);
        while pool.n_active() > 0 {
            let state = [0, 1].map(|_| random.uniform(-1.0, 1.0));
            for limit in [f64::NEG_INFINITY, pool.future_cost(&state)] {
                let [by_tree, by_look] = searches(&pool, &state, limit, 100, &mut room);
                assert_eq!(by_tree, by_look, "{} cuts", pool.n_active());
            }
            // So few at a time that the tree is not made anew.
            let gone: Vec<u32> = pool.active_ids().iter().copied().take(7).collect();
            pool.deactivate(&gone);
        }
    });
}

#[test]
fn a_tree_finds_cuts_that_are_far_below_the_others_at_its_centre() {
    let mut random = SplitMix64::new(7);
    let mut room = TreeRoom::default();
    let mut pool = CutPool::new(3);
    tangents(&mut random, &mut pool, 600, 1, 1e9);
    // Some that are highest a hundred times as far away as states are said to be.
    for trajectory in 0..40 {
        let point = [0, 1, 2].map(|_| random.uniform(-100.0, 100.0));
        let square: f64 = point.iter().map(|x| x * x).sum();
        pool.add(1e3 - square, &point.map(|x| 2.0 * x), CutOrigin { iteration: 2, trajectory });
    }
    pool.arrange(&[0.1, 0.0, -0.1], &[1e-3; 3]);
    let mut n_late = 0;
    for k in 0..400 {
        let size = if k % 2 == 0 { 1.0 } else { 100.0 };
        let state = [0, 1, 2].map(|_| random.uniform(-size, size));
        let highest = pool.future_cost(&state);
        for (limit, n) in [(f64::NEG_INFINITY, 4), (highest - 1e-9, 1), (highest + 1e-9, 1)] {
            let [by_tree, by_look] = searches(&pool, &state, limit, n, &mut room);
            assert_eq!(by_tree, by_look);
            n_late += usize::from(by_look.first().is_some_and(|&(_, id)| id >= 600));
        }
    }
    assert!(n_late > 100, "only {n_late} cuts were highest far away");
}
