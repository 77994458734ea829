use std::collections::BTreeMap;
use std::sync::Arc;

use cobre_data::case::Case as CaseData;
use cobre_data::output::{
    Manifest, RunStatus, Simulated as SimulatedData, Trained as TrainedData, TrainingOutput, write_results,
};
use cobre_data::store::Store;
use cobre_engine::sddp::StopReason;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use super::in_memory::Trained;
use super::stored::StoredTraining;
use crate::detached::detached;
use crate::events::gap_percent;
use crate::failure::Failure;
use crate::memory_place::MemoryPlace;
use crate::outputs::Outputs;
use crate::place::{Place, store_options};
use crate::policy::{Policy, PolicyData};
use crate::results::{Origin, Results};
use crate::simulation::SimulationResult;
use crate::sql::Source;
use crate::tables::Table;
use crate::work::{Root, Work};

/// What `_training_of_outputs` takes: the run, and the gap (%).
type Pickled = (Py<Outputs>, Option<f64>);

/// What training has come to; immutable.
#[pyclass(module = "cobre", frozen)]
pub(crate) struct TrainingResult {
    policy: Py<Policy>,
    data: Arc<PolicyData>,
    reason: String,
    stopped: bool,
    gap_percent: Option<f64>,
    results: Results,
    /// What it takes to write a training in memory as a run.
    memory: Option<Memory>,
}

struct Memory {
    origin: Origin,
    reason: StopReason,
    output: Arc<TrainingOutput>,
    /// The run that it would be, in the memory of the process, once somebody asks for what tables alone do not tell.
    run: PyOnceLock<Py<Outputs>>,
}

impl TrainingResult {
    pub(super) fn in_memory<'py>(py: Python<'py>, work: &Work, done: Trained) -> PyResult<Bound<'py, Self>> {
        let Trained { policy: data, reason, output } = done;
        let manifest = data.manifest();
        let lower_bound = manifest.lower_bounds.last().copied();
        let gap_percent = lower_bound.and_then(|lower| gap_percent(&work.case, lower, manifest.upper_bound_mean));
        let results = Results::in_memory(&output.tables);
        let memory = Memory { origin: Origin::new(work), reason, output, run: PyOnceLock::new() };
        let result = Self {
            policy: Py::new(py, Policy::new(Arc::clone(&data)))?,
            data,
            reason: reason.name().to_owned(),
            stopped: reason == StopReason::Requested,
            gap_percent,
            results,
            memory: Some(memory),
        };
        Bound::new(py, result)
    }

    pub(super) fn of_run<'py>(py: Python<'py>, root: &Root, done: StoredTraining) -> PyResult<Bound<'py, Self>> {
        let stopped = done.is_stopped();
        let StoredTraining { policy: data, manifest, gap_percent } = done;
        let outputs = root.outputs(py, manifest.run)?.unbind();
        let reason = manifest.summary.stop_reason.unwrap_or_default();
        Bound::new(py, Self::of_outputs(py, outputs, data, reason, stopped, gap_percent)?)
    }

    fn of_outputs(
        py: Python<'_>,
        outputs: Py<Outputs>,
        data: Arc<PolicyData>,
        reason: String,
        stopped: bool,
        gap_percent: Option<f64>,
    ) -> PyResult<Self> {
        let policy = Py::new(py, Policy::new(Arc::clone(&data)))?;
        let results = Results::of_run(outputs, "training");
        Ok(Self { policy, data, reason, stopped, gap_percent, results, memory: None })
    }

    /// Writes a training that is in memory as a run.
    fn write_to(
        &self,
        memory: &Memory,
        store: &Store,
        simulation: Option<SimulatedData<'_>>,
    ) -> Result<Manifest, Failure> {
        let Memory { origin, reason, output, .. } = memory;
        let case: &CaseData = &origin.case;
        let state = self.data.stored()?.to_training_state(&case.study)?;
        let trained = TrainedData { state: &state, reason: *reason, output };
        Ok(write_results(store, origin.info(), case, Some(trained), simulation)?)
    }

    pub(crate) fn policy_data(&self) -> &Arc<PolicyData> {
        &self.data
    }

    pub(super) fn tables_in_memory(&self) -> Option<&Arc<TrainingOutput>> {
        self.memory.as_ref().map(|memory| &memory.output)
    }

    fn lower_bound_or_nan(&self) -> f64 {
        self.data.manifest().lower_bounds.last().copied().unwrap_or(f64::NAN)
    }

    /// The run: where the results are, or one in the memory of the process that is made once.
    fn run(&self, py: Python<'_>) -> PyResult<Py<Outputs>> {
        let make = |memory| {
            let outputs = detached(py, || {
                let place = MemoryPlace::new()?;
                self.write_to(memory, place.store(), None)?;
                Outputs::kept_in(place)
            })?;
            Py::new(py, outputs)
        };
        match &self.memory {
            Some(memory) => Ok(memory.run.get_or_try_init(py, || make(memory))?.clone_ref(py)),
            None => self.results.output(py).ok_or_else(|| Failure::panic("results are in memory or a run").into()),
        }
    }

    /// What a query sees under a name: the run, with tables, views and the policy.
    pub(crate) fn source(&self, py: Python<'_>, name: &str) -> PyResult<Source> {
        Ok(self.run(py)?.get().source(name)?)
    }
}

