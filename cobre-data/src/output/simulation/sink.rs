use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use cobre_engine::simulation::{Bucket, OutcomeSink, StageOutcome};

use super::super::OutputError;
use super::super::stage_record::BucketManifest;
use super::manifest::SimulationManifest;
use super::writer::SimulationParquetWriter;

/// Messages that may wait for the writer thread.
const QUEUE_LENGTH: usize = 4;

/// What the solvers hand over.
enum Message {
    /// The outcomes of one stage of a bucket.
    Stage { bucket: Bucket, stage: usize, outcomes: Vec<StageOutcome> },
    /// A bucket is complete.
    Bucket { bucket: Bucket, discounted_costs: Vec<f64> },
    /// Buckets that some rank has written.
    Commit(Vec<BucketManifest>),
    /// Everything handed over until now shall be written before the answer.
    Flush(SyncSender<()>),
    /// The simulation is complete.
    Finish,
}

/// What the writer thread ends with; no manifest when it was abandoned.
type Answer = Result<Option<SimulationManifest>, OutputError>;

/// Feeds a [`SimulationParquetWriter`] that works on a thread of its own.
///
/// The caller hands over outcomes and goes on. When the thread falls behind by more than four stages, the caller waits
/// for it: besides the memory of the writer there are the outcomes of at most six stages in the hands of caller, queue
/// and thread.
///
/// With several ranks the reports of a sink tell which buckets it has written; the sink of the first rank commits those
/// of all.
pub struct SimulationSink {
    folder: PathBuf,
    sender: Option<SyncSender<Message>>,
    thread: Option<JoinHandle<Answer>>,
    abandoned: Arc<AtomicBool>,
    /// Buckets of this rank that the thread has written.
    written: Receiver<BucketManifest>,
    commits: bool,
}

impl SimulationSink {
    /// Moves the writer to a thread.
    ///
    /// # Errors
    /// [`OutputError::IoError`] when the thread cannot be started.
    pub fn start(writer: SimulationParquetWriter) -> Result<Self, OutputError> {
        let folder = writer.folder().to_path_buf();
        let commits = writer.turn().rank == 0;
        Self::spawn(folder, commits, move |messages, written, abandoned| work(writer, messages, written, abandoned))
    }

    fn spawn(
        folder: PathBuf,
        commits: bool,
        work: impl FnOnce(&Receiver<Message>, &Sender<BucketManifest>, &AtomicBool) -> Answer + Send + 'static,
    ) -> Result<Self, OutputError> {
        let (sender, receiver) = sync_channel(QUEUE_LENGTH);
        let (its_written, written) = channel();
        let abandoned = Arc::new(AtomicBool::new(false));
        let is_abandoned = Arc::clone(&abandoned);
        let thread = std::thread::Builder::new()
            .name("cobre-writer".into())
            .spawn(move || work(&receiver, &its_written, &is_abandoned))
            .map_err(|source| OutputError::io("start the writer thread for", &folder, source))?;
        Ok(Self { folder, sender: Some(sender), thread: Some(thread), abandoned, written, commits })
    }

    /// Waits until everything handed over is written: then the next report tells of all buckets of this rank.
    ///
    /// # Errors
    /// What failed on the writer thread, a panic included.
    pub fn flush(&mut self) -> Result<(), OutputError> {
        let (done, is_done) = sync_channel(1);
        self.send(Message::Flush(done))?;
        if is_done.recv().is_ok() {
            return Ok(());
        }
        self.join()?;
        Err(self.ended_early())
    }

    /// Waits until every file is written.
    ///
    /// # Errors
    /// What failed on the writer thread, a panic included; a bucket that was begun and not finished.
    pub fn finish(mut self) -> Result<SimulationManifest, OutputError> {
        self.send(Message::Finish)?;
        self.join()?.ok_or_else(|| self.ended_early())
    }

    /// Hands a message over; when the thread has ended, the answer is why.
    fn send(&mut self, message: Message) -> Result<(), OutputError> {
        if self.sender.as_ref().is_some_and(|sender| sender.send(message).is_ok()) {
            return Ok(());
        }
        self.join()?;
        Err(self.ended_early())
    }

