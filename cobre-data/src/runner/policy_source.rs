use std::path::PathBuf;

use bytes::Bytes;
use cobre_engine::sddp::{Policy, TrainingState};

use super::party::Party;
use super::ranks::Ranks;
use super::{RunError, RunEvents, RunRequest};
use crate::output::{OutputError, committed_runs, open_run};
use crate::policy::{PolicyFile, StageStates, StoredPolicy, adapt};
use crate::store::{Fingerprint, Location, Store, StoreOptions};

/// Where a policy is stored.
#[derive(Debug, Clone)]
pub struct PolicyPlace {
    store: Store,
    folder: String,
}

/// Opens the policy at `location`: a policy's own folder, a run's folder, or a root of outputs, whose newest run with a
/// policy is taken.
///
/// # Errors
/// [`OutputError`] when there is none, or it cannot be read whole.
pub fn open_policy(location: &Location, options: &StoreOptions) -> Result<StoredPolicy, OutputError> {
    let place = find_policy(location, options)?;
    StoredPolicy::read(&place.location(), |name| place.file(name))
}

/// Finds the policy that [`open_policy`] opens, without reading it.
///
/// # Errors
/// [`OutputError`] when there is none, or the store does not answer.
pub fn find_policy(location: &Location, options: &StoreOptions) -> Result<PolicyPlace, OutputError> {
    let store = Store::open(location, options)?;
    if let Some(folder) = policy_folder(&store)? {
        return Ok(PolicyPlace { store, folder });
    }
    if let Some((root, run)) = run_of(location) {
        let store = Store::open(&root, options)?;
        let policy = open_run(&store, Some(run))?.manifest().policy.clone();
        if let Some(policy) = policy {
            return Ok(PolicyPlace { store, folder: policy.path });
        }
    }
    Err(OutputError::manifest(
        &store.location(""),
        "there is no policy; expected a folder with policy.bin, a run, or a root with a committed run that was trained",
    ))
}

impl PolicyPlace {
    /// The policy in a folder of a store, whose path is relative to its root; empty for the root itself.
    pub fn new(store: Store, folder: String) -> Self {
        Self { store, folder }
    }

    /// Path or URL of the policy, for messages.
    pub fn location(&self) -> PathBuf {
        self.store.location(&self.folder)
    }

    /// A file of the policy, by its path from the folder of the policy.
    ///
    /// # Errors
    /// [`OutputError::IoError`] when it is not there or cannot be read.
    pub fn file(&self, name: &str) -> Result<Bytes, OutputError> {
        self.store.get(&if self.folder.is_empty() { name.to_owned() } else { format!("{}/{name}", self.folder) })
    }
}

/// Reads a policy on the first rank, which alone knows where it is; every rank gets its files.
fn read_policy(ranks: Ranks<'_>, place: Option<&PolicyPlace>) -> Result<StoredPolicy, RunError> {
    let path = ranks.by_first(place, |place| Ok(place.location()))?;
    let read = |name: &str| {
        let content = ranks.bytes_by_first(place, |place| Ok(place.file(name)?.into()));
        content.map_err(|error| match error {
            RunError::Output(error) => error,
            other => OutputError::manifest(&path, other.to_string()),
        })
    };
    Ok(StoredPolicy::read(&path, read)?)
}

/// The folder of the policy that a store holds at its root, or in its newest run that has one.
pub(super) fn policy_folder(store: &Store) -> Result<Option<String>, OutputError> {
    if store.size(&PolicyFile::Manifest.path())?.is_some() {
        return Ok(Some(String::new()));
    }
    for run in committed_runs(store)?.into_iter().rev() {
        if let Some(policy) = &open_run(store, Some(run))?.manifest().policy {
            return Ok(Some(policy.path.clone()));
        }
    }
    Ok(None)
}

/// Root and number of the run that a location names: `…/run=<n>`.
fn run_of(location: &Location) -> Option<(Location, u32)> {
    let text = location.to_string();
    let text = text.trim_end_matches('/');
    let (root, name) = text.rsplit_once('/').unwrap_or((".", text));
    let run = name.strip_prefix("run=")?.parse().ok()?;
    Some((Location::parse(root).ok()?, run))
}

/// The state of training that the first rank finds in `folder` of its store, for the study as it is, with the trial
/// points that were stored beside it.
pub(super) fn resumed_state(
    party: &Party<'_>,
    folder: Option<&str>,
) -> Result<(TrainingState, Vec<StageStates>), RunError> {
    let store = party.request.store;
    let place = folder.map(|folder| PolicyPlace { store: store.clone(), folder: folder.to_owned() });
    let stored = read_policy(party.ranks, place.as_ref())?;
    Ok((stored.to_training_state(&party.request.case.study)?, stored.states().to_vec()))
}

/// Checksum of what says of the policy that the case or the caller names which one it is.
pub(super) fn policy_checksum(request: &RunRequest<'_>) -> Result<String, RunError> {
    Ok(Fingerprint::of(&place_to_start_from(request)?.file(&PolicyFile::Manifest.path())?).sha256)
}

/// The policy that the case or the caller names, fitted to the study.
pub(super) fn adapted_policy(party: &Party<'_>, events: &mut dyn RunEvents) -> Result<Policy, RunError> {
    let (request, ranks) = (party.request, party.ranks);
    let mut place = None;
    ranks.by_first(ranks.only_first(()), |()| {
        place = Some(place_to_start_from(request)?);
        Ok(())
    })?;
    let stored = read_policy(ranks, place.as_ref())?;
    // The bases of the very study are worth keeping: simulated again, it gives the same bits.
    if stored.manifest().study_hash == request.case.study_hash && request.case.training.is_none() {
        return Ok(stored.to_training_state(&request.case.study)?.policy);
    }
    let (policy, report) = adapt(&stored, &request.case.study)?;
    for line in report.to_string().lines() {
        events.note(line);
    }
    Ok(policy)
}

fn place_to_start_from(request: &RunRequest<'_>) -> Result<PolicyPlace, RunError> {
    if let Some(place) = request.policy.as_deref().or(request.case.policy.path.as_deref()) {
        return Ok(find_policy(&resolve(place, request.store)?, request.store_options)?);
    }
    let store = request.store;
    if let Some(folder) = policy_folder(store)? {
        return Ok(PolicyPlace { store: store.clone(), folder });
    }
    let message = format!(
        "there is no run with a policy in {}; hint: train one first, or name one with --policy",
        store.location("").display()
    );
    Err(RunError::Refused { message })
}

/// A place as it was given: absolute, a URL, or below the root of the outputs.
fn resolve(place: &str, store: &Store) -> Result<Location, OutputError> {
    let is_absolute = place.contains("://") || std::path::Path::new(place).is_absolute();
    if is_absolute {
        Location::parse(place)
    } else {
        Ok(Location::parse(&store.location("").to_string_lossy())?.join(place))
    }
}
