//! The converged lower bound equals the optimum of the extensive form, and no bound on the way exceeds it.

use cobre_engine::InflowNonNegativity;
use cobre_engine::risk::RiskMeasure;
use cobre_engine::test_models::{ExtensiveForm, RandomStudy};

use crate::setting::{make_judge, train_with};

/// Trains until the bound settles and compares it with the optimum; `exact`: it must be met, else only not exceeded
/// and come within `below` relative.
fn judge(name: &str, shape: &RandomStudy, iterations: u32, below: f64) {
    let study = shape.build();
    let mut solver = make_judge();
    let optimum = ExtensiveForm::optimum(&study, solver.as_mut()).expect("extensive form");
    let (result, records) = train_with(&study, iterations, 4, 1).expect("training");
    let mut last = f64::NEG_INFINITY;
    for record in &records {
        assert!(
            record.lower_bound <= optimum * (1.0 + 1e-8),
            "{name}: bound {} of iteration {} exceeds the optimum {optimum}",
            record.lower_bound,
            record.iteration
        );
        assert!(record.lower_bound >= last - 1e-8 * optimum.abs(), "{name}: the bound fell from {last}");
        last = record.lower_bound;
    }
    let difference = (optimum - result.lower_bound) / optimum;
    println!("{name:<44} optimum {optimum:>16.4} bound {:>16.4} difference {difference:>10.2e}", result.lower_bound);
    assert!(difference <= below, "{name}: bound {} lies {difference:e} below {optimum}", result.lower_bound);
}

const EXACT: f64 = 1e-6;

#[test]
fn white_noise_two_plants() {
    judge("white noise", &RandomStudy::default(), 60, EXACT);
}

#[test]
fn autoregressive_inflow_of_order_one_to_three() {
    for ar_order in 1..=3 {
        let shape = RandomStudy { seed: 10 + ar_order as u64, ar_order, n_hydros: 3, ..RandomStudy::default() };
        judge(&format!("AR({ar_order}), three plants"), &shape, 120, EXACT);
    }
}

#[test]
fn nested_cvar() {
    let risk_measure = |_| RiskMeasure::Cvar { alpha: 0.4, lambda: 0.5 };
    let shape = RandomStudy { seed: 21, ar_order: 1, risk_measure, ..RandomStudy::default() };
    judge("nested CVaR, AR(1)", &shape, 100, EXACT);
}

#[test]
fn risk_measure_that_differs_per_stage() {
    let risk_measure = |t| match t {
        0 => RiskMeasure::Expectation,
        1 => RiskMeasure::Cvar { alpha: 0.5, lambda: 1.0 },
        2 => RiskMeasure::Cvar { alpha: 0.2, lambda: 0.3 },
        _ => RiskMeasure::Cvar { alpha: 0.9, lambda: 0.9 },
    };
    let shape = RandomStudy { seed: 22, risk_measure, n_stages: 4, ..RandomStudy::default() };
    judge("CVaR per stage", &shape, 100, EXACT);
}

#[test]
fn discount_blocks_buses_and_load_noise() {
    let shape = RandomStudy {
        seed: 31,
        annual_discount_rate: 0.12,
        n_blocks: 3,
        n_buses: 2,
        load_variation: 0.1,
        ar_order: 2,
        ..RandomStudy::default()
    };
    judge("discount, 3 blocks, 2 buses, load noise", &shape, 120, EXACT);
}

#[test]
fn operational_limits_diversion_and_withdrawal() {
    let shape = RandomStudy {
        seed: 32,
        operational_limits: true,
        n_blocks: 2,
        n_hydros: 3,
        n_stages: 3,
        ar_order: 1,
        ..RandomStudy::default()
    };
    judge("operational limits, AR(1)", &shape, 120, EXACT);
}

#[test]
fn every_treatment_of_negative_inflow() {
    // White noise wide enough to go negative often.
    for (name, non_negativity) in [
        ("penalty", InflowNonNegativity::Penalty),
        ("truncation", InflowNonNegativity::Truncation),
        ("truncation with penalty", InflowNonNegativity::TruncationWithPenalty),
    ] {
        let shape = RandomStudy { seed: 41, non_negativity, inflow_variation: 1.1, ..RandomStudy::default() };
        judge(&format!("negative inflow: {name}"), &shape, 80, EXACT);
    }
    // `none` needs water at hand to absorb a negative inflow.
    let shape = RandomStudy {
        seed: 42,
        non_negativity: InflowNonNegativity::None,
        inflow_variation: 0.25,
        ar_order: 1,
        ..RandomStudy::default()
    };
    judge("negative inflow: none", &shape, 100, EXACT);
    let shape = RandomStudy { seed: 43, inflow_variation: 0.9, ar_order: 2, ..RandomStudy::default() };
    judge("negative inflow: penalty, AR(2)", &shape, 120, EXACT);
}

#[test]
fn truncation_with_lags_stays_below_the_optimum() {
    for (seed, ar_order) in [(51, 1), (52, 2), (53, 1)] {
        let shape = RandomStudy {
            seed,
            ar_order,
            non_negativity: InflowNonNegativity::Truncation,
            inflow_variation: 0.9,
            n_hydros: 2,
            ..RandomStudy::default()
        };
        judge(&format!("truncation, AR({ar_order})"), &shape, 100, 0.2);
    }
}
