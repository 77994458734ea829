//! What every test of the method starts from.

use cobre_engine::sddp::{
    Control, IterationRecord, StoppingMode, StoppingRule, TrainingOptions, TrainingResult, train,
};
use cobre_engine::solver::{Highs, LpSolver};
use cobre_engine::{EngineError, Study};

pub(crate) fn make_highs() -> Box<dyn LpSolver> {
    Box::new(Highs::new())
}

/// Control without a clock: the engine must not need one.
pub(crate) fn control(n_threads: usize) -> Control<'static> {
    Control { n_threads, make_solver: &make_highs, clock: &|| 0.0, stop_requested: &|| false }
}

pub(crate) fn options(iterations: u32, forward_passes: usize) -> TrainingOptions {
    TrainingOptions {
        forward_passes,
        stopping_rules: vec![StoppingRule::IterationLimit { limit: iterations }],
        stopping_mode: StoppingMode::Any,
        seed: 7,
    }
}

pub(crate) fn train_with(
    study: &Study,
    iterations: u32,
    forward_passes: usize,
    n_threads: usize,
) -> Result<(TrainingResult, Vec<IterationRecord>), EngineError> {
    let mut records = Vec::new();
    let result = train(study, &options(iterations, forward_passes), control(n_threads), &mut |record| {
        records.push(record.clone());
    })?;
    Ok((result, records))
}
