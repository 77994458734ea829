use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

use cobre_engine::simulation::{Bucket, StageOutcome};

use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::run::RunFolder;
use super::bucket_rows::BucketRows;
use super::layout::Layout;
use super::scenarios::Scenarios;

/// What the solvers hand over.
pub(super) enum Message {
    /// The outcomes of one stage of a bucket.
    Stage { bucket: Bucket, stage: usize, outcomes: Vec<StageOutcome> },
    /// A bucket is complete.
    Bucket { bucket: Bucket, discounted_costs: Vec<f64> },
    /// The simulation is complete.
    Finish,
}

/// The writer thread: takes messages in order and writes files.
pub(super) struct Worker {
    run: RunFolder,
    layout: Layout,
    open: Option<BucketRows>,
    /// Memory of the last bucket.
    spare: Option<BucketRows>,
    /// First scenario that no bucket has held yet, and the bucket after the last one.
    next_scenario: usize,
    next_bucket: usize,
    scenarios: Scenarios,
    files: Vec<FileRecord>,
}

impl Worker {
    pub(super) fn new(run: RunFolder, layout: Layout) -> Self {
        Self {
            run,
            layout,
            open: None,
            spare: None,
            next_scenario: 0,
            next_bucket: 0,
            scenarios: Scenarios::default(),
            files: Vec::new(),
        }
    }

    /// Works until the simulation is complete; the answer are the files. Ends early with an error, or with no files
    /// when the sender is gone or `abandoned` is set.
    pub(super) fn work(
        mut self,
        messages: &Receiver<Message>,
        abandoned: &AtomicBool,
    ) -> Result<Vec<FileRecord>, OutputError> {
        while let Ok(message) = messages.recv() {
            if abandoned.load(Ordering::Relaxed) {
                break;
            }
            match message {
                Message::Stage { bucket, stage, outcomes } => self.put(bucket, stage, &outcomes)?,
                Message::Bucket { bucket, discounted_costs } => self.finish_bucket(bucket, &discounted_costs)?,
                Message::Finish => return self.finish(),
            }
        }
        Ok(Vec::new())
    }

    fn put(&mut self, bucket: Bucket, stage: usize, outcomes: &[StageOutcome]) -> Result<(), OutputError> {
        let mut rows = match self.open.take() {
            Some(rows) => rows,
            None => self.open_bucket(bucket)?,
        };
        let expected = (rows.bucket(), rows.n_stages_done());
        if (bucket, stage) != expected || stage >= self.layout.n_stages() {
            return Err(self.misfit(format!(
                "stage position {stage} of bucket {} came, expected stage position {} of bucket {} (the study has {} \
                 stages)",
                bucket.index,
                expected.1,
                expected.0.index,
                self.layout.n_stages()
            )));
        }
        if outcomes.len() != bucket.n_scenarios {
            return Err(self.misfit(format!(
                "{} outcomes at stage position {stage} of bucket {}, which has {} scenarios",
                outcomes.len(),
                bucket.index,
                bucket.n_scenarios
            )));
        }
        rows.put(&self.layout, stage, outcomes).map_err(|problem| self.misfit(problem))?;
        self.open = Some(rows);
        Ok(())
    }

    fn open_bucket(&mut self, bucket: Bucket) -> Result<BucketRows, OutputError> {
        if bucket.index < self.next_bucket || bucket.first_scenario < self.next_scenario {
            return Err(self.misfit(format!(
                "bucket {} from scenario {} came after bucket {} had ended before scenario {}",
                bucket.index,
                bucket.first_scenario,
                self.next_bucket.wrapping_sub(1),
                self.next_scenario
            )));
        }
        if i32::try_from(bucket.first_scenario.saturating_add(bucket.n_scenarios)).is_err() {
            return Err(self.misfit(format!("scenarios of bucket {} exceed 32 bits", bucket.index)));
        }
        Ok(match self.spare.take() {
            Some(spare) => spare.restart(&self.layout, bucket),
            None => BucketRows::new(&self.layout, bucket),
        })
    }

    fn finish_bucket(&mut self, bucket: Bucket, discounted_costs: &[f64]) -> Result<(), OutputError> {
        let n_stages = self.layout.n_stages();
        let rows =
            self.open.take().filter(|rows| rows.bucket() == bucket && rows.n_stages_done() == n_stages).ok_or_else(
                || self.misfit(format!("bucket {} was finished before its {n_stages} stages", bucket.index)),
            )?;
        if discounted_costs.len() != bucket.n_scenarios {
            let (found, expected) = (discounted_costs.len(), bucket.n_scenarios);
            return Err(self.misfit(format!("{found} costs for the {expected} scenarios of bucket {}", bucket.index)));
        }
        self.files.extend(rows.write(&self.run, &self.layout)?);
        self.scenarios.append(bucket, discounted_costs, rows.solver());
        self.next_bucket = bucket.index + 1;
        self.next_scenario = bucket.first_scenario + bucket.n_scenarios;
        self.spare = Some(rows);
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<FileRecord>, OutputError> {
        if let Some(rows) = self.open.take() {
            return Err(self.misfit(format!(
                "bucket {} was not finished: {} of {} stages came",
                rows.bucket().index,
                rows.n_stages_done(),
                self.layout.n_stages()
            )));
        }
        self.files.extend(self.scenarios.write(&self.run, &self.layout)?);
        Ok(self.files)
    }

    fn misfit(&self, message: String) -> OutputError {
        OutputError::schema(&self.run.store.path(&self.run.relative).join("simulation"), message)
    }
}
