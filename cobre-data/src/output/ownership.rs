use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::OutputError;
use super::claim::Claim;
use super::run_name::claim_file;
use crate::store::Store;

/// Time between two signs of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// The claim of this process to a run. While the value lives, a thread renews it and watches for a later attempt.
pub(super) struct Ownership {
    store: Store,
    claim: Claim,
    run: u32,
    lost: Arc<AtomicBool>,
    thread: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

impl Ownership {
    /// Begins to give signs of life for a claim that was taken.
    pub(super) fn begin(store: &Store, claim: Claim, run: u32) -> Result<Self, OutputError> {
        let lost = Arc::new(AtomicBool::new(false));
        let (stop, stopped) = channel::<()>();
        let (its_store, its_claim, its_lost) = (store.clone(), claim.clone(), Arc::clone(&lost));
        let thread = std::thread::Builder::new()
            .name("cobre-claim".into())
            .spawn(move || {
                while stopped.recv_timeout(SIGN_OF_LIFE) == Err(RecvTimeoutError::Timeout) {
                    // A sign of life that fails is no failure of the run: writing data will tell if the store is gone.
                    if let Ok(true) = has_successor(&its_store, run, its_claim.attempt) {
                        its_lost.store(true, Ordering::Relaxed);
                        return;
                    }
                    let _ = its_claim.renew(&its_store, run);
                }
            })
            .map_err(|source| {
                OutputError::io("start the thread that renews", &store.location(&claim_file(run, 0)), source)
            })?;
        Ok(Self { store: store.clone(), claim, run, lost, thread: Mutex::new(Some((stop, thread))) })
    }

    /// The claim of another rank of this run, which renews it and watches.
    pub(super) fn of_first_rank(store: &Store, claim: Claim, run: u32) -> Self {
        Self { store: store.clone(), claim, run, lost: Arc::default(), thread: Mutex::new(None) }
    }

    pub(super) fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Whether the run is still this writer's, by what the last sign of life found.
    ///
    /// # Errors
    /// [`OutputError::ManifestError`] when another process has taken the run over.
    pub(super) fn check(&self) -> Result<(), OutputError> {
        if self.lost.load(Ordering::Relaxed) { Err(self.taken_over()) } else { Ok(()) }
    }

    /// Whether the run is still this writer's, by a look at the store.
    ///
    /// # Errors
    /// As [`check`](Self::check), and when the store does not answer.
    pub(super) fn check_now(&self) -> Result<(), OutputError> {
        self.check()?;
        if has_successor(&self.store, self.run, self.claim.attempt)? { Err(self.taken_over()) } else { Ok(()) }
    }

    fn taken_over(&self) -> OutputError {
        let successor = Claim::owner(&self.store, self.run).ok().flatten();
        let who = successor.map_or_else(String::new, |claim| format!(" by {}", claim.process));
        OutputError::manifest(
            &self.store.location(&claim_file(self.run, self.claim.attempt)),
            format!("run {} was taken over{who}; nothing more is written here", self.run),
        )
    }

    /// Leaves the run in order, so that it can be resumed at once.
    pub(super) fn release(&self) -> Result<(), OutputError> {
        self.stop();
        Claim { released: true, ..self.claim.clone() }.renew(&self.store, self.run)
    }

    /// Gives no further sign of life.
    pub(super) fn stop(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((stop, thread)) = thread {
            drop(stop);
            let _ = thread.join();
        }
    }
}

impl Drop for Ownership {
    fn drop(&mut self) {
        self.stop();
    }
}

fn has_successor(store: &Store, run: u32, attempt: u32) -> Result<bool, OutputError> {
    Ok(store.size(&claim_file(run, attempt + 1))?.is_some())
}
