//! Starts of training that do not fit the study, and observers that fail.

use cobre_engine::cuts::{CutActivity, CutOrigin, CutPool, StoredCut};
use cobre_engine::sddp::{
    IterationRecord, Policy, SimulationOptions, TrainingError, TrainingSnapshot, TrainingStart, TrainingState, train,
};
use cobre_engine::simulation::{SimulationError, simulate};
use cobre_engine::test_models::RandomStudy;
use cobre_engine::{EngineError, Study};

use crate::outcomes::Outcomes;
use crate::setting::{control, options, train_recording, train_with};

fn shape() -> RandomStudy {
    RandomStudy { seed: 820, ar_order: 1, ..RandomStudy::default() }
}

fn state(study: &Study) -> TrainingState {
    train_with(study, 3, 2, 1).expect("training").0.state
}

/// Option and message of the refusal.
fn refusal(study: &Study, start: TrainingStart) -> (&'static str, String) {
    let error = train_recording(study, &options(9, 2), control(1), start).expect_err("refused");
    let EngineError::Options { option, message } = error else { panic!("expected an option, found {error}") };
    (option, message)
}

fn with_cut(pool: &CutPool, origin: CutOrigin, activity: CutActivity) -> CutPool {
    let coefficients = vec![0.0; pool.dimension()];
    let cut = StoredCut { intercept: 1.0, coefficients: &coefficients, origin, activity, is_active: true };
    CutPool::from_cuts(pool.dimension(), [cut]).expect("a cut")
}

type Change = fn(&mut TrainingState);

#[test]
fn a_malformed_state_is_refused_by_name() {
    let study = shape().build();
    let good = state(&study);
    let origin = |iteration| CutOrigin { iteration, trajectory: 0 };
    let cases: [(&str, &str, Change); 14] = [
        ("policy", "3 stages", |state| state.policy.pools.truncate(3)),
        ("policy", "coefficients", |state| state.policy.pools[1] = CutPool::new(3)),
        ("policy", "last one", |state| {
            let pool = &state.policy.pools[3];
            state.policy.pools[3] = with_cut(pool, CutOrigin::GIVEN, CutActivity::default());
        }),
        ("resume", "no iteration", |state| state.lower_bounds.clear()),
        ("resume", "bound of iteration 2", |state| state.lower_bounds[1] = f64::NAN),
        ("resume", "last forward pass", |state| state.upper_bound.0 = f64::INFINITY),
        ("resume", "last forward pass", |state| state.upper_bound.1 = Some(f64::NAN)),
        ("resume", "-1", |state| state.elapsed_seconds = -1.0),
        ("resume", "iteration 3", |state| state.lower_bounds.truncate(2)),
        ("resume", "1 trajectories", |state| state.trajectory_bases.truncate(1)),
        ("resume", "trajectory 1: there are bases of 3 stages", |state| state.trajectory_bases[1].truncate(3)),
        ("resume", "trajectory 0: the basis of stage 2", |state| {
            state.trajectory_bases[0][2].as_mut().expect("a basis").columns.pop();
        }),
        ("resume", "statuses", |state| state.trajectory_bases[1][0].as_mut().expect("a basis").rows.clear()),
        ("resume", "names cut 99", |state| state.trajectory_bases[1][1].as_mut().expect("a basis").cuts.push(99)),
    ];
    for (expected_option, word, change) in cases {
        let mut bad = good.clone();
        change(&mut bad);
        let (option, message) = refusal(&study, TrainingStart::Resume(bad));
        assert!(option == expected_option && message.contains(word), "{word}: {option}: {message}");
    }
    let mut late = good.clone();
    let activity = CutActivity { times_binding: 1, last_iteration: 7 };
    late.policy.pools[0] = with_cut(&late.policy.pools[0], origin(1), activity);
    let (option, message) = refusal(&study, TrainingStart::Resume(late));
    assert!(option == "resume" && message.contains("iteration 7"), "{option}: {message}");
    train_recording(&study, &options(9, 2), control(1), TrainingStart::Resume(good)).expect("the state itself is good");
}

#[test]
fn a_start_of_another_study_is_refused() {
    let good = state(&shape().build());
    for other in [
        RandomStudy { n_hydros: 3, ..shape() },
        RandomStudy { ar_order: 2, ..shape() },
        RandomStudy { n_stages: 3, ..shape() },
    ] {
        let study = other.build();
        assert_eq!(refusal(&study, TrainingStart::WarmStart(good.policy.clone())).0, "policy");
        assert_eq!(refusal(&study, TrainingStart::Resume(good.clone())).0, "policy");
    }
    // A warm start asks for the same state alone; bases ask for the same stage problems.
    let study = RandomStudy { n_thermals: 5, ..shape() }.build();
    assert_eq!(refusal(&study, TrainingStart::Resume(good.clone())).0, "resume");
    train_recording(&study, &options(1, 2), control(1), TrainingStart::WarmStart(good.policy)).expect("a warm start");
}

#[test]
fn a_policy_with_bases_of_another_shape_is_not_simulated() {
    let study = shape().build();
    let good = state(&study).policy;
    let changes: [fn(&mut Policy); 3] = [
        |policy| policy.bases.truncate(2),
        |policy| policy.bases[1].as_mut().expect("a basis").segments.clear(),
        |policy| policy.bases[1].as_mut().expect("a basis").cuts.push(1000),
    ];
    let simulation = SimulationOptions { n_scenarios: 2, bucket_size: 2, seed: 1 };
    for change in changes {
        let mut bad = good.clone();
        change(&mut bad);
        let mut outcomes = Outcomes::default();
        let ended = simulate(&study, &bad, &simulation, control(1), &[], &mut outcomes, &mut |_| {});
        let Err(SimulationError::Engine(EngineError::Options { option, .. })) = ended else {
            panic!("expected a refusal, found {ended:?}");
        };
        assert_eq!(option, "policy");
    }
}

#[test]
fn an_error_of_the_observer_ends_training() {
    let study = shape().build();
    let mut seen = 0;
    let mut observer = |record: &IterationRecord, _: &TrainingSnapshot<'_>| {
        seen = record.iteration;
        if record.iteration == 2 { Err("disk full") } else { Ok(()) }
    };
    let ended = train(&study, &options(5, 2), control(1), TrainingStart::Fresh, &mut observer);
    let Err(TrainingError::Observer(error)) = ended else { panic!("expected the error of the observer") };
    assert_eq!((error, seen), ("disk full", 2));
}