#[pymethods]
impl TrainingResult {
    #[getter]
    fn policy(&self, py: Python<'_>) -> Py<Policy> {
        self.policy.clone_ref(py)
    }

    #[getter]
    fn lower_bound(&self) -> f64 {
        self.lower_bound_or_nan()
    }

    #[getter]
    fn upper_bound(&self) -> (f64, Option<f64>) {
        let manifest = self.data.manifest();
        (manifest.upper_bound_mean, manifest.upper_bound_std)
    }

    #[getter]
    fn gap_percent(&self) -> Option<f64> {
        self.gap_percent
    }

    #[getter]
    fn iterations(&self) -> u32 {
        self.data.manifest().iteration()
    }

    #[getter]
    fn reason(&self) -> &str {
        &self.reason
    }

    #[getter]
    fn stopped(&self) -> bool {
        self.stopped
    }

    #[getter]
    fn seconds(&self) -> f64 {
        self.data.manifest().elapsed_seconds
    }

    #[getter]
    fn convergence(&self, py: Python<'_>) -> PyResult<Table> {
        self.results.table(py, "convergence")
    }

    #[getter]
    fn names(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.results.names(py)
    }

    #[getter]
    fn output(&self, py: Python<'_>) -> Option<Py<Outputs>> {
        self.results.output(py)
    }

    fn __getitem__(&self, py: Python<'_>, name: &str) -> PyResult<Table> {
        self.results.table(py, name)
    }

    fn scan<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.results.scan(py, name)
    }

    #[pyo3(signature = (query, parameters = None, *, memory_limit = None, **tables))]
    fn sql(
        &self,
        py: Python<'_>,
        query: &str,
        parameters: Option<&Bound<'_, PyAny>>,
        memory_limit: Option<usize>,
        tables: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Table> {
        self.run(py)?.get().sql(py, query, parameters, memory_limit, tables)
    }

    #[pyo3(signature = (url, *, simulation = None, storage_options = None))]
    fn write<'py>(
        &self,
        py: Python<'py>,
        url: Place,
        simulation: Option<&Bound<'py, SimulationResult>>,
        storage_options: Option<BTreeMap<String, String>>,
    ) -> PyResult<Bound<'py, Outputs>> {
        let root = Root { location: url.location()?, options: store_options(storage_options) };
        let Some(memory) = &self.memory else {
            return Err(Failure::unsupported("the results of this training are in a run already").into());
        };
        let simulation = simulation.map(|simulation| simulation.get().in_memory_results()).transpose()?;
        let manifest = detached(py, || self.write_to(memory, &root.open()?, simulation))?;
        root.outputs(py, manifest.run)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Pickled)> {
        let rebuild = py.import("cobre._cobre.training")?.getattr("_training_of_outputs")?;
        Ok((rebuild, (self.run(py)?, self.gap_percent)))
    }

    fn __repr__(&self) -> String {
        let (mean, std) = self.upper_bound();
        let spread = std.map_or(String::new(), |std| format!(" (standard deviation {std:.3e})"));
        format!(
            "TrainingResult({} iterations, lower bound {:.6e} $, simulated cost {mean:.4e} ${spread}, {})",
            self.iterations(),
            self.lower_bound_or_nan(),
            self.reason
        )
    }

    fn _repr_html_(&self) -> String {
        let (mean, std) = self.upper_bound();
        let std = std.map_or_else(|| "–".to_owned(), |std| format!("{std:.3e} $"));
        let gap = self.gap_percent.map_or_else(|| "–".to_owned(), |gap| format!("{gap:.2} %"));
        let row = |name: &str, value: String| format!("<tr><th>{name}</th><td>{value}</td></tr>");
        let rows = [
            row("iterations", self.iterations().to_string()),
            row("reason", self.reason.clone()),
            row("lower bound", format!("{:.6e} $", self.lower_bound_or_nan())),
            row("simulated cost, mean", format!("{mean:.6e} $")),
            row("simulated cost, standard deviation", std),
            row("gap", gap),
            row("seconds", format!("{:.1}", self.seconds())),
        ];
        format!("<table><caption>training</caption><tbody>{}</tbody></table>", rows.concat())
    }
}

#[pyfunction]
pub(super) fn _training_of_outputs(
    py: Python<'_>,
    outputs: Bound<'_, Outputs>,
    gap_percent: Option<f64>,
) -> PyResult<TrainingResult> {
    let run = outputs.get();
    let (manifest, data) = detached(py, || Ok((run.run_manifest()?, run.policy_data()?)))?;
    let stopped = manifest.status == RunStatus::Partial;
    let reason = manifest.summary.stop_reason.unwrap_or_default();
    TrainingResult::of_outputs(py, outputs.unbind(), Arc::new(data), reason, stopped, gap_percent)
}
