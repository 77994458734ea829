//! Training.

mod in_memory;
mod result;
mod stored;

use std::collections::BTreeMap;
use std::sync::Arc;

use cobre_data::output::TrainingOutput;
use cobre_data::runner::RunStart;
use cobre_engine::sddp::TrainingStart;
use pyo3::prelude::*;

use crate::attended::{StopRequest, attend};
use crate::case::Case;
use crate::events::Teller;
use crate::failure::Failure;
use crate::place::{Place, store_options};
use crate::policy::{Policy, PolicyData};
use crate::progress::listener;
use crate::work::{Root, Work, configured, fit, misfit};

pub(crate) use result::TrainingResult;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<StopRequest>()?;
    module.add_class::<TrainingResult>()?;
    module.add_function(wrap_pyfunction!(result::_training_of_outputs, module)?)?;
    module.add_function(wrap_pyfunction!(train, module)?)
}

/// A policy, or the result of the training that made it.
#[derive(FromPyObject)]
pub(crate) enum PolicySource<'py> {
    #[pyo3(transparent, annotation = "cobre.Policy")]
    Policy(Bound<'py, Policy>),
    #[pyo3(transparent, annotation = "cobre.TrainingResult")]
    Result(Bound<'py, TrainingResult>),
}

impl PolicySource<'_> {
    pub(crate) fn data(&self) -> Arc<PolicyData> {
        match self {
            Self::Policy(policy) => Arc::clone(policy.get().data()),
            Self::Result(result) => Arc::clone(result.get().policy_data()),
        }
    }

    /// The tables of the training, where they are in memory.
    fn tables(&self) -> Option<Arc<TrainingOutput>> {
        match self {
            Self::Policy(_) => None,
            Self::Result(result) => result.get().tables_in_memory().cloned(),
        }
    }
}

/// What training begins with.
enum Start {
    Fresh,
    /// The cuts of a policy; iterations count from one.
    From(Arc<PolicyData>),
    /// The state after the last iteration, with the tables so far.
    After(Arc<PolicyData>, Option<Arc<TrainingOutput>>),
}

impl Start {
    /// As the engine takes it.
    fn for_case(&self, work: &Work, teller: &mut Teller<'_>) -> Result<TrainingStart, Failure> {
        match self {
            Self::Fresh => Ok(TrainingStart::Fresh),
            Self::From(policy) => {
                let (policy, report) = fit(&policy.stored()?, &work.case)?;
                teller.adapted(report.as_ref());
                Ok(TrainingStart::WarmStart(policy))
            }
            Self::After(policy, _) => {
                if policy.manifest().study_hash != work.case.study_hash {
                    let message = "training cannot go on: the study, or how it is trained, has changed since";
                    return Err(Failure::policy(message).suggest("begin with its cuts instead: policy=…"));
                }
                Ok(TrainingStart::Resume(policy.stored()?.to_training_state(&work.case.study).map_err(misfit)?))
            }
        }
    }
}

#[pyfunction]
#[pyo3(signature = (
    case, config_overrides = None, *, policy = None, resume_from = None, output = None, run = None, resume = false,
    threads = None, solver = None, progress = None, stop = None, storage_options = None
))]
#[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
fn train<'py>(
    py: Python<'py>,
    case: &Bound<'py, Case>,
    config_overrides: Option<&Bound<'py, PyAny>>,
    policy: Option<PolicySource<'py>>,
    resume_from: Option<PolicySource<'py>>,
    output: Option<Place>,
    run: Option<u32>,
    resume: bool,
    threads: Option<usize>,
    solver: Option<&str>,
    progress: Option<&Bound<'py, PyAny>>,
    stop: Option<&Bound<'py, StopRequest>>,
    storage_options: Option<BTreeMap<String, String>>,
) -> PyResult<Bound<'py, TrainingResult>> {
    let case = case.get();
    let configured = configured(py, case, config_overrides)?;
    let stop = stop.map(|stop| stop.get().clone());
    let work = Work::new(case.data(), configured, threads, solver, stop)?;
    if work.case.training.is_none() {
        return Err(Failure::argument("case", "its configuration switches training off (training.enabled)")
            .suggest("train(case, {\"training\": {\"enabled\": True}})")
            .into());
    }
    let start = match (&policy, &resume_from) {
        (Some(_), Some(_)) => {
            return Err(Failure::argument("resume_from", "training begins with policy= or goes on, not both").into());
        }
        (Some(policy), None) => Start::From(policy.data()),
        (None, Some(earlier)) => Start::After(earlier.data(), earlier.tables()),
        (None, None) => Start::Fresh,
    };
    let listener = listener(py, progress)?;
    let Some(output) = output else {
        if run.is_some() || resume {
            let option = if resume { "resume" } else { "run" };
            return Err(Failure::argument(option, "runs are kept where output= says")
                .suggest("give output=, or go on in memory with resume_from=")
                .into());
        }
        let attended =
            attend(py, "cobre-train", listener.as_ref(), &work.stop, |events| in_memory::train(&work, &start, events));
        return attended.conclude(py, |done| TrainingResult::in_memory(py, &work, done));
    };
    if matches!(start, Start::After(..)) {
        return Err(Failure::argument("resume_from", "it goes on in memory; a run goes on where its files are")
            .suggest("go on with resume=True in the same output, or leave output= away")
            .into());
    }
    let root = Root { location: output.location()?, options: store_options(storage_options) };
    let begin = if resume { RunStart::Resume { run, takeover: false } } else { RunStart::New { run } };
    let attended = attend(py, "cobre-train", listener.as_ref(), &work.stop, |events| {
        stored::train(&work, &start, &root, begin, events)
    });
    attended.conclude(py, |done| TrainingResult::of_run(py, &root, done))
}
