use std::collections::BTreeMap;
use std::sync::Arc;

use cobre_data::output::{Manifest, RunStatus, Simulated as SimulatedData, SimulationOutput, write_results};
use cobre_data::store::Store;
use cobre_engine::simulation::SimulationResult as Counts;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::in_memory::Simulated;
use super::stored::StoredSimulation;
use crate::detached::detached;
use crate::failure::Failure;
use crate::memory_place::MemoryPlace;
use crate::outputs::Outputs;
use crate::place::{Place, store_options};
use crate::results::{Origin, Results};
use crate::tables::Table;
use crate::views::view;
use crate::work::{Root, Work};

/// What `_simulation_of_outputs` takes: the run, and the costs of its scenarios ($).
type Pickled = (Py<Outputs>, Vec<f64>);

/// What a simulation has come to; immutable.
#[pyclass(module = "cobre", frozen)]
pub(crate) struct SimulationResult {
    n_scenarios: usize,
    mean_cost: f64,
    std_cost: Option<f64>,
    stopped: bool,
    costs: Arc<Vec<f64>>,
    results: Results,
    /// What it takes to write a simulation in memory as a run.
    memory: Option<Memory>,
}

struct Memory {
    origin: Origin,
    counts: Counts,
    output: Arc<SimulationOutput>,
}

impl SimulationResult {
    pub(super) fn in_memory<'py>(py: Python<'py>, work: &Work, done: Simulated) -> PyResult<Bound<'py, Self>> {
        let Simulated { counts, output } = done;
        let result = Self {
            n_scenarios: counts.n_scenarios,
            mean_cost: counts.mean_cost,
            std_cost: counts.std_cost,
            stopped: counts.stopped,
            costs: Arc::new(output.discounted_costs.clone()),
            results: Results::in_memory(&output.tables),
            memory: Some(Memory { origin: Origin::new(work), counts, output }),
        };
        Bound::new(py, result)
    }

    pub(super) fn of_run<'py>(py: Python<'py>, root: &Root, done: StoredSimulation) -> PyResult<Bound<'py, Self>> {
        let StoredSimulation { manifest, costs } = done;
        let outputs = root.outputs(py, manifest.run)?.unbind();
        Bound::new(py, Self::of_outputs(outputs, &manifest, costs))
    }

    fn of_outputs(outputs: Py<Outputs>, manifest: &Manifest, costs: Vec<f64>) -> Self {
        Self {
            n_scenarios: manifest.summary.n_scenarios.unwrap_or_default() as usize,
            mean_cost: manifest.summary.simulation_mean.unwrap_or(f64::NAN),
            std_cost: manifest.summary.simulation_std,
            stopped: manifest.status == RunStatus::Partial,
            costs: Arc::new(costs),
            results: Results::of_run(outputs, "simulation"),
            memory: None,
        }
    }

    /// Writes a simulation that is in memory as a run.
    fn write_to(&self, store: &Store) -> Result<Manifest, Failure> {
        let simulated = self.in_memory_results()?;
        let Some(Memory { origin, .. }) = &self.memory else { return Err(Failure::panic("no memory of the case")) };
        Ok(write_results(store, origin.info(), &origin.case, None, Some(simulated))?)
    }

    /// The results as a run takes them, where they are in memory.
    pub(crate) fn in_memory_results(&self) -> Result<SimulatedData<'_>, Failure> {
        match &self.memory {
            Some(Memory { counts, output, .. }) => Ok(SimulatedData { result: counts, output }),
            None => Err(Failure::unsupported("the results of this simulation are in a run already")),
        }
    }

    pub(crate) fn results(&self) -> &Results {
        &self.results
    }
}

/// Mean of the greatest costs that make up the share `tail` of all; the one at the edge counts in part.
fn tail_mean(costs: &[f64], tail: f64) -> f64 {
    let mut sorted = costs.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let weight = tail * sorted.len() as f64;
    let mut left = weight;
    let mut sum = 0.0;
    for cost in sorted {
        let part = left.min(1.0);
        if part <= 0.0 {
            break;
        }
        sum += part * cost;
        left -= part;
    }
    sum / weight
}

#[pymethods]
impl SimulationResult {
    #[getter]
    fn n_scenarios(&self) -> usize {
        self.n_scenarios
    }

    #[getter]
    fn mean_cost(&self) -> f64 {
        self.mean_cost
    }

    #[getter]
    fn std_cost(&self) -> Option<f64> {
        self.std_cost
    }

    #[getter]
    fn stopped(&self) -> bool {
        self.stopped
    }

    #[getter]
    fn costs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        view(py, Arc::clone(&self.costs), &[self.costs.len()], |costs| &costs[..])
    }

    #[pyo3(signature = (tail = 0.05))]
    fn cvar(&self, py: Python<'_>, tail: f64) -> PyResult<f64> {
        if !(tail > 0.0 && tail <= 1.0) {
            return Err(Failure::argument("tail", format!("a share above 0 and up to 1 expected, found {tail}")).into());
        }
        if self.costs.is_empty() {
            return Err(Failure::argument("tail", "there is no cost of a single scenario").into());
        }
        detached(py, || Ok(tail_mean(&self.costs, tail)))
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
        self.results.sql(py, query, parameters, memory_limit, tables)
    }

    #[pyo3(signature = (url, *, storage_options = None))]
    fn write<'py>(
        &self,
        py: Python<'py>,
        url: Place,
        storage_options: Option<BTreeMap<String, String>>,
    ) -> PyResult<Bound<'py, Outputs>> {
        let root = Root { location: url.location()?, options: store_options(storage_options) };
        self.in_memory_results()?;
        let manifest = detached(py, || self.write_to(&root.open()?))?;
        root.outputs(py, manifest.run)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Pickled)> {
        let rebuild = py.import("cobre._cobre.simulation")?.getattr("_simulation_of_outputs")?;
        let outputs = if let Some(outputs) = self.results.output(py) {
            outputs
        } else {
            let outputs = detached(py, || {
                let place = MemoryPlace::new()?;
                self.write_to(place.store())?;
                Outputs::kept_in(place)
            })?;
            Py::new(py, outputs)?
        };
        Ok((rebuild, (outputs, self.costs.to_vec())))
    }

    fn __repr__(&self) -> String {
        let spread = self.std_cost.map_or(String::new(), |std| format!(" (standard deviation {std:.3e})"));
        let stopped = if self.stopped { ", stopped on request" } else { "" };
        format!("SimulationResult({} scenarios, mean cost {:.6e} ${spread}{stopped})", self.n_scenarios, self.mean_cost)
    }

    fn _repr_html_(&self) -> String {
        let std = self.std_cost.map_or_else(|| "–".to_owned(), |std| format!("{std:.3e} $"));
        let row = |name: &str, value: String| format!("<tr><th>{name}</th><td>{value}</td></tr>");
        let rows = [
            row("scenarios", self.n_scenarios.to_string()),
            row("mean cost", format!("{:.6e} $", self.mean_cost)),
            row("standard deviation", std),
        ];
        format!("<table><caption>simulation</caption><tbody>{}</tbody></table>", rows.concat())
    }
}

#[pyfunction]
pub(super) fn _simulation_of_outputs(
    py: Python<'_>,
    outputs: Bound<'_, Outputs>,
    costs: Vec<f64>,
) -> PyResult<SimulationResult> {
    let run = outputs.get();
    let manifest = detached(py, || run.run_manifest())?;
    Ok(SimulationResult::of_outputs(outputs.unbind(), &manifest, costs))
}
