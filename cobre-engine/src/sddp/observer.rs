use std::convert::Infallible;

use super::record::IterationRecord;
use super::snapshot::TrainingSnapshot;
use crate::error::EngineError;

/// Sees training while it runs. With several ranks it is the first one's that does; those of the others see nothing.
///
/// A closure that takes the two arguments is an observer, and `()` is one that looks away.
pub trait TrainingObserver {
    /// What a failing observer reports.
    type Error;

    /// Whether it will look at the bases and trial points of the trajectories of an iteration that training goes on
    /// after. With several ranks they are fetched for it only then, and at the end of training.
    fn wants_trajectories(&self, _iteration: u32) -> bool {
        true
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

    fn wants_trajectories(&self, _iteration: u32) -> bool {
        false
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