    fn ended_early(&self) -> OutputError {
        OutputError::serialization(&self.folder, "the writer thread has ended before the simulation")
    }

    /// Waits for the thread and takes its answer.
    fn join(&mut self) -> Answer {
        self.sender = None;
        let Some(thread) = self.thread.take() else {
            return Err(OutputError::serialization(&self.folder, "the writer has failed before and takes no more"));
        };
        thread.join().unwrap_or_else(|panic| {
            let message = format!("the writer thread panicked: {}", panic_message(panic.as_ref()));
            Err(OutputError::serialization(&self.folder, message))
        })
    }
}

impl OutcomeSink for SimulationSink {
    type Error = OutputError;

    fn write_stage(&mut self, bucket: Bucket, stage: usize, outcomes: Vec<StageOutcome>) -> Result<(), OutputError> {
        self.send(Message::Stage { bucket, stage, outcomes })
    }

    fn finish_bucket(&mut self, bucket: Bucket, discounted_costs: &[f64]) -> Result<(), OutputError> {
        self.send(Message::Bucket { bucket, discounted_costs: discounted_costs.to_vec() })
    }

    fn take_report(&mut self) -> Result<Vec<u8>, OutputError> {
        let written: Vec<BucketManifest> = self.written.try_iter().collect();
        serde_json::to_vec(&written).map_err(|error| OutputError::serialization(&self.folder, error))
    }

    fn receive_report(&mut self, rank: usize, report: &[u8]) -> Result<(), OutputError> {
        if !self.commits {
            return Ok(());
        }
        let written: Vec<BucketManifest> = serde_json::from_slice(report).map_err(|error| {
            OutputError::serialization(&self.folder, format!("the report of rank {rank} cannot be read: {error}"))
        })?;
        if written.is_empty() { Ok(()) } else { self.send(Message::Commit(written)) }
    }
}

impl Drop for SimulationSink {
    /// Ends the thread after the message it is working on, so that nothing is written behind the caller's back.
    fn drop(&mut self) {
        self.abandoned.store(true, Ordering::Relaxed);
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Works until the simulation is complete; no answer when the sender is gone or `abandoned` is set before.
fn work(
    mut writer: SimulationParquetWriter,
    messages: &Receiver<Message>,
    written: &Sender<BucketManifest>,
    abandoned: &AtomicBool,
) -> Answer {
    while let Ok(message) = messages.recv() {
        if abandoned.load(Ordering::Relaxed) {
            break;
        }
        match message {
            Message::Stage { bucket, stage, outcomes } => writer.write_stage(bucket, stage, &outcomes)?,
            Message::Bucket { bucket, discounted_costs } => {
                writer.finish_bucket(bucket, &discounted_costs)?;
                // Nobody takes them when the caller is gone.
                writer.take_written().into_iter().for_each(|record| drop(written.send(record)));
            }
            Message::Commit(records) => writer.commit_written(records)?,
            Message::Flush(done) => drop(done.send(())),
            Message::Finish => return writer.finalize().map(Some),
        }
    }
    Ok(None)
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_writer_is_an_error_of_the_caller() {
        let bucket = Bucket { index: 0, first_scenario: 0, n_scenarios: 1 };
        let mut sink = SimulationSink::spawn("run=1/simulation".into(), true, |messages, _, _| {
            let _ = messages.recv();
            panic!("a bad day");
        })
        .expect("a thread");
        let mut errors = Vec::new();
        for stage in 0..50 {
            errors.extend(sink.write_stage(bucket, stage, Vec::new()).err());
        }
        let first = errors.first().expect("the writer is gone").to_string();
        assert!(first.contains("run=1/simulation") && first.contains("panicked: a bad day"), "{first}");
        assert!(errors[1..].iter().all(|error| error.to_string().contains("has failed before")));
        assert!(sink.finish().is_err());
    }
}
