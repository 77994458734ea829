//! Simulation.

mod in_memory;
mod result;
mod stored;

use std::collections::BTreeMap;

use cobre_data::case::Case as CaseData;
use cobre_data::runner::RunStart;
use cobre_engine::sddp::SimulationOptions;
use pyo3::prelude::*;

use crate::attended::{StopRequest, attend};
use crate::case::Case;
use crate::failure::Failure;
use crate::place::{Place, store_options};
use crate::progress::listener;
use crate::training::PolicySource;
use crate::work::{Root, Work, configured};

pub(crate) use result::SimulationResult;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<SimulationResult>()?;
    module.add_function(wrap_pyfunction!(result::_simulation_of_outputs, module)?)?;
    module.add_function(wrap_pyfunction!(simulate, module)?)
}

/// How a case is simulated.
fn options(case: &CaseData) -> Result<&SimulationOptions, Failure> {
    let options = case.simulation.as_ref().ok_or_else(|| {
        Failure::argument("case", "its configuration switches simulation off (simulation.enabled)")
            .suggest("simulate(case, policy, {\"simulation\": {\"enabled\": True}})")
    })?;
    case.exports
        .results
        .check(&case.study.system)
        .map_err(|message| Failure::argument("case", format!("exports.results: {message}")))?;
    Ok(options)
}

#[pyfunction]
#[pyo3(signature = (
    case, policy, config_overrides = None, *, output = None, run = None, resume = false, threads = None,
    solver = None, progress = None, stop = None, storage_options = None
))]
#[expect(clippy::too_many_arguments, reason = "keyword arguments of Python")]
fn simulate<'py>(
    py: Python<'py>,
    case: &Bound<'py, Case>,
    policy: PolicySource<'py>,
    config_overrides: Option<&Bound<'py, PyAny>>,
    output: Option<Place>,
    run: Option<u32>,
    resume: bool,
    threads: Option<usize>,
    solver: Option<&str>,
    progress: Option<&Bound<'py, PyAny>>,
    stop: Option<&Bound<'py, StopRequest>>,
    storage_options: Option<BTreeMap<String, String>>,
) -> PyResult<Bound<'py, SimulationResult>> {
    let case = case.get();
    let configured = configured(py, case, config_overrides)?;
    let stop = stop.map(|stop| stop.get().clone());
    let work = Work::new(case.data(), configured, threads, solver, stop)?;
    options(&work.case)?;
    let policy = policy.data();
    let listener = listener(py, progress)?;
    let Some(output) = output else {
        if run.is_some() || resume {
            let option = if resume { "resume" } else { "run" };
            return Err(Failure::argument(option, "runs are kept where output= says").suggest("give output=").into());
        }
        let attended = attend(py, "cobre-simulate", listener.as_ref(), &work.stop, |events| {
            in_memory::simulate(&work, &policy, events)
        });
        return attended.conclude(py, |done| SimulationResult::in_memory(py, &work, done));
    };
    let root = Root { location: output.location()?, options: store_options(storage_options) };
    let begin = if resume { RunStart::Resume { run, takeover: false } } else { RunStart::New { run } };
    let attended = attend(py, "cobre-simulate", listener.as_ref(), &work.stop, |events| {
        stored::simulate(&work, &policy, &root, begin, events)
    });
    attended.conclude(py, |done| SimulationResult::of_run(py, &root, done))
}
