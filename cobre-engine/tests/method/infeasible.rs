//! A stage problem without a solution ends in an error that says where and why.

use cobre_engine::cuts::CutSelection;
use cobre_engine::sddp::{Phase, SimulationOptions, StoppingMode, StoppingRule, TrainingOptions, TrainingStart};
use cobre_engine::simulation::{SimulationError, simulate};
use cobre_engine::solver::LpStatus;
use cobre_engine::stochastic::{ForwardSampler, SampleDomain};
use cobre_engine::test_models::RandomStudy;
use cobre_engine::{EngineError, InflowNonNegativity, Study};

use crate::outcomes::Outcomes;
use crate::rebuilt::{with_noise, with_parts};
use crate::setting::{control, options, train_recording, train_with};

/// A study in which nothing makes up for negative inflow, with labels of stages that are no positions.
fn study() -> Study {
    let non_negativity = InflowNonNegativity::None;
    let shape = RandomStudy { seed: 500, non_negativity, inflow_variation: 0.2, ..RandomStudy::default() };
    with_parts(&shape.build(), |parts| {
        for stage in &mut parts.stages {
            stage.id += 40;
        }
    })
}

/// The opening that the first trajectory of a training or simulation takes at a stage.
fn drawn(study: &Study, domain: SampleDomain, iteration: u32, stage: usize) -> usize {
    ForwardSampler::new(options(1, 1).seed, domain).opening(iteration, 0, stage, study.openings.n_openings(stage))
}

/// The study with so little water at one opening that no reservoir can balance it.
fn drained(study: &Study, stage: usize, opening: usize) -> Study {
    with_noise(study, |t, k, noise| {
        if (t, k) == (stage, opening) {
            noise[0] = -1e4;
        }
    })
}

/// What a stage problem is expected to be found at.
#[derive(Debug, PartialEq)]
struct Place {
    phase: Phase,
    stage_id: i32,
    opening: usize,
    iteration: u32,
    path: usize,
}

fn place_of(error: &EngineError, expected: LpStatus) -> Place {
    let EngineError::StageProblem { phase, stage_id, opening, iteration, path, status, dump } = error else {
        panic!("expected a stage problem, found {error}");
    };
    assert_eq!(*status, expected, "{error}");
    assert!(dump.to_lowercase().contains("subject to"), "the dump is no LP: {dump:?}");
    assert!(dump.to_lowercase().contains("bounds"), "the dump has no bounds: {dump:?}");
    Place { phase: *phase, stage_id: *stage_id, opening: *opening, iteration: *iteration, path: *path }
}

#[test]
fn in_the_forward_pass() {
    let study = study();
    let opening = drawn(&study, SampleDomain::Training, 1, 2);
    let error = train_with(&drained(&study, 2, opening), 3, 1, 1).expect_err("no water");
    let expected = Place { phase: Phase::Forward, stage_id: 42, opening, iteration: 1, path: 0 };
    assert_eq!(place_of(&error, LpStatus::Infeasible), expected);
    let message = error.to_string();
    for part in ["forward", "infeasible", "stage 42", &format!("opening {opening}"), "iteration 1", "trajectory 0"] {
        assert!(message.contains(part), "`{message}` does not say `{part}`");
    }
    assert!(error.hint().is_some_and(|hint| hint.contains("storage limit")), "{:?}", error.hint());
}

#[test]
fn in_the_backward_pass() {
    let study = study();
    let opening = (drawn(&study, SampleDomain::Training, 1, 2) + 1) % 3;
    let error = train_with(&drained(&study, 2, opening), 3, 1, 1).expect_err("no water");
    let expected = Place { phase: Phase::Backward, stage_id: 42, opening, iteration: 1, path: 0 };
    assert_eq!(place_of(&error, LpStatus::Infeasible), expected);
}

#[test]
fn in_the_lower_bound() {
    let study = study();
    let opening = (drawn(&study, SampleDomain::Training, 1, 0) + 1) % 3;
    let error = train_with(&drained(&study, 0, opening), 3, 1, 1).expect_err("no water");
    let expected = Place { phase: Phase::LowerBound, stage_id: 40, opening, iteration: 1, path: 0 };
    assert_eq!(place_of(&error, LpStatus::Infeasible), expected);
}

#[test]
fn in_simulation() {
    let study = study();
    let (trained, _) = train_with(&study, 3, 2, 1).expect("training");
    let opening = drawn(&study, SampleDomain::Simulation, 0, 1);
    let dry = drained(&study, 1, opening);
    let seed = options(1, 1).seed;
    let options = SimulationOptions { n_scenarios: 1, bucket_size: 1, seed };
    let mut outcomes = Outcomes::default();
    let ended = simulate(&dry, &trained.state.policy, &options, control(1), &[], &mut outcomes, &mut |_| {});
    let error = match ended.expect_err("no water") {
        SimulationError::Engine(error) => error,
        SimulationError::Sink(never) => match never {},
    };
    let expected = Place { phase: Phase::Simulation, stage_id: 41, opening, iteration: 0, path: 0 };
    assert_eq!(place_of(&error, LpStatus::Infeasible), expected);
    assert!(error.to_string().contains("scenario 0"), "{error}");
    assert_eq!(outcomes.stages.len(), 1, "the stage before was written, the bucket was not finished");
    assert!(outcomes.costs.is_empty());
}

#[test]
fn a_price_below_zero_without_a_limit() {
    let study = with_parts(&study(), |parts| parts.buses[0].stages[1].excess_cost_per_mwh = -1e5);
    let training = TrainingOptions {
        cut_selection: CutSelection::default(),
        forward_passes: 1,
        stopping_rules: vec![StoppingRule::IterationLimit { limit: 1 }],
        stopping_mode: StoppingMode::Any,
        seed: 1,
    };
    let ended = train_recording(&study, &training, control(1), TrainingStart::Fresh);
    let error = ended.expect_err("no lowest cost");
    let place = place_of(&error, LpStatus::Unbounded);
    assert_eq!((place.phase, place.stage_id), (Phase::Forward, 41));
    assert!(error.hint().is_some_and(|hint| hint.contains("negative prices")), "{:?}", error.hint());
}
