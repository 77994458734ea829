use std::sync::Arc;

use cobre_data::output::{Manifest, RunStatus};
use cobre_data::runner::{RunRequest, RunStart, run_case};

use super::Start;
use crate::events::{Events, Teller};
use crate::failure::Failure;
use crate::policy::PolicyData;
use crate::work::{Root, Work, fit};

/// A training whose results are a run.
pub(super) struct StoredTraining {
    pub(super) policy: Arc<PolicyData>,
    pub(super) manifest: Manifest,
    /// The gap, where a sampled mean bounds the cost from above (%).
    pub(super) gap_percent: Option<f64>,
}

/// Trains into a run, with the checkpoints that the case asks for.
pub(super) fn train(
    work: &Work,
    start: &Start,
    root: &Root,
    begin: RunStart,
    events: &Events,
) -> Result<StoredTraining, Failure> {
    let mut case = (*work.case).clone();
    case.simulation = None;
    let store = root.open()?;
    let mut teller = Teller::new(events, &work.case, work.n_threads);
    teller.new_warnings(&work.original);
    let policy = match start {
        Start::From(policy) => {
            // What does not fit is told as such, and before there is a run.
            fit(&policy.stored()?, &case)?;
            Some(policy.in_memory_store()?)
        }
        Start::Fresh | Start::After(..) => None,
    };
    let manifest = work.controlled(|control| {
        let request = RunRequest {
            case: &case,
            case_path: case.name.clone(),
            store: &store,
            store_options: &root.options,
            start: begin,
            policy: policy.as_ref().map(ToString::to_string),
            solver: work.solver_identity(),
            control,
        };
        run_case(&request, &mut teller)
    });
    let manifest = manifest?;
    let folder = manifest.policy.as_ref().map(|policy| policy.path.clone());
    let folder = folder.ok_or_else(|| Failure::panic("a training was committed without a policy"))?;
    let policy = PolicyData::load(&root.location.join(&folder), &root.options)?;
    let summary = &manifest.summary;
    let bounds = summary.lower_bound.zip(summary.upper_bound_mean);
    let gap_percent = bounds.and_then(|(lower, upper)| crate::events::gap_percent(&work.case, lower, upper));
    Ok(StoredTraining { policy: Arc::new(policy), manifest, gap_percent })
}

impl StoredTraining {
    /// Whether training was stopped on request.
    pub(super) fn is_stopped(&self) -> bool {
        self.manifest.status == RunStatus::Partial
    }
}
