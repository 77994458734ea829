//! Who writes which run: numbers and attempts are taken by creating files that only one process can create.
//!
//! `claim-<n>.json` is the first attempt at run `n`, `claim-<n>-<a>.json` the attempt `a` of whoever took the run over.
//! The highest attempt owns the run. Files of an attempt carry its number, so that a writer that was thought dead
//! cannot spoil what its successor writes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::OutputError;
use super::process::{Process, ProcessState};
use super::run_id::new_run_id;
use super::run_name::{META, claim_file, final_manifest_file, parse_claim, run_folder, run_number};
use crate::store::Store;

/// Numbers that are tried before giving up.
const MAX_TRIES: u32 = 10_000;
/// A writer on another machine counts as dead after this time without a sign of life.
pub const DEAD_AFTER: Duration = Duration::from_mins(1);

/// Who writes a run, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Identity of the run.
    pub run_id: String,
    /// 0 for the first writer of the run, one more for each that took it over.
    #[serde(default)]
    pub attempt: u32,
    /// Identity of the writer: every process has its own.
    #[serde(default)]
    pub writer_id: String,
    /// Where the writer runs.
    #[serde(flatten)]
    pub process: Process,
    /// UTC, RFC 3339.
    pub started_at: String,
    /// Seconds since 1970, by the writer's clock.
    #[serde(default)]
    pub last_sign_of_life: u64,
    /// Whether the writer has left the run in order: it can be resumed at once.
    #[serde(default)]
    pub released: bool,
    /// What decides the bits of training: a run is resumed with the same study only.
    #[serde(default)]
    pub study_hash: String,
}

/// Whether the holder of a claim still works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// It has left the run in order.
    Released,
    /// It ran on this machine and is gone.
    Gone,
    /// It runs on another machine and has given no sign of life for so long.
    Silent(Duration),
    /// It works, or gave a sign of life a short time ago.
    Alive(Duration),
}

impl Claim {
    /// Whether the holder still works, as seen from here and now.
    pub fn liveness(&self) -> Liveness {
        if self.released {
            return Liveness::Released;
        }
        let silence = Duration::from_secs(unix_seconds().saturating_sub(self.last_sign_of_life));
        match self.process.state() {
            ProcessState::Gone => Liveness::Gone,
            ProcessState::Elsewhere if silence > DEAD_AFTER => Liveness::Silent(silence),
            ProcessState::Running | ProcessState::Elsewhere => Liveness::Alive(silence),
        }
    }

    /// A claim of this process to go on where the holder of this one ended.
    pub(super) fn next_attempt(&self) -> Self {
        Self {
            attempt: self.attempt + 1,
            writer_id: new_run_id(SystemTime::now()),
            process: Process::current(),
            last_sign_of_life: unix_seconds(),
            released: false,
            ..self.clone()
        }
    }

    /// Takes the next free run number of `store`.
    pub(super) fn take_next(&self, store: &Store) -> Result<u32, OutputError> {
        let first = highest_number(store)? + 1;
        for run in first..first.saturating_add(MAX_TRIES) {
            if self.take(store, run)? {
                return Ok(run);
            }
        }
        Err(OutputError::manifest(
            &store.location(META),
            format!("no free run number found after {first}; hint: choose another output root"),
        ))
    }

    /// Takes run number `run`; `false` when it is in use.
    pub(super) fn take(&self, store: &Store, run: u32) -> Result<bool, OutputError> {
        let file = claim_file(run, 0);
        if !store.put_new(&file, self.encode(store, &file)?)? {
            return Ok(false); // Another process was faster.
        }
        // The number may have been used up between listing and claiming; then its folder or manifest is there.
        let folder = store.list(&run_folder(run))?;
        let in_use =
            store.size(&final_manifest_file(run))?.is_some() || !folder.files.is_empty() || !folder.folders.is_empty();
        if in_use {
            store.remove(&file)?;
        }
        Ok(!in_use)
    }

    /// Takes attempt `self.attempt` at run `run`; `false` when another process was faster.
    pub(super) fn take_attempt(&self, store: &Store, run: u32) -> Result<bool, OutputError> {
        let file = claim_file(run, self.attempt);
        store.put_new(&file, self.encode(store, &file)?)
    }

    /// Writes the claim again, with a new sign of life.
    pub(super) fn renew(&self, store: &Store, run: u32) -> Result<(), OutputError> {
        let file = claim_file(run, self.attempt);
        let renewed = Self { last_sign_of_life: unix_seconds(), ..self.clone() };
        store.replace(&file, renewed.encode(store, &file)?)
    }

    fn encode(&self, store: &Store, file: &str) -> Result<Vec<u8>, OutputError> {
        serde_json::to_vec_pretty(self).map_err(|error| OutputError::serialization(&store.location(file), error))
    }

    /// The claim that owns run `run`: that of the highest attempt; none when the run was never claimed or is committed.
    pub(super) fn owner(store: &Store, run: u32) -> Result<Option<Self>, OutputError> {
        let attempts = attempts(store)?;
        let Some(attempt) = attempts.into_iter().filter(|claim| claim.0 == run).map(|claim| claim.1).max() else {
            return Ok(None);
        };
        let file = claim_file(run, attempt);
        let Some(content) = store.get_if_exists(&file)? else { return Ok(None) };
        let path = store.location(&file);
        serde_json::from_slice(&content)
            .map(Some)
            .map_err(|error| OutputError::manifest(&path, format!("not a claim: {error}")))
    }
}

/// Every claim as (run, attempt).
pub(super) fn attempts(store: &Store) -> Result<Vec<(u32, u32)>, OutputError> {
    let listing = store.list(META)?;
    Ok(listing.files.iter().filter_map(|file| parse_claim(file.name())).collect())
}

/// The highest number in use, by manifest, claim or folder; 0 when there is none.
fn highest_number(store: &Store) -> Result<u32, OutputError> {
    Ok(run_numbers(store)?.last().copied().unwrap_or(0))
}

/// Every number in use, by manifest, claim or folder, ascending.
pub(super) fn run_numbers(store: &Store) -> Result<Vec<u32>, OutputError> {
    let mut numbers: Vec<u32> = store
        .list(META)?
        .files
        .iter()
        .filter_map(|file| run_number(file.name()))
        .chain(store.list("")?.folders.iter().filter_map(|name| super::run_name::parse_run_folder(name)))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

pub(super) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
