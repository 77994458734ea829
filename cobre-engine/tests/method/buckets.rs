//! Simulation: buckets, refused options, sinks that fail.

use cobre_engine::sddp::{Control, Policy, SimulationOptions};
use cobre_engine::simulation::{Bucket, OutcomeSink, SimulationError, StageOutcome, simulate};
use cobre_engine::test_models::RandomStudy;
use cobre_engine::{EngineError, Study};

use crate::outcomes::Outcomes;
use crate::setting::{control, train_with};

fn trained() -> (Study, Policy) {
    let study = RandomStudy { seed: 700, annual_discount_rate: 0.2, ..RandomStudy::default() }.build();
    let policy = train_with(&study, 5, 2, 1).expect("training").0.state.policy;
    (study, policy)
}

fn options(n_scenarios: usize, bucket_size: usize) -> SimulationOptions {
    SimulationOptions { n_scenarios, bucket_size, seed: 5 }
}

#[test]
fn buckets_of_any_size_hold_every_scenario_once() {
    let (study, policy) = trained();
    for (size, expected) in [(3, vec![3, 3, 3, 1]), (10, vec![10]), (99, vec![10]), (1, vec![1; 10])] {
        let mut outcomes = Outcomes::default();
        let mut done = Vec::new();
        let result =
            simulate(&study, &policy, &options(10, size), control(2), &[], &mut outcomes, &mut |n| done.push(n))
                .expect("simulation");
        let sizes: Vec<usize> = outcomes.costs.iter().map(|(bucket, _)| bucket.n_scenarios).collect();
        assert_eq!(sizes, expected);
        let mut first = 0;
        for (i, (bucket, costs)) in outcomes.costs.iter().enumerate() {
            assert_eq!(*bucket, Bucket { index: i, first_scenario: first, n_scenarios: sizes[i] });
            assert_eq!(costs.len(), sizes[i]);
            first += sizes[i];
            assert_eq!(done[i], first);
        }
        let calls: Vec<(usize, usize, usize)> =
            outcomes.stages.iter().map(|(bucket, stage, paths)| (bucket.index, *stage, paths.len())).collect();
        let in_order: Vec<_> = (0..sizes.len()).flat_map(|i| (0..4).map(move |t| (i, t))).collect();
        assert_eq!(calls, in_order.iter().map(|&(i, t)| (i, t, sizes[i])).collect::<Vec<_>>());
        assert_eq!((result.n_scenarios, result.stopped), (10, false));
        assert_eq!(result.solver.iter().map(|work| work.lp_solves).collect::<Vec<_>>(), [10; 4]);
    }
}

#[test]
fn costs_are_the_discounted_sums_of_what_the_sink_sees() {
    let (study, policy) = trained();
    let mut outcomes = Outcomes::default();
    let result =
        simulate(&study, &policy, &options(25, 8), control(1), &[], &mut outcomes, &mut |_| {}).expect("simulation");
    let mut sums = vec![0.0; 25];
    for (bucket, stage, paths) in &outcomes.stages {
        let step = 1.2f64.powf(-30.0 / 365.25 * *stage as f64);
        for (i, outcome) in paths.iter().enumerate() {
            assert!((outcome.cost.discount_factor - step).abs() < 1e-12, "stage {stage}");
            let causes = outcome.cost.thermal_cost
                + outcome.cost.deficit_cost
                + outcome.cost.excess_cost
                + outcome.cost.spillage_cost
                + outcome.cost.turbined_cost
                + outcome.cost.inflow_penalty_cost;
            let immediate = outcome.cost.immediate_cost;
            assert!((immediate - causes).abs() < 1e-7 * immediate.max(1.0), "{immediate} is not {causes}");
            sums[bucket.first_scenario + i] += step * immediate;
        }
    }
    let costs = outcomes.scenario_costs();
    for (cost, sum) in costs.iter().zip(&sums) {
        assert!((cost - sum).abs() < 1e-9 * sum, "{cost} is not {sum}");
    }
    let mean = sums.iter().sum::<f64>() / 25.0;
    let variance = sums.iter().map(|sum| (sum - mean).powi(2)).sum::<f64>() / 24.0;
    assert!((result.mean_cost - mean).abs() < 1e-9 * mean);
    let std = result.std_cost.expect("25 scenarios have a deviation");
    assert!((std - variance.sqrt()).abs() < 1e-6 * std && std > 0.0, "{std}");
}

#[test]
fn no_scenario_and_one_scenario() {
    let (study, policy) = trained();
    let mut outcomes = Outcomes::default();
    let none = simulate(&study, &policy, &options(0, 4), control(1), &[], &mut outcomes, &mut |_| panic!("no bucket"))
        .expect("simulation");
    assert_eq!((none.n_scenarios, none.std_cost, none.stopped), (0, None, false));
    assert!(none.mean_cost.is_nan(), "no scenario has no mean");
    assert_eq!(outcomes, Outcomes::default());
    let one =
        simulate(&study, &policy, &options(1, 4), control(1), &[], &mut outcomes, &mut |_| {}).expect("simulation");
    assert_eq!((one.n_scenarios, one.std_cost), (1, None));
    assert_eq!(outcomes.scenario_costs(), [one.mean_cost]);
}

#[test]
fn a_request_ends_simulation_after_the_bucket() {
    let (study, policy) = trained();
    let done = std::sync::atomic::AtomicUsize::new(0);
    let asked = || done.load(std::sync::atomic::Ordering::Relaxed) >= 6;
    let control = Control { stop_requested: &asked, ..control(1) };
    let mut outcomes = Outcomes::default();
    let result = simulate(&study, &policy, &options(10, 3), control, &[], &mut outcomes, &mut |n| {
        done.store(n, std::sync::atomic::Ordering::Relaxed);
    })
    .expect("a request is no error");
    assert_eq!((result.n_scenarios, result.stopped, outcomes.costs.len()), (6, true, 2));
}

