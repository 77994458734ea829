use cobre_engine::sddp::{Policy, TrainingState};

use super::begin::Begun;
use super::{RunError, RunEvents, RunRequest};
use crate::output::{OutputError, committed_runs, open_run};
use crate::policy::{PolicyFile, StageStates, StoredPolicy, adapt};
use crate::store::{Location, Store, StoreOptions};

/// Opens the policy at `location`: a policy's own folder, a run's folder, or a root of outputs, whose newest run with a
/// policy is taken.
///
/// # Errors
/// [`OutputError`] when there is none, or it cannot be read whole.
pub fn open_policy(location: &Location, options: &StoreOptions) -> Result<StoredPolicy, OutputError> {
    let store = Store::open(location, options)?;
    if let Some(folder) = policy_folder(&store)? {
        return read_stored_policy(&store, &folder);
    }
    if let Some((root, run)) = run_of(location) {
        let store = Store::open(&root, options)?;
        if let Some(policy) = &open_run(&store, Some(run))?.manifest().policy {
            return read_stored_policy(&store, &policy.path);
        }
    }
    Err(OutputError::manifest(
        &store.location(""),
        "there is no policy; expected a folder with policy.bin, a run, or a root with a committed run that was trained",
    ))
}

/// Reads the policy in `folder` of a store.
fn read_stored_policy(store: &Store, folder: &str) -> Result<StoredPolicy, OutputError> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    StoredPolicy::read(&store.location(folder), |name| store.get(&format!("{prefix}{name}")))
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

/// The state of training stored in `folder`, for the study as it is.
pub(super) fn resumed_state(request: &RunRequest<'_>, store: &Store, folder: &str) -> Result<TrainingState, RunError> {
    Ok(read_stored_policy(store, folder)?.to_training_state(&request.case.study)?)
}

/// The same, with the trial points that were stored beside it.
pub(super) fn resumed_state_and_points(
    request: &RunRequest<'_>,
    store: &Store,
    folder: &str,
) -> Result<(TrainingState, Vec<StageStates>), RunError> {
    let stored = read_stored_policy(store, folder)?;
    Ok((stored.to_training_state(&request.case.study)?, stored.states().to_vec()))
}

/// The policy that the case or the caller names, fitted to the study.
pub(super) fn adapted_policy(
    request: &RunRequest<'_>,
    begun: &Begun,
    events: &mut dyn RunEvents,
) -> Result<Policy, RunError> {
    let stored = if let Some(place) = request.policy.as_deref().or(request.case.policy.path.as_deref()) {
        open_policy(&resolve(place, request.store)?, request.store_options)?
    } else {
        let store = begun.writer.store();
        let Some(folder) = policy_folder(store)? else {
            let message = format!(
                "there is no run with a policy in {}; hint: train one first, or name one with --policy",
                store.location("").display()
            );
            return Err(RunError::Refused { message });
        };
        read_stored_policy(store, &folder)?
    };
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

/// A place as it was given: absolute, a URL, or below the root of the outputs.
fn resolve(place: &str, store: &Store) -> Result<Location, OutputError> {
    let is_absolute = place.contains("://") || std::path::Path::new(place).is_absolute();
    if is_absolute {
        Location::parse(place)
    } else {
        Ok(Location::parse(&store.location("").to_string_lossy())?.join(place))
    }
}
