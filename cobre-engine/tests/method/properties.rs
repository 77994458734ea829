//! What holds for every study, tried on random ones.

use std::collections::BTreeMap;

use cobre_engine::InflowNonNegativity;
use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::SimulationOptions;
use cobre_engine::simulation::simulate;
use cobre_engine::test_models::{ExtensiveForm, RandomStudy};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use crate::outcomes::Outcomes;
use crate::rebuilt::with_plants_in;
use crate::setting::{control, make_judge, train_with};

/// The same few cases every time.
fn cases(n: u32, seed: u64) -> Config {
    Config { cases: n, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() }
}

const RISK_MEASURES: [fn(usize) -> RiskMeasure; 3] = [
    |_| RiskMeasure::Expectation,
    |_| RiskMeasure::Cvar { alpha: 0.4, lambda: 0.6 },
    |t| if t % 2 == 0 { RiskMeasure::Expectation } else { RiskMeasure::Cvar { alpha: 0.5, lambda: 1.0 } },
];

fn shapes(
    n_openings: std::ops::RangeInclusive<usize>,
    non_negativity: &'static [InflowNonNegativity],
) -> impl Strategy<Value = RandomStudy> {
    let size = (1..=3usize, 1..=2usize, 1..=2usize, 2..=4usize, n_openings);
    let process = (0..=2usize, 0.3..1.0f64, prop::bool::ANY, prop::sample::select(non_negativity));
    let price = (prop::sample::select(&RISK_MEASURES[..]), prop::bool::ANY, prop::bool::ANY);
    (0..10_000u64, size, process, price).prop_map(|(seed, size, process, price)| RandomStudy {
        seed,
        n_hydros: size.0,
        n_buses: size.1,
        n_blocks: size.2,
        n_stages: size.3,
        n_openings: size.4,
        ar_order: process.0,
        inflow_variation: process.1,
        load_variation: if process.2 { 0.1 } else { 0.0 },
        non_negativity: process.3,
        risk_measure: price.0,
        annual_discount_rate: if price.1 { 0.12 } else { 0.0 },
        operational_limits: price.2,
        n_thermals: 3,
    })
}

const PENALTY: &[InflowNonNegativity] = &[InflowNonNegativity::Penalty];
const RECOURSE: &[InflowNonNegativity] =
    &[InflowNonNegativity::Penalty, InflowNonNegativity::Truncation, InflowNonNegativity::TruncationWithPenalty];

proptest! {
    #![proptest_config(cases(12, 1))]

    #[test]
    fn the_lower_bound_rises_and_stays_below_the_optimum(shape in shapes(2..=3, RECOURSE)) {
        let study = shape.build();
        let optimum = ExtensiveForm::optimum(&study, make_judge().as_mut()).expect("extensive form");
        let (_, records) = train_with(&study, 15, 2, 1).expect("training");
        let mut last = 0.0;
        for record in &records {
            let bound = record.lower_bound;
            prop_assert!(bound >= last - 1e-9 * optimum, "iteration {}: {bound} after {last}", record.iteration);
            prop_assert!(bound <= optimum * (1.0 + 1e-8), "iteration {}: {bound} of {optimum}", record.iteration);
            last = bound;
        }
        prop_assert!(last > 0.5 * optimum, "the bound {last} is no use below {optimum}");
    }
}

proptest! {
    #![proptest_config(cases(8, 2))]

    #[test]
    fn one_opening_is_a_deterministic_problem(shape in shapes(1..=1, RECOURSE)) {
        let study = shape.build();
        let optimum = ExtensiveForm::optimum(&study, make_judge().as_mut()).expect("extensive form");
        let (result, _) = train_with(&study, 40, 1, 1).expect("training");
        // With one path and exact cuts the two bounds meet.
        for bound in [result.lower_bound, result.upper_bound.0] {
            prop_assert!((bound - optimum).abs() <= 1e-7 * optimum, "bound {bound}, optimum {optimum}");
        }
    }
}

proptest! {
    #![proptest_config(cases(6, 3))]

    #[test]
    fn the_order_of_plants_does_not_matter(
        shape in shapes(2..=3, PENALTY),
        order in Just([0usize, 1, 2]).prop_shuffle(),
    ) {
        let shape = RandomStudy { n_hydros: 3, n_stages: shape.n_stages.min(3), ..shape };
        let study = shape.build();
        let permuted = with_plants_in(&study, &order);
        prop_assert!(order == [0, 1, 2] || permuted != study);
        let (first, _) = train_with(&study, 80, 4, 1).expect("training");
        let (second, _) = train_with(&permuted, 80, 4, 1).expect("training");
        let (one, other) = (first.lower_bound, second.lower_bound);
        prop_assert!((one - other).abs() <= 1e-7 * one, "{one} is not {other}");
    }
}

/// A converged policy costs, over all paths of the tree, what the extensive form says.
#[test]
fn the_mean_over_all_paths_is_the_optimum() {
    for (seed, ar_order) in [(800, 0), (801, 1)] {
        let shape = RandomStudy { seed, ar_order, n_stages: 3, annual_discount_rate: 0.1, ..RandomStudy::default() };
        let study = shape.build();
        let optimum = ExtensiveForm::optimum(&study, make_judge().as_mut()).expect("extensive form");
        let (trained, _) = train_with(&study, 80, 4, 1).expect("training");
        let options = SimulationOptions { n_scenarios: 300, bucket_size: 300, seed: 3 };
        let mut outcomes = Outcomes::default();
        simulate(&study, &trained.state.policy, &options, control(1), &[], &mut outcomes, &mut |_| {})
            .expect("simulation");
        let by_path: BTreeMap<_, _> = outcomes.paths().into_iter().zip(outcomes.scenario_costs()).collect();
        assert_eq!(by_path.len(), 27, "300 scenarios visit every path");
        let mean = by_path.values().sum::<f64>() / 27.0;
        assert!((mean - optimum).abs() <= 1e-6 * optimum, "the mean is {mean}, the optimum {optimum}");
    }
}
