//! Training that is resumed goes on as if it had never stopped; training from a policy begins where that ended.

use std::sync::atomic::{AtomicU64, Ordering};

use cobre_engine::comm::Local;
use cobre_engine::cuts::{CutActivity, CutOrigin};
use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::{
    Control, StopReason, StoppingMode, StoppingRule, TrainingOptions, TrainingStart, TrainingState,
};
use cobre_engine::test_models::RandomStudy;
use cobre_engine::{InflowNonNegativity, Study};

use crate::setting::{control, make_solver, options, train_keeping, train_recording, train_with};

fn studies() -> [Study; 3] {
    let plain = RandomStudy { seed: 800, ..RandomStudy::default() };
    let limited = RandomStudy {
        seed: 801,
        n_hydros: 3,
        n_blocks: 2,
        n_buses: 2,
        ar_order: 1,
        operational_limits: true,
        load_variation: 0.1,
        risk_measure: |_| RiskMeasure::Cvar { alpha: 0.5, lambda: 0.5 },
        annual_discount_rate: 0.1,
        ..RandomStudy::default()
    };
    let truncated = RandomStudy {
        seed: 802,
        ar_order: 2,
        non_negativity: InflowNonNegativity::Truncation,
        inflow_variation: 1.0,
        n_openings: 6,
        ..RandomStudy::default()
    };
    [plain.build(), limited.build(), truncated.build()]
}

/// Every number of a state, bit by bit: `==` would not tell the zeros apart.
fn bits(state: &TrainingState) -> Vec<u64> {
    let mut bits: Vec<u64> = state.lower_bounds.iter().map(|bound| bound.to_bits()).collect();
    bits.extend([state.upper_bound.0.to_bits(), state.upper_bound.1.map_or(0, f64::to_bits)]);
    for pool in &state.policy.pools {
        bits.extend(pool.intercepts().map(f64::to_bits));
        for j in 0..pool.dimension() {
            bits.extend(pool.component(j).map(f64::to_bits));
        }
    }
    bits
}

#[test]
fn a_resumed_training_gives_the_bits_of_one_that_never_stopped() {
    const N: u32 = 6;
    for (i, study) in studies().iter().enumerate() {
        let (straight, records, states) = train_keeping(study, &options(N, 3), control(1), TrainingStart::Fresh);
        assert_eq!(states.last(), Some(&straight.state), "study {i}: the last snapshot is the result");
        assert!(straight.state.trajectory_bases.iter().flatten().flatten().any(|basis| !basis.cuts.is_empty()));
        for k in 1..N as usize {
            for n_threads in [1, 2] {
                let what = format!("study {i}, resumed after {k}, {n_threads} threads");
                let start = TrainingStart::Resume(states[k - 1].clone());
                let (resumed, rest, later) = train_keeping(study, &options(N, 3), control(n_threads), start);
                assert_eq!(resumed, straight, "{what}");
                assert_eq!(bits(&resumed.state), bits(&straight.state), "{what}");
                assert_eq!(rest, records[k..], "{what}: records");
                assert_eq!(later, states[k..], "{what}: states");
            }
        }
    }
}

#[test]
fn a_training_whose_limit_is_reached_ends_without_an_iteration() {
    let study = &studies()[0];
    let (done, _, states) = train_keeping(study, &options(4, 2), control(1), TrainingStart::Fresh);
    for limit in [4, 3] {
        let start = TrainingStart::Resume(states[3].clone());
        let (again, records, _) = train_keeping(study, &options(limit, 2), control(1), start);
        assert_eq!((&again, records.len()), (&done, 0), "limit {limit}");
    }
    // Limits may be others than before.
    let start = TrainingStart::Resume(states[3].clone());
    let (longer, records, _) = train_keeping(study, &options(6, 2), control(1), start);
    assert_eq!((longer.iterations, records.len(), longer.reason), (6, 2, StopReason::IterationLimit));
    // A request that stands is heard before any work is done.
    let asked = Control { stop_requested: &|| true, ..control(1) };
    let start = TrainingStart::Resume(states[1].clone());
    let (stopped, records, _) = train_keeping(study, &options(6, 2), asked, start);
    assert_eq!((stopped.reason, stopped.iterations, records.len()), (StopReason::Requested, 2, 0));
    assert_eq!(stopped.state, states[1]);
}

#[test]
fn a_window_of_bounds_reaches_across_the_seam() {
    let study = &studies()[0];
    let rules = TrainingOptions {
        stopping_rules: vec![
            StoppingRule::IterationLimit { limit: 200 },
            StoppingRule::BoundStalling { iterations: 8, tolerance: 1e-9 },
        ],
        stopping_mode: StoppingMode::Any,
        ..options(200, 3)
    };
    let (straight, _, states) = train_keeping(study, &rules, control(1), TrainingStart::Fresh);
    assert_eq!(straight.reason, StopReason::BoundStalling);
    let n = states.len();
    assert!(n > 8, "{n} iterations");
    for k in [1, n - 8, n - 4, n - 1, n] {
        let start = TrainingStart::Resume(states[k - 1].clone());
        let (resumed, records, _) = train_keeping(study, &rules, control(1), start);
        assert_eq!(resumed, straight, "resumed after {k} of {n}");
        assert_eq!(records.len(), n - k);
    }
}

