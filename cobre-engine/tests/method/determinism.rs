//! The same study gives the same bits, for any number of threads and however often it is run.

use cobre_engine::sddp::{IterationRecord, Policy, SimulationOptions, SolverStatistics, TrainingResult};
use cobre_engine::simulation::simulate;
use cobre_engine::test_models::RandomStudy;
use cobre_engine::{InflowNonNegativity, Study};

use crate::outcomes::Outcomes;
use crate::setting::{control, train_with};

pub(crate) fn studies() -> [Study; 2] {
    let plain = RandomStudy {
        seed: 400,
        n_hydros: 3,
        n_blocks: 2,
        n_openings: 5,
        ar_order: 1,
        operational_limits: true,
        ..RandomStudy::default()
    };
    let truncated = RandomStudy {
        seed: 401,
        ar_order: 2,
        non_negativity: InflowNonNegativity::TruncationWithPenalty,
        inflow_variation: 1.0,
        n_openings: 10,
        ..RandomStudy::default()
    };
    [plain.build(), truncated.build()]
}

/// All numbers of the cuts, bit by bit: `==` would not tell the zeros apart.
pub(crate) fn cut_bits(policy: &Policy) -> Vec<u64> {
    let mut bits = Vec::new();
    let mut coefficients = Vec::new();
    for pool in &policy.pools {
        for id in 0..pool.len() as u32 {
            pool.write_coefficients(id, &mut coefficients);
            bits.push(pool.intercept(id).to_bits());
            bits.extend(coefficients.iter().map(|value| value.to_bits()));
        }
    }
    bits
}

fn assert_same(
    what: &str,
    (first, first_records): &(TrainingResult, Vec<IterationRecord>),
    (second, second_records): &(TrainingResult, Vec<IterationRecord>),
) {
    assert_eq!(first.lower_bound.to_bits(), second.lower_bound.to_bits(), "{what}: lower bound");
    assert!(first.state.policy == second.state.policy, "{what}: the policies differ");
    assert_eq!(cut_bits(&first.state.policy), cut_bits(&second.state.policy), "{what}: cuts");
    assert!(!cut_bits(&first.state.policy).is_empty(), "{what}: there are no cuts to compare");
    // The clock stands still, so even the times are the same.
    assert_eq!(first_records, second_records, "{what}: records");
    assert_eq!(first, second, "{what}: results");
}

#[test]
fn training_does_not_depend_on_threads() {
    for (i, study) in studies().iter().enumerate() {
        let alone = train_with(study, 8, 5, 1).expect("training");
        for n_threads in [2, 3] {
            let shared = train_with(study, 8, 5, n_threads).expect("training");
            assert_same(&format!("study {i}, {n_threads} threads"), &alone, &shared);
        }
    }
}

#[test]
fn a_second_training_repeats_the_first() {
    for (i, study) in studies().iter().enumerate() {
        let first = train_with(study, 8, 3, 2).expect("training");
        let other = studies()[1 - i].clone();
        train_with(&other, 2, 2, 2).expect("training of something else in between");
        let second = train_with(study, 8, 3, 2).expect("training");
        assert_same(&format!("study {i}"), &first, &second);
    }
}

#[test]
fn a_longer_training_begins_like_a_shorter_one() {
    for (i, study) in studies().iter().enumerate() {
        let (_, short) = train_with(study, 4, 3, 1).expect("training");
        let (_, long) = train_with(study, 8, 3, 1).expect("training");
        assert_eq!(short, long[..4], "study {i}");
    }
}

fn run(study: &Study, policy: &Policy, n_threads: usize, bucket_size: usize) -> (Outcomes, Vec<SolverStatistics>) {
    let mut outcomes = Outcomes::default();
    // More scenarios than two chains of solves hold.
    let options = SimulationOptions { n_scenarios: 150, bucket_size, seed: 11 };
    let result =
        simulate(study, policy, &options, control(n_threads), &[], &mut outcomes, &mut |_| {}).expect("simulation");
    (outcomes, result.solver)
}

#[test]
fn simulation_does_not_depend_on_threads() {
    for (i, study) in studies().iter().enumerate() {
        let (trained, _) = train_with(study, 6, 3, 1).expect("training");
        let alone = run(study, &trained.state.policy, 1, 120);
        assert_eq!(alone.0.scenario_costs().len(), 150);
        for n_threads in [2, 3] {
            let shared = run(study, &trained.state.policy, n_threads, 120);
            assert!(alone == shared, "study {i}: outcomes differ with {n_threads} threads");
        }
        let again = run(study, &trained.state.policy, 2, 120);
        assert!(alone == again, "study {i}: outcomes differ the second time");
        // Another bucket size moves the borders of chains, but a scenario stays the scenario it is.
        let (other, _) = run(study, &trained.state.policy, 1, 7);
        assert_eq!(alone.0.paths(), other.paths(), "study {i}: the scenarios differ with the bucket size");
    }
}
