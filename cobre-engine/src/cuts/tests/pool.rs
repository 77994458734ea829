use crate::cuts::{Addition, CutActivity, CutOrigin, CutPool, StoredCut};
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

#[test]
fn recent_cuts_come_first_and_hide_no_other() {
    let mut random = SplitMix64::new(11);
    let mut pool = CutPool::new(2);
    for iteration in 1..=100 {
        for trajectory in 0..40 {
            // Tangents of x² + y², so that every cut is highest somewhere.
            let (x, y) = (random.uniform(-1.0, 1.0), random.uniform(-1.0, 1.0));
            pool.add(-x * x - y * y, &[2.0 * x, 2.0 * y], CutOrigin { iteration, trajectory });
        }
    }
    pool.count_binding(100, &[(3, 1), (77, 2)]);
    let is_recent = |id: u32| pool.origin(id).iteration + 16 > 100 || pool.activity(id).last_iteration + 16 > 100;
    assert!(
        pool.n_active() > 1024 && pool.active_ids().iter().filter(|id| is_recent(**id)).count() * 4 < pool.n_active()
    );
    let (mut high, mut highest) = (Vec::new(), Vec::new());
    let (mut n_recent, mut n_others, mut n_none) = (0, 0, 0);
    for _ in 0..500 {
        let state = [random.uniform(-1.0, 1.0), random.uniform(-1.0, 1.0)];
        let limit = state[0] * state[0] + state[1] * state[1] - 10f64.powf(random.uniform(-6.0, -1.0));
        for n in [1, 4] {
            pool.high(pool.base(), &state, limit, n, &mut high);
            pool.highest(pool.base(), &state, limit, pool.len(), &mut highest);
            assert_eq!(high.is_empty(), highest.is_empty(), "a cut above the limit was not found");
            let recent: Vec<_> = highest.iter().copied().filter(|&(_, id)| is_recent(id)).take(n).collect();
            if recent.is_empty() {
                assert_eq!(high, highest[..n.min(highest.len())]);
                n_others += usize::from(!high.is_empty());
                n_none += usize::from(high.is_empty());
            } else {
                assert_eq!(high, recent);
                n_recent += 1;
            }
        }
    }
    assert!(n_recent > 50 && n_others > 50 && n_none > 50, "{n_recent}, {n_others}, {n_none}");
}
