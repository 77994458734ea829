use super::info::info_of;
use super::policy_source::policy_checksum;
use super::{RunError, RunEvents, RunRequest, RunStart};
use crate::case::PolicyMode;
use crate::output::{Liveness, RunWriter, committed_runs, of_given_policy, open_run, unfinished_runs};

/// A run that was claimed.
pub(super) struct Begun {
    pub(super) writer: RunWriter,
    /// A complete run whose training this one continues.
    pub(super) continues: Option<u32>,
}

/// Claims the run: a new one, or what is left of an earlier one.
pub(super) fn begin(request: &RunRequest<'_>, events: &mut dyn RunEvents) -> Result<Begun, RunError> {
    let start = match request.start {
        RunStart::New { run: None } if request.case.policy.mode == PolicyMode::Resume => {
            RunStart::Resume { run: None, takeover: false }
        }
        start => start,
    };
    let mut info = info_of(request);
    if request.case.training.is_none() {
        info.simulation_hash = of_given_policy(&info.simulation_hash, &policy_checksum(request)?);
    }
    match start {
        RunStart::New { run } => {
            let unfinished = unfinished_runs(request.store)?;
            for left in unfinished.iter().filter(|left| !matches!(left.liveness, Liveness::Alive(_))) {
                events.note(&format!("run {} is unfinished ({}); --resume goes on with it", left.run, left.state));
            }
            let writer = match run {
                None => RunWriter::create(request.store, info)?,
                Some(run) => RunWriter::create_numbered(request.store, run, info)?,
            };
            Ok(Begun { writer, continues: None })
        }
        RunStart::Resume { run, takeover } => match resumable(request, run)? {
            Resumable::Unfinished(run) => {
                Ok(Begun { writer: RunWriter::resume(request.store, run, info, takeover)?, continues: None })
            }
            Resumable::Complete(run) => {
                Ok(Begun { writer: RunWriter::create(request.store, info)?, continues: Some(run) })
            }
        },
    }
}

/// What `--resume` finds.
enum Resumable {
    Unfinished(u32),
    Complete(u32),
}

/// The newest run of the same study, or run `wanted`.
fn resumable(request: &RunRequest<'_>, wanted: Option<u32>) -> Result<Resumable, RunError> {
    let study = &request.case.study_hash;
    let mut candidates: Vec<(u32, bool, String)> =
        unfinished_runs(request.store)?.into_iter().map(|left| (left.run, false, left.study_hash)).collect();
    for run in committed_runs(request.store)? {
        if !candidates.iter().any(|candidate| candidate.0 == run) {
            let manifest = open_run(request.store, Some(run))?;
            candidates.push((run, true, manifest.manifest().info.study_hash.clone()));
        }
    }
    candidates.sort_unstable();
    let root = request.store.location("");
    let root = root.display();
    let found = match wanted {
        Some(wanted) => candidates
            .iter()
            .find(|candidate| candidate.0 == wanted)
            .ok_or_else(|| RunError::Refused { message: format!("there is no run {wanted} in {root} to resume") })?,
        None => candidates.iter().rev().find(|candidate| &candidate.2 == study).ok_or_else(|| {
            let message = if candidates.is_empty() {
                format!("there is no run in {root} to resume; hint: run without --resume")
            } else {
                format!(
                    "none of the {} runs in {root} is of this study; hint: undo the changes of the case, or run \
                     without --resume",
                    candidates.len()
                )
            };
            RunError::Refused { message }
        })?,
    };
    if &found.2 != study {
        let message = format!(
            "run {} in {root} is of another study; hint: undo the changes of the case, or run without --resume",
            found.0
        );
        return Err(RunError::Refused { message });
    }
    Ok(if found.1 { Resumable::Complete(found.0) } else { Resumable::Unfinished(found.0) })
}
