use std::collections::BTreeMap;

use super::OutputError;
use super::claim::{Claim, Liveness};
use super::run_name::{META, Record};
use crate::store::Store;

/// A run that was begun and not completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedRun {
    /// Number of the run.
    pub run: u32,
    /// Checksum of what decides the bits of its training.
    pub study_hash: String,
    /// Whether its writer still works.
    pub liveness: Liveness,
    /// Who writes it, and how it stands, for people.
    pub state: String,
}

/// The runs of `store` that were begun and not completed, by number.
///
/// # Errors
/// [`OutputError`] when the store cannot be listed or a claim cannot be read.
pub fn unfinished_runs(store: &Store) -> Result<Vec<UnfinishedRun>, OutputError> {
    let mut complete: BTreeMap<u32, bool> = BTreeMap::new();
    for record in store.list(META)?.files.iter().filter_map(|file| Record::parse(file.name())) {
        let is_complete = complete.entry(record.run()).or_insert(false);
        *is_complete |= matches!(record, Record::Final { .. });
    }
    let mut unfinished = Vec::new();
    for (run, _) in complete.into_iter().filter(|(_, is_complete)| !is_complete) {
        let claim = match Claim::owner(store, run) {
            Ok(Some(claim)) => claim,
            // A claim that says nothing: nobody can go on from there, and `gc` tells of it.
            Ok(None) | Err(OutputError::ManifestError { .. }) => continue,
            Err(error) => return Err(error),
        };
        let liveness = claim.liveness();
        let state = match liveness {
            Liveness::Released => "stopped in order".to_string(),
            Liveness::Gone => format!("{} is gone", claim.process),
            Liveness::Silent(silence) => {
                format!("{} has given no sign of life for {} s", claim.process, silence.as_secs())
            }
            Liveness::Alive(_) => format!("{} writes it", claim.process),
        };
        unfinished.push(UnfinishedRun { run, study_hash: claim.study_hash, liveness, state });
    }
    Ok(unfinished)
}
