//! Ends of training and simulation: requests, limits, refused options.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cobre_engine::EngineError;
use cobre_engine::comm::Local;
use cobre_engine::sddp::{
    Control, IterationRecord, StopReason, StoppingMode, StoppingRule, TrainingOptions, TrainingSnapshot, TrainingStart,
    train,
};
use cobre_engine::test_models::RandomStudy;

use crate::setting::{control, make_solver, options, train_recording};

fn study() -> cobre_engine::Study {
    RandomStudy { seed: 600, ..RandomStudy::default() }.build()
}

#[test]
fn a_request_ends_training_after_the_iteration() {
    let requested = AtomicBool::new(false);
    let asked = || requested.load(Ordering::Relaxed);
    let control = Control { stop_requested: &asked, ..control(1) };
    let mut seen = Vec::new();
    let mut observer = |record: &IterationRecord, snapshot: &TrainingSnapshot<'_>| -> Result<(), Infallible> {
        seen.push(snapshot.stop_reason());
        requested.store(record.iteration == 2, Ordering::Relaxed);
        Ok(())
    };
    let result =
        train(&study(), &options(50, 2), control, TrainingStart::Fresh, &mut observer).expect("a request is no error");
    assert_eq!((result.reason, result.iterations), (StopReason::Requested, 3));
    assert_eq!(seen, [None, None, Some(StopReason::Requested)], "the observer is told which iteration is the last");
    // The iteration was finished: the policy is the one of three iterations.
    let whole =
        train(&study(), &options(3, 2), crate::setting::control(1), TrainingStart::Fresh, &mut ()).expect("training");
    assert_eq!(whole.reason, StopReason::IterationLimit);
    assert_eq!(whole.state, result.state);
}

#[test]
fn a_rule_that_holds_comes_before_a_request() {
    let control = Control { stop_requested: &|| true, ..control(1) };
    let result = train(&study(), &options(1, 2), control, TrainingStart::Fresh, &mut ()).expect("training");
    assert_eq!((result.reason, result.iterations), (StopReason::IterationLimit, 1));
}

#[test]
fn a_time_limit_is_kept_by_the_clock_handed_in() {
    // Ten seconds go by between iterations, none within.
    let seconds = AtomicU64::new(1000);
    let clock = || seconds.load(Ordering::Relaxed) as f64;
    let control = Control {
        n_threads: 1,
        make_solver: &make_solver,
        clock: &clock,
        stop_requested: &|| false,
        communicator: &Local,
    };
    let training = TrainingOptions {
        stopping_rules: vec![StoppingRule::IterationLimit { limit: 50 }, StoppingRule::TimeLimit { seconds: 25.0 }],
        ..options(50, 1)
    };
    let mut observer = |_: &IterationRecord, _: &TrainingSnapshot<'_>| -> Result<(), Infallible> {
        seconds.fetch_add(10, Ordering::Relaxed);
        Ok(())
    };
    let result = train(&study(), &training, control, TrainingStart::Fresh, &mut observer).expect("training");
    assert_eq!((result.reason, result.iterations), (StopReason::TimeLimit, 4));
}

#[test]
fn times_come_from_the_clock_handed_in() {
    // A clock that counts how often it is asked.
    let ticks = AtomicU64::new(0);
    let clock = || ticks.fetch_add(1, Ordering::Relaxed) as f64;
    let control = Control {
        n_threads: 1,
        make_solver: &make_solver,
        clock: &clock,
        stop_requested: &|| false,
        communicator: &Local,
    };
    let (_, records) = train_recording(&study(), &options(3, 2), control, TrainingStart::Fresh).expect("training");
    for record in &records {
        let passes = [record.forward_seconds, record.backward_seconds];
        let parts = [passes[0], passes[1], record.selection_seconds, record.lower_bound_seconds];
        assert!(parts.iter().all(|seconds| *seconds > 0.0), "{parts:?}");
        assert_eq!(parts.iter().sum::<f64>(), record.total_seconds, "{parts:?}");
        let in_solver: f64 = record.solver.iter().map(|(_, _, work)| work.solve_seconds).sum();
        assert!(in_solver > 0.0 && in_solver < record.total_seconds, "{in_solver} of {}", record.total_seconds);
    }
    assert_eq!(records.len(), 3);
}

#[test]
fn a_bound_that_stalls_ends_training() {
    let training = TrainingOptions {
        stopping_rules: vec![
            StoppingRule::IterationLimit { limit: 200 },
            StoppingRule::BoundStalling { iterations: 10, tolerance: 1e-9 },
        ],
        ..options(200, 4)
    };
    let result = train(&study(), &training, control(1), TrainingStart::Fresh, &mut ()).expect("training");
    assert_eq!(result.reason, StopReason::BoundStalling);
    assert!(result.iterations >= 10 && result.iterations < 200, "{} iterations", result.iterations);
}

fn refused_option(training: &TrainingOptions) -> &'static str {
    let mut observer =
        |_: &IterationRecord, _: &TrainingSnapshot<'_>| -> Result<(), Infallible> { panic!("no iteration may run") };
    let ended = train(&study(), training, control(1), TrainingStart::Fresh, &mut observer);
    let error = ended.expect_err("refused").into_engine();
    let EngineError::Options { option, message } = error else { panic!("expected an option, found {error}") };
    assert!(!message.is_empty());
    option
}

#[test]
fn training_without_trajectories_is_refused() {
    assert_eq!(refused_option(&options(3, 0)), "forward_passes");
}

#[test]
fn training_that_might_never_end_is_refused() {
    let others =
        vec![StoppingRule::TimeLimit { seconds: 1.0 }, StoppingRule::BoundStalling { iterations: 5, tolerance: 1e-3 }];
    for stopping_rules in [Vec::new(), others] {
        for stopping_mode in [StoppingMode::Any, StoppingMode::All] {
            let training = TrainingOptions { stopping_rules: stopping_rules.clone(), stopping_mode, ..options(1, 1) };
            assert_eq!(refused_option(&training), "stopping_rules");
        }
    }
}
