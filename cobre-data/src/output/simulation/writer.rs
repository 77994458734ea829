use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use cobre_engine::simulation::{Bucket, OutcomeSink, StageOutcome};
use cobre_engine::system::System;

use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::run::RunFolder;
use super::super::schema::TablePhase;
use super::layout::Layout;
use super::worker::{Message, Worker};

/// Messages that may wait for the writer thread.
const QUEUE_LENGTH: usize = 4;

/// Writes the simulation tables of a run.
///
/// The caller hands over outcomes; a thread puts them into the order of the tables and writes one file per table when a
/// bucket ends. When the thread falls behind by more than four stages, the caller waits for it.
///
/// # Memory
/// With `S` scenarios per bucket, `B` blocks summed over all `T` stages, `H` plants, `C` cells, `G` thermals, `L` lines,
/// `N` buses and `P` lags, the bucket in work takes
/// `8·S·(B·(10·H + 2·C + G + 2·L + 4·N) + T·(7·H + P·H + 17))` bytes, kept for the next bucket. To this come the
/// outcomes of at most six stages in the hands of caller, queue and thread, one batch of about 32 thousand rows (plus
/// one stage of one entity) and one encoded row group of 128 thousand rows of the table being written: at most some
/// 50 MB. Until the end 16 bytes per scenario and 64 per (scenario, stage) are kept.
pub struct SimulationParquetWriter {
    run: RunFolder,
    folder: PathBuf,
    sender: Option<SyncSender<Message>>,
    thread: Option<JoinHandle<Result<Vec<FileRecord>, OutputError>>>,
    abandoned: Arc<AtomicBool>,
}

impl SimulationParquetWriter {
    pub(in super::super) fn start(run: RunFolder, system: &System) -> Result<Self, OutputError> {
        let folder = run.store.path(&run.relative).join("simulation");
        let (sender, receiver) = sync_channel(QUEUE_LENGTH);
        let abandoned = Arc::new(AtomicBool::new(false));
        let worker = Worker::new(run.clone(), Layout::new(system));
        let is_abandoned = Arc::clone(&abandoned);
        let thread = std::thread::Builder::new()
            .name("cobre-writer".into())
            .spawn(move || worker.work(&receiver, &is_abandoned))
            .map_err(|source| OutputError::io("start the writer thread for", &folder, source))?;
        Ok(Self { run, folder, sender: Some(sender), thread: Some(thread), abandoned })
    }

    /// Waits until every file is written.
    ///
    /// # Errors
    /// What failed on the writer thread, a panic included; a bucket that was begun and not finished.
    pub fn finish(mut self) -> Result<Vec<FileRecord>, OutputError> {
        self.send(Message::Finish)?;
        let files = self.join()?;
        self.run.ledger.finish(TablePhase::Simulation, &files);
        Ok(files)
    }

    /// Hands a message over; when the thread has ended, the answer is why.
    fn send(&mut self, message: Message) -> Result<(), OutputError> {
        if self.sender.as_ref().is_some_and(|sender| sender.send(message).is_ok()) {
            return Ok(());
        }
        self.join()?;
        Err(OutputError::serialization(&self.folder, "the writer thread has ended before the simulation"))
    }

    /// Waits for the thread and takes its answer.
    fn join(&mut self) -> Result<Vec<FileRecord>, OutputError> {
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

impl OutcomeSink for SimulationParquetWriter {
    type Error = OutputError;

    fn write_stage(&mut self, bucket: Bucket, stage: usize, outcomes: Vec<StageOutcome>) -> Result<(), OutputError> {
        self.send(Message::Stage { bucket, stage, outcomes })
    }

    fn finish_bucket(&mut self, bucket: Bucket, discounted_costs: &[f64]) -> Result<(), OutputError> {
        self.send(Message::Bucket { bucket, discounted_costs: discounted_costs.to_vec() })
    }
}

impl Drop for SimulationParquetWriter {
    /// Ends the thread after the message it is working on, so that nothing is written behind the caller's back.
    fn drop(&mut self) {
        self.abandoned.store(true, Ordering::Relaxed);
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
