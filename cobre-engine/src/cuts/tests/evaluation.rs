use crate::cuts::{BindingCut, CutActivity, CutOrigin, CutPool, States, StoredCut};
use crate::simd::at_every_level;
use crate::test_models::SplitMix64;

/// A pool of cuts without a pattern, every `gap`-th of which is not active.
fn random_pool(random: &mut SplitMix64, n_cuts: usize, dimension: usize, gap: usize) -> CutPool {
    let rows: Vec<Vec<f64>> =
        (0..n_cuts).map(|_| (0..=dimension).map(|_| random.uniform(-1.0, 1.0).powi(3)).collect()).collect();
    let stored = rows.iter().enumerate().map(|(id, row)| StoredCut {
        intercept: row[0],
        coefficients: &row[1..],
        origin: CutOrigin::GIVEN,
        activity: CutActivity::default(),
        is_active: id % gap != gap - 1,
    });
    CutPool::from_cuts(dimension, stored).expect("finite cuts")
}

/// The definition, state by state.
fn one_by_one(pool: &CutPool, state: &[f64]) -> BindingCut {
    let mut heights = Vec::new();
    pool.evaluate(state, &mut heights);
    let future_cost = pool.future_cost(state);
    let id = heights.iter().position(|&height| height > 0.0 && height == future_cost);
    BindingCut { future_cost, id: id.map(|id| id as u32) }
}

#[test]
fn many_states_are_bit_by_bit_what_each_is_alone() {
    at_every_level(|| {
        let mut random = SplitMix64::new(5);
        let sizes = [
            (0, 3),
            (1, 0),
            (9, 0),
            (1, 1),
            (7, 2),
            (8, 3),
            (17, 5),
            (24, 16),
            (100, 7),
            (333, 64),
            (1000, 33),
            (3000, 13),
            (1000, 160),
            (200, 200),
        ];
        for (n_cuts, dimension) in sizes {
            for gap in [2, 7, usize::MAX] {
                let pool = random_pool(&mut random, n_cuts, dimension, gap);
                for n_states in [0, 1, 8, 61] {
                    let rows: Vec<f64> = (0..n_states * dimension).map(|_| random.uniform(-2.0, 2.0)).collect();
                    let state = |k: usize| &rows[k * dimension..(k + 1) * dimension];
                    let expected: Vec<BindingCut> = (0..n_states).map(|k| one_by_one(&pool, state(k))).collect();
                    let bits = |found: &[BindingCut]| -> Vec<(u64, Option<u32>)> {
                        found.iter().map(|found| (found.future_cost.to_bits(), found.id)).collect()
                    };
                    let by_row = States::from_rows(&rows, dimension, n_states);
                    assert_eq!(bits(&pool.binding_cuts(by_row)), bits(&expected), "{n_cuts} cuts, {dimension}");
                    let columns: Vec<Vec<f64>> =
                        (0..dimension).map(|j| (0..n_states).map(|k| state(k)[j]).collect()).collect();
                    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
                    let by_column = States::from_columns(&columns, n_states);
                    assert_eq!(bits(&pool.binding_cuts(by_column)), bits(&expected));
                    let selected: Vec<u32> = (0..n_states as u32).rev().step_by(3).collect();
                    let some: Vec<BindingCut> = selected.iter().map(|&k| expected[k as usize]).collect();
                    for states in [by_row, by_column] {
                        assert_eq!(bits(&pool.binding_cuts(states.select(&selected))), bits(&some));
                    }
                }
            }
        }
    });
}

#[test]
fn of_equal_cuts_the_first_is_binding_and_none_at_zero() {
    at_every_level(|| {
        let cut = |intercept: f64| StoredCut {
            intercept,
            coefficients: &[1.0],
            origin: CutOrigin::GIVEN,
            activity: CutActivity::default(),
            is_active: true,
        };
        let pool = CutPool::from_cuts(1, (0..40).map(|id| cut(if id % 13 == 5 { 2.0 } else { 1.0 }))).expect("cuts");
        let found = pool.binding_cuts(States::from_rows(&[0.0, -2.0, -3.0, 1.0], 1, 4));
        let binding = |future_cost: f64, id: Option<u32>| BindingCut { future_cost, id };
        assert_eq!(found, [binding(2.0, Some(5)), binding(0.0, None), binding(0.0, None), binding(3.0, Some(5))]);
    });
}

#[test]
fn more_states_than_a_pass_holds_are_all_met() {
    let pool = random_pool(&mut SplitMix64::new(9), 20, 3, 4);
    let mut random = SplitMix64::new(10);
    let n_states = 40_003;
    let rows: Vec<f64> = (0..n_states * 3).map(|_| random.uniform(-2.0, 2.0)).collect();
    let found = pool.binding_cuts(States::from_rows(&rows, 3, n_states));
    assert_eq!(found.len(), n_states);
    for (found, state) in found.iter().zip(rows.chunks_exact(3)) {
        assert_eq!(*found, one_by_one(&pool, state));
    }
}