#[test]
fn the_time_before_counts() {
    // A clock that counts how often it is asked: an iteration always takes the same.
    let ticks = AtomicU64::new(0);
    let clock = || ticks.fetch_add(1, Ordering::Relaxed) as f64;
    let control = Control {
        n_threads: 1,
        make_solver: &make_solver,
        clock: &clock,
        stop_requested: &|| false,
        communicator: &Local,
    };
    let study = &studies()[0];
    let (one, _, _) = train_keeping(study, &options(1, 2), control, TrainingStart::Fresh);
    let seconds = 4.5 * one.state.elapsed_seconds;
    let rules = TrainingOptions {
        stopping_rules: vec![StoppingRule::IterationLimit { limit: 50 }, StoppingRule::TimeLimit { seconds }],
        ..options(50, 2)
    };
    let (straight, _, states) = train_keeping(study, &rules, control, TrainingStart::Fresh);
    assert_eq!((straight.reason, straight.iterations), (StopReason::TimeLimit, 5));
    for k in 1..=5 {
        let start = TrainingStart::Resume(states[k - 1].clone());
        let (resumed, records, _) = train_keeping(study, &rules, control, start);
        assert_eq!((&resumed, records.len()), (&straight, 5 - k), "resumed after {k}");
    }
}

#[test]
fn a_state_without_bases_is_gone_on_from() {
    let study = &studies()[1];
    let (straight, _, states) = train_keeping(study, &options(8, 2), control(1), TrainingStart::Fresh);
    let mut bare = states[3].clone();
    for basis in bare.trajectory_bases.iter_mut().flatten() {
        *basis = None;
    }
    let (resumed, _) = train_recording(study, &options(8, 2), control(1), TrainingStart::Resume(bare)).expect("resume");
    assert_eq!(resumed.iterations, 8);
    let (bound, expected) = (resumed.lower_bound, straight.lower_bound);
    assert!((bound - expected).abs() < 1e-2 * expected.abs(), "{bound} is far from {expected}");
    assert!(bound >= states[3].lower_bounds[3] * (1.0 - 1e-9));
}

#[test]
fn a_warm_start_begins_where_the_policy_ended() {
    for (i, study) in studies().iter().enumerate() {
        let (trained, _) = train_with(study, 6, 3, 1).expect("training");
        let start = TrainingStart::WarmStart(trained.state.policy.clone());
        let (warm, records) = train_recording(study, &options(3, 2), control(1), start).expect("warm start");
        let first = &records[0];
        assert_eq!(first.iteration, 1, "study {i}: iterations count from one");
        assert!(
            first.lower_bound >= trained.lower_bound - 1e-9 * trained.lower_bound.abs(),
            "study {i}: {} after {}",
            first.lower_bound,
            trained.lower_bound
        );
        for (t, (old, new)) in trained.state.policy.pools.iter().zip(&warm.state.policy.pools).enumerate() {
            assert!(new.len() >= old.len());
            assert!(old.intercepts().eq(new.intercepts().take(old.len())), "study {i}, stage {t}: ids are kept");
            let (given, added) = new.origins().split_at(old.len());
            assert!(given.iter().all(|origin| *origin == CutOrigin::GIVEN), "study {i}, stage {t}");
            assert!(added.iter().all(|origin| (1..=3).contains(&origin.iteration)), "study {i}, stage {t}");
        }
    }
}

#[test]
fn cuts_know_when_they_were_binding() {
    for (i, study) in studies().iter().enumerate() {
        let (trained, _) = train_with(study, 6, 3, 1).expect("training");
        let pools = &trained.state.policy.pools;
        for (t, pool) in pools[..pools.len() - 1].iter().enumerate() {
            let mut latest = 0;
            for (origin, activity) in pool.origins().iter().zip(pool.activities()) {
                let CutActivity { times_binding, last_iteration } = *activity;
                assert_eq!(times_binding == 0, last_iteration == 0, "study {i}, stage {t}");
                assert!(times_binding == 0 || (origin.iteration..=6).contains(&last_iteration), "study {i}, stage {t}");
                latest = latest.max(last_iteration);
            }
            assert_eq!(latest, 6, "study {i}, stage {t}: some cut is binding in the last iteration");
        }
    }
}

#[test]
fn a_larger_study_is_resumed_to_the_bit_too() {
    let shape = RandomStudy {
        seed: 803,
        n_hydros: 8,
        n_buses: 2,
        n_blocks: 2,
        n_stages: 8,
        n_openings: 6,
        ar_order: 2,
        operational_limits: true,
        annual_discount_rate: 0.1,
        ..RandomStudy::default()
    };
    let study = shape.build();
    let (straight, records, states) = train_keeping(&study, &options(16, 4), control(2), TrainingStart::Fresh);
    for k in [5, 11] {
        let start = TrainingStart::Resume(states[k - 1].clone());
        let (resumed, rest, _) = train_keeping(&study, &options(16, 4), control(1), start);
        assert_eq!(bits(&resumed.state), bits(&straight.state), "resumed after {k}");
        assert!(resumed == straight && rest == records[k..], "resumed after {k}");
    }
}
