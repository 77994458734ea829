use std::sync::Arc;

use cobre_data::output::{OutputError, TrainingCollector, TrainingOutput};
use cobre_data::runner::{RunError, RunEvents};
use cobre_engine::sddp::{IterationRecord, StopReason, TrainingSnapshot, train as train_policy};

use super::Start;
use crate::events::{Events, Teller};
use crate::failure::Failure;
use crate::policy::PolicyData;
use crate::work::Work;

/// A training whose results are in memory.
pub(super) struct Trained {
    pub(super) policy: Arc<PolicyData>,
    pub(super) reason: StopReason,
    pub(super) output: Arc<TrainingOutput>,
}

/// Trains without touching a disk.
pub(super) fn train(work: &Work, start: &Start, events: &Events) -> Result<Trained, Failure> {
    let case = &*work.case;
    let options = case.training.as_ref().ok_or_else(|| Failure::panic("there are no options of training"))?;
    let mut teller = Teller::new(events, case, work.n_threads);
    teller.begun_in_memory();
    teller.new_warnings(&work.original);
    if case.checkpointing.is_some() {
        teller.note("checkpoints are written where output= says, not in memory");
    }
    let with = start.for_case(work, &mut teller)?;
    let mut collector = match start {
        Start::After(_, Some(earlier)) => TrainingCollector::resume(case, earlier)?,
        _ => TrainingCollector::new(case),
    };
    teller.training_starts(options, 0);
    let mut n_iterations = 0;
    let mut observe = |record: &IterationRecord, snapshot: &TrainingSnapshot<'_>| {
        n_iterations += 1;
        collector.write_iteration(record, snapshot)?;
        teller.iteration(record);
        Ok::<(), OutputError>(())
    };
    let result = work.controlled(|control| train_policy(&case.study, options, control, with, &mut observe));
    let result = result.map_err(RunError::from)?;
    teller.training_ends(&result);
    let mut output = collector.finish(&result.state.policy.pools)?;
    if let (0, Start::After(earlier, _)) = (n_iterations, start) {
        // A stopping rule held at once: the trial points are those of before.
        output.trial_points = earlier.stored()?.states().to_vec();
    }
    let policy = PolicyData::of_training(case, &result, &output.trial_points)?;
    Ok(Trained { policy: Arc::new(policy), reason: result.reason, output: Arc::new(output) })
}
