//! What every test of the method starts from.

use std::convert::Infallible;

use cobre_engine::comm::Local;
use cobre_engine::cuts::CutSelection;
use cobre_engine::sddp::{
    Control, IterationRecord, StoppingMode, StoppingRule, TrainingError, TrainingOptions, TrainingResult,
    TrainingSnapshot, TrainingStart, TrainingState, train,
};
use cobre_engine::solver::{DualSimplex, Highs, LpSolver};
use cobre_engine::{EngineError, Study};

use crate::stored::stored;

/// The solver under test.
pub(crate) fn make_solver() -> Box<dyn LpSolver> {
    Box::new(DualSimplex::new())
}

/// The judge: it solves extensive forms, and is given no part of what it judges.
pub(crate) fn make_judge() -> Box<dyn LpSolver> {
    Box::new(Highs::new())
}

/// Control without a clock: the engine must not need one.
pub(crate) fn control(n_threads: usize) -> Control<'static> {
    Control { n_threads, make_solver: &make_solver, clock: &|| 0.0, stop_requested: &|| false, communicator: &Local }
}

pub(crate) fn options(iterations: u32, forward_passes: usize) -> TrainingOptions {
    TrainingOptions {
        forward_passes,
        stopping_rules: vec![StoppingRule::IterationLimit { limit: iterations }],
        stopping_mode: StoppingMode::Any,
        seed: 7,
        cut_selection: CutSelection::default(),
    }
}

pub(crate) fn train_with(
    study: &Study,
    iterations: u32,
    forward_passes: usize,
    n_threads: usize,
) -> Result<(TrainingResult, Vec<IterationRecord>), EngineError> {
    train_recording(study, &options(iterations, forward_passes), control(n_threads), TrainingStart::Fresh)
}

/// Trains and keeps the record of every iteration.
pub(crate) fn train_recording(
    study: &Study,
    options: &TrainingOptions,
    control: Control<'_>,
    start: TrainingStart,
) -> Result<(TrainingResult, Vec<IterationRecord>), EngineError> {
    let mut records = Vec::new();
    let mut keep = |record: &IterationRecord, _: &TrainingSnapshot<'_>| -> Result<(), Infallible> {
        records.push(record.clone());
        Ok(())
    };
    let result = train(study, options, control, start, &mut keep).map_err(TrainingError::into_engine)?;
    Ok((result, records))
}

/// Trains, and keeps records and the state after every iteration.
pub(crate) fn train_keeping(
    study: &Study,
    options: &TrainingOptions,
    control: Control<'_>,
    start: TrainingStart,
) -> (TrainingResult, Vec<IterationRecord>, Vec<TrainingState>) {
    let (mut records, mut states) = (Vec::new(), Vec::new());
    let mut keep = |record: &IterationRecord, snapshot: &TrainingSnapshot<'_>| -> Result<(), Infallible> {
        assert_eq!(snapshot.iteration(), record.iteration);
        assert_eq!(snapshot.lower_bounds().last(), Some(&record.lower_bound));
        assert_eq!(snapshot.upper_bound(), (record.upper_bound, record.upper_bound_std));
        records.push(record.clone());
        states.push(stored(snapshot));
        Ok(())
    };
    let result = train(study, options, control, start, &mut keep).map_err(TrainingError::into_engine);
    (result.expect("training"), records, states)
}
