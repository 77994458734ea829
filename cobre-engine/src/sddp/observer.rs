use std::convert::Infallible;

use super::record::IterationRecord;
use super::snapshot::TrainingSnapshot;
use crate::error::EngineError;

/// What an observer looks at beside cuts and bounds; nothing by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// [Bases](TrainingSnapshot::trajectory_bases) of the trajectories.
    pub bases: bool,
    /// [Trial points](TrainingSnapshot::trial_points) of the trajectories.
    pub trial_points: bool,
}

/// Sees training while it runs. With several ranks it is the first one's that does; those of the others see nothing.
///
/// A closure that takes the two arguments is an observer, and `()` is one that looks away.
pub trait TrainingObserver {
    /// What a failing observer reports.
    type Error;

    /// What it will look at of the trajectories of an iteration that is, or is not, the last one. With several ranks it
    /// is fetched for it.
    fn wants(&self, _iteration: u32, _is_last: bool) -> Wanted {
        Wanted { bases: true, trial_points: true }
    }

    /// Sees an iteration that has ended: what it did, and all that training would need to go on from here.
    ///
    /// Training waits for it.
    ///
    /// # Errors
    /// When training shall not go on; it ends with this error.
    fn finish_iteration(
        &mut self,
        record: &IterationRecord,
        snapshot: &TrainingSnapshot<'_>,
    ) -> Result<(), Self::Error>;
}

impl<E, F> TrainingObserver for F
where
    F: FnMut(&IterationRecord, &TrainingSnapshot<'_>) -> Result<(), E>,
{
    type Error = E;

    fn finish_iteration(&mut self, record: &IterationRecord, snapshot: &TrainingSnapshot<'_>) -> Result<(), E> {
        self(record, snapshot)
    }
}

impl TrainingObserver for () {
    type Error = Infallible;

    fn wants(&self, _iteration: u32, _is_last: bool) -> Wanted {
        Wanted::default()
    }

    fn finish_iteration(&mut self, _: &IterationRecord, _: &TrainingSnapshot<'_>) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Why training ended early.
#[derive(Debug)]
pub enum TrainingError<E> {
    /// The engine failed.
    Engine(EngineError),
    /// The observer failed.
    Observer(E),
}

impl<E> From<EngineError> for TrainingError<E> {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl TrainingError<Infallible> {
    /// The error of the engine, where the observer cannot fail.
    pub fn into_engine(self) -> EngineError {
        match self {
            Self::Engine(error) => error,
            Self::Observer(never) => match never {},
        }
    }
}
