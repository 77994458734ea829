//! Every cut lies below the exact cost-to-go, wherever the study can go.

use cobre_engine::InflowNonNegativity;
use cobre_engine::risk::RiskMeasure;
use cobre_engine::test_models::{ExtensiveForm, RandomStudy};

use crate::setting::{make_judge, train_with};
use crate::states::States;

/// States that are tried per stage.
const N_STATES: usize = 15;

/// Trains, then compares all cuts of every stage with the exact cost-to-go at random states.
fn judge(name: &str, shape: &RandomStudy) {
    let study = shape.build();
    let (result, _) = train_with(&study, 25, 3, 1).expect("training");
    let policy = &result.state.policy;
    let mut states = States::new(&study, shape.seed);
    let mut solver = make_judge();
    for t in 0..study.system.n_stages() - 1 {
        let pool = &policy.pools[t];
        let mut values = Vec::new();
        let mut closest = f64::INFINITY;
        for _ in 0..N_STATES {
            let state = states.draw(t + 1);
            let exact =
                ExtensiveForm::value(&study, t + 1, &state.storage_hm3, &state.lags_m3s, solver.as_mut()).expect(name);
            pool.evaluate(&state.to_vector(&policy.states), &mut values);
            for (id, value) in values[..pool.len()].iter().enumerate() {
                assert!(
                    *value <= exact + 1e-8 * exact.abs().max(1.0),
                    "{name}: cut {id} of stage {t} is {value} where the cost-to-go is {exact}, at {state:?}"
                );
            }
            closest = closest.min((exact - pool.future_cost(&state.to_vector(&policy.states))) / exact.abs().max(1.0));
        }
        // Cuts that lay far below everywhere would pass the test above, and be of no use.
        assert!(closest < 0.1, "{name}: no cut of stage {t} comes nearer to the cost-to-go than {closest:e}");
    }
    let last = policy.pools.last().expect("a study has stages");
    assert!(last.is_empty(), "{name}: the last stage has no cost-to-go, so it has no cuts");
}

#[test]
fn without_memory_and_with_memory() {
    for ar_order in 0..=2 {
        let shape = RandomStudy { seed: 100 + ar_order as u64, ar_order, ..RandomStudy::default() };
        judge(&format!("AR({ar_order})"), &shape);
    }
}

#[test]
fn under_risk_aversion_and_discount() {
    let risk_measure = |t| match t {
        0 => RiskMeasure::Cvar { alpha: 0.5, lambda: 0.6 },
        1 => RiskMeasure::Expectation,
        _ => RiskMeasure::Cvar { alpha: 0.3, lambda: 1.0 },
    };
    let shape =
        RandomStudy { seed: 110, ar_order: 1, risk_measure, annual_discount_rate: 0.15, ..RandomStudy::default() };
    judge("CVaR, discount, AR(1)", &shape);
}

#[test]
fn with_blocks_buses_limits_and_load_noise() {
    let shape = RandomStudy {
        seed: 120,
        n_hydros: 3,
        n_blocks: 2,
        n_buses: 2,
        n_stages: 3,
        ar_order: 2,
        load_variation: 0.1,
        operational_limits: true,
        ..RandomStudy::default()
    };
    judge("limits, AR(2)", &shape);
}

#[test]
fn where_truncated_inflow_has_memory() {
    for (seed, ar_order) in [(130, 1), (131, 2)] {
        for non_negativity in [InflowNonNegativity::Truncation, InflowNonNegativity::TruncationWithPenalty] {
            let shape = RandomStudy { seed, ar_order, non_negativity, inflow_variation: 1.0, ..RandomStudy::default() };
            judge(&format!("{non_negativity:?}, AR({ar_order})"), &shape);
        }
    }
}