fn refused_option(study: &Study, policy: &Policy, options: &SimulationOptions) -> &'static str {
    let mut outcomes = Outcomes::default();
    let ended = simulate(study, policy, options, control(1), &[], &mut outcomes, &mut |_| {});
    assert_eq!(outcomes, Outcomes::default(), "nothing may reach the sink");
    match ended.expect_err("refused") {
        SimulationError::Engine(EngineError::Options { option, .. }) => option,
        SimulationError::Engine(error) => panic!("expected an option, found {error}"),
        SimulationError::Sink(never) => match never {},
    }
}

#[test]
fn a_bucket_without_scenarios_is_refused() {
    let (study, policy) = trained();
    assert_eq!(refused_option(&study, &policy, &options(10, 0)), "bucket_size");
}

#[test]
fn a_policy_of_another_study_is_refused() {
    let (study, policy) = trained();
    let shape = RandomStudy { seed: 700, ..RandomStudy::default() };
    for other in [
        RandomStudy { n_hydros: 3, ..shape.clone() },
        RandomStudy { ar_order: 1, ..shape.clone() },
        RandomStudy { n_stages: 3, ..shape.clone() },
    ] {
        assert_eq!(refused_option(&other.build(), &policy, &options(4, 4)), "policy");
    }
    simulate(&study, &policy, &options(4, 4), control(1), &[], &mut Outcomes::default(), &mut |_| {}).expect("its own");
}

/// Fails at one call; counts all.
struct FailingSink {
    fails_at: (usize, Option<usize>),
    n_calls: usize,
}

impl FailingSink {
    fn take(&mut self, call: (usize, Option<usize>)) -> Result<(), String> {
        self.n_calls += 1;
        if call == self.fails_at { Err("disk full".into()) } else { Ok(()) }
    }
}

impl OutcomeSink for FailingSink {
    type Error = String;

    fn write_stage(&mut self, bucket: Bucket, stage: usize, _: Vec<StageOutcome>) -> Result<(), String> {
        self.take((bucket.index, Some(stage)))
    }

    fn finish_bucket(&mut self, bucket: Bucket, _: &[f64]) -> Result<(), String> {
        self.take((bucket.index, None))
    }
}

#[test]
fn an_error_of_the_sink_ends_simulation() {
    let (study, policy) = trained();
    // A bucket makes five calls: four stages and its end.
    for (fails_at, n_calls, n_done) in [((0, Some(0)), 1, 0), ((1, Some(2)), 8, 1), ((1, None), 10, 1)] {
        let mut sink = FailingSink { fails_at, n_calls: 0 };
        let mut done = 0;
        let ended = simulate(&study, &policy, &options(9, 3), control(2), &[], &mut sink, &mut |n| done = n);
        let Err(SimulationError::Sink(error)) = ended else { panic!("expected the error of the sink") };
        assert_eq!((error.as_str(), sink.n_calls, done), ("disk full", n_calls, 3 * n_done));
    }
}

#[test]
fn a_simulation_from_a_later_bucket_gives_the_bits_of_the_whole() {
    let (study, policy) = trained();
    // More scenarios in a bucket than a chain of solves holds.
    let options = options(150, 40);
    let mut whole = Outcomes::default();
    let all = simulate(&study, &policy, &options, control(1), &[], &mut whole, &mut |_| {}).expect("simulation");
    let costs = whole.scenario_costs();
    for n_buckets in 0..=4 {
        let n_earlier = (40 * n_buckets).min(150);
        for n_threads in [1, 2] {
            let mut rest = Outcomes::default();
            let mut done = Vec::new();
            let earlier = &costs[..n_earlier];
            let result =
                simulate(&study, &policy, &options, control(n_threads), earlier, &mut rest, &mut |n| done.push(n))
                    .expect("simulation");
            let what = format!("{n_buckets} buckets were there, {n_threads} threads");
            assert_eq!(rest.stages, whole.stages[4 * n_buckets..], "{what}");
            assert_eq!(rest.costs, whole.costs[n_buckets..], "{what}");
            assert_eq!(result.mean_cost.to_bits(), all.mean_cost.to_bits(), "{what}");
            assert_eq!(result.std_cost.map(f64::to_bits), all.std_cost.map(f64::to_bits), "{what}");
            assert_eq!((result.n_scenarios, result.stopped), (150, false), "{what}");
            assert_eq!(done, [40, 80, 120, 150][n_buckets..], "{what}");
            let n_solves: u64 = result.solver.iter().map(|work| work.lp_solves).sum();
            assert_eq!(n_solves, 4 * (150 - n_earlier) as u64, "{what}");
        }
    }
}

#[test]
fn earlier_costs_that_are_no_whole_buckets_are_refused() {
    let (study, policy) = trained();
    for earlier in [vec![1.0; 3], vec![1.0; 12], vec![1.0, f64::NAN, 1.0, 1.0]] {
        let mut outcomes = Outcomes::default();
        let ended = simulate(&study, &policy, &options(10, 4), control(1), &earlier, &mut outcomes, &mut |_| {});
        let Err(SimulationError::Engine(EngineError::Options { option, .. })) = ended else {
            panic!("expected a refusal, found {ended:?}");
        };
        assert_eq!((option, outcomes), ("earlier_costs", Outcomes::default()));
    }
}
