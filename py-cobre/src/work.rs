//! What training and simulation have in common.

use std::sync::Arc;
use std::time::Instant;

use cobre_data::case::Case as CaseData;
use cobre_data::output::OutputError;
use cobre_data::policy::{AdaptationReport, StoredPolicy, adapt};
use cobre_data::runner::SolverIdentity;
use cobre_data::store::{Location, Store, StoreOptions};
use cobre_engine::comm::Local;
use cobre_engine::sddp::{Control, Policy as EnginePolicy};
use cobre_engine::solver::SolverChoice;
use pyo3::prelude::*;

use crate::attended::StopRequest;
use crate::case::{Case, config_patch};
use crate::detached::detached;
use crate::failure::Failure;
use crate::outputs::Outputs;
use crate::threads::n_threads;

/// The case with changes of its configuration: an object as in `config.json`, merged into it as RFC 7386 says.
pub(crate) fn configured(py: Python<'_>, case: &Case, overrides: Option<&Bound<'_, PyAny>>) -> PyResult<Arc<CaseData>> {
    let Some(overrides) = overrides else { return Ok(Arc::clone(case.data())) };
    let patch = config_patch(overrides, "config_overrides")?;
    detached(py, || Ok(Arc::clone(case.with_config(&patch)?.data())))
}

/// A case, and how it is computed.
pub(crate) struct Work {
    /// The case as it was given, before changes of its configuration.
    pub(crate) original: Arc<CaseData>,
    pub(crate) case: Arc<CaseData>,
    pub(crate) n_threads: usize,
    pub(crate) solver: SolverChoice,
    pub(crate) stop: StopRequest,
}

impl Work {
    pub(crate) fn new(
        original: &Arc<CaseData>,
        case: Arc<CaseData>,
        threads: Option<usize>,
        solver: Option<&str>,
        stop: Option<StopRequest>,
    ) -> Result<Self, Failure> {
        let solver = solver.map_or(Ok(case.solver), solver_of_name)?;
        let original = Arc::clone(original);
        Ok(Self { original, case, n_threads: n_threads(threads)?, solver, stop: stop.unwrap_or_default() })
    }

    /// Runs something under control of this work: its threads, its solver, its clock, its requests to stop.
    pub(crate) fn controlled<T>(&self, run: impl FnOnce(Control<'_>) -> T) -> T {
        let started = Instant::now();
        run(Control {
            n_threads: self.n_threads,
            make_solver: &|| self.solver.make(),
            clock: &|| started.elapsed().as_secs_f64(),
            stop_requested: &|| self.stop.is_raised(),
            communicator: &Local,
        })
    }

    pub(crate) fn solver_identity(&self) -> SolverIdentity {
        SolverIdentity { name: self.solver.name().to_owned(), version: self.solver.version() }
    }
}

fn solver_of_name(name: &str) -> Result<SolverChoice, Failure> {
    SolverChoice::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = SolverChoice::ALL.iter().map(|choice| choice.name()).collect();
        Failure::argument("solver", format!("there is no solver `{name}`; there are {}", known.join(", ")))
    })
}

/// Where outputs go.
#[derive(Debug, Clone)]
pub(crate) struct Root {
    pub(crate) location: Location,
    pub(crate) options: StoreOptions,
}

impl Root {
    pub(crate) fn open(&self) -> Result<Store, Failure> {
        Ok(Store::open(&self.location, &self.options)?)
    }

    /// What Python sees of a run below the root.
    pub(crate) fn outputs<'py>(&self, py: Python<'py>, run: u32) -> PyResult<Bound<'py, Outputs>> {
        let outputs = detached(py, || Outputs::open(self.location.clone(), self.options.clone(), Some(run)))?;
        Bound::new(py, outputs)
    }
}

/// The policy for the study of a case, with its bases where it is of the very study; else a report of what was matched.
pub(crate) fn fit(policy: &StoredPolicy, case: &CaseData) -> Result<(EnginePolicy, Option<AdaptationReport>), Failure> {
    if policy.manifest().study_hash == case.study_hash {
        let state = policy.to_training_state(&case.study).map_err(misfit)?;
        return Ok((state.policy, None));
    }
    let (policy, report) = adapt(policy, &case.study).map_err(misfit)?;
    Ok((policy, Some(report)))
}

/// What is wrong when a policy does not fit a study.
pub(crate) fn misfit(error: OutputError) -> Failure {
    match error {
        OutputError::ManifestError { message, .. } => Failure::policy_with_hint(&message),
        other => other.into(),
    }
}
