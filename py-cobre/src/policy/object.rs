use std::collections::BTreeMap;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use bytes::Bytes;
use cobre_data::policy::{compare, describe};
use cobre_engine::cuts::BindingCut;
use numpy::{PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::comparison::PolicyComparison;
use super::cuts;
use super::data::PolicyData;
use super::save::save;
use super::states::GivenStates;
use crate::detached::detached;
use crate::failure::Failure;
use crate::json;
use crate::place::{Place, store_options};
use crate::tables::Table;
use crate::threads::n_threads;
use crate::views::view;

/// A policy; immutable.
#[pyclass(module = "cobre", frozen)]
#[derive(Debug)]
pub(crate) struct Policy {
    data: Arc<PolicyData>,
}

impl Policy {
    pub(crate) fn new(data: Arc<PolicyData>) -> Self {
        Self { data }
    }

    pub(crate) fn data(&self) -> &Arc<PolicyData> {
        &self.data
    }

    /// What the cuts of a stage say of states, and whether one answer is asked for.
    fn ask(
        &self,
        py: Python<'_>,
        state: &Bound<'_, PyAny>,
        stage: Option<i64>,
    ) -> PyResult<(usize, Vec<BindingCut>, bool)> {
        let stage = self.data.stage_index(stage)?;
        let states = GivenStates::read(state, self.data.names())?;
        let batch = states.batch(self.data.dimension())?;
        let n_threads = n_threads(None)?;
        let found = detached(py, || self.data.binding_cuts(stage, &batch, n_threads))?;
        Ok((stage, found, states.is_single))
    }
}

/// One number where one state was asked for, else an array of them.
fn answer(py: Python<'_>, values: Vec<f64>, is_single: bool) -> PyResult<Bound<'_, PyAny>> {
    match values[..] {
        [value] if is_single => Ok(value.into_pyobject(py)?.into_any()),
        _ => Ok(PyArray1::from_vec(py, values).into_any()),
    }
}

#[pymethods]
impl Policy {
    #[staticmethod]
    #[pyo3(signature = (url, storage_options = None))]
    fn load(py: Python<'_>, url: Place, storage_options: Option<BTreeMap<String, String>>) -> PyResult<Self> {
        let location = url.location()?;
        let options = store_options(storage_options);
        detached(py, || Ok(Self::new(Arc::new(PolicyData::load(&location, &options)?))))
    }

    #[pyo3(signature = (url, *, overwrite = false, storage_options = None))]
    fn save(
        &self,
        py: Python<'_>,
        url: Place,
        overwrite: bool,
        storage_options: Option<BTreeMap<String, String>>,
    ) -> PyResult<()> {
        let location = url.location()?;
        let options = store_options(storage_options);
        detached(py, || save(&self.data, &location, &options, overwrite))
    }

    #[getter]
    fn n_stages(&self) -> usize {
        self.data.n_stages()
    }

    #[getter]
    fn stage_ids(&self) -> Vec<i32> {
        self.data.manifest().stages.iter().map(|stage| stage.id).collect()
    }

    #[getter]
    fn n_cuts(&self) -> usize {
        (0..self.data.n_stages()).map(|stage| self.data.cuts(stage).len()).sum()
    }

    #[getter]
    fn iterations(&self) -> u32 {
        self.data.manifest().iteration()
    }

    #[getter]
    fn lower_bounds<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let n = self.data.manifest().lower_bounds.len();
        view(py, Arc::clone(&self.data), &[n], |data| &data.manifest().lower_bounds[..])
    }

    #[getter]
    fn components(&self) -> Vec<String> {
        self.data.names().to_vec()
    }

    #[getter]
    fn state_components<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let names = self.data.names().iter();
        let components = self.data.manifest().components.iter().zip(names).enumerate();
        components
            .map(|(index, (component, name))| {
                let described = PyDict::new(py);
                described.set_item("index", index)?;
                described.set_item("name", name)?;
                described.set_item("kind", component.kind.name())?;
                described.set_item("entity_id", component.entity_id)?;
                described.set_item("entity_name", &component.entity_name)?;
                described.set_item("lag", component.lag)?;
                described.set_item("unit", &component.unit)?;
                Ok(described)
            })
            .collect()
    }

    #[getter]
    fn initial_state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        view(py, Arc::clone(&self.data), &[self.data.dimension()], |data| &data.manifest().initial_state[..])
    }

    #[getter]
    fn content_hash(&self, py: Python<'_>) -> PyResult<&str> {
        detached(py, || Ok(self.data.content_hash()))
    }

    #[getter]
    fn study_hash(&self) -> &str {
        &self.data.manifest().study_hash
    }

    #[pyo3(signature = (state, stage = None))]
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        state: &Bound<'py, PyAny>,
        stage: Option<i64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (_, found, is_single) = self.ask(py, state, stage)?;
        answer(py, found.iter().map(|cut| cut.future_cost).collect(), is_single)
    }

    #[pyo3(signature = (state, stage = None))]
    fn gradient<'py>(
        &self,
        py: Python<'py>,
        state: &Bound<'py, PyAny>,
        stage: Option<i64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (stage, found, is_single) = self.ask(py, state, stage)?;
        let slopes = detached(py, || Ok(self.data.gradients(stage, &found)))?;
        let slopes = PyArray1::from_vec(py, slopes);
        if is_single {
            return Ok(slopes.into_any());
        }
        Ok(slopes.reshape([found.len(), self.data.dimension()])?.into_any())
    }

    #[pyo3(signature = (state, hydro, stage = None))]
    fn water_value<'py>(
        &self,
        py: Python<'py>,
        state: &Bound<'py, PyAny>,
        hydro: i64,
        stage: Option<i64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let component = self.data.storage_index(hydro)?;
        let (stage, found, is_single) = self.ask(py, state, stage)?;
        let cuts = self.data.cuts(stage);
        let slope = |cut: &BindingCut| cut.id.map_or(0.0, |id| cuts.coefficients_of(id as usize)[component]);
        answer(py, found.iter().map(slope).collect(), is_single)
    }

    #[pyo3(signature = (state, stage = None))]
    fn binding_cut<'py>(
        &self,
        py: Python<'py>,
        state: &Bound<'py, PyAny>,
        stage: Option<i64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (_, found, is_single) = self.ask(py, state, stage)?;
        match found[..] {
            [cut] if is_single => Ok(cut.id.into_pyobject(py)?.into_any()),
            _ => {
                let ids = found.iter().map(|cut| cut.id.map_or(-1, i64::from)).collect();
                Ok(PyArray1::from_vec(py, ids).into_any())
            }
        }
    }

    #[pyo3(signature = (stage = None))]
    fn cuts<'py>(&self, py: Python<'py>, stage: Option<i64>) -> PyResult<Bound<'py, PyDict>> {
        cuts::arrays(py, &self.data, self.data.stage_index(stage)?)
    }

    fn cuts_table(&self, py: Python<'_>) -> PyResult<Table> {
        let (schema, batches) = detached(py, || cuts::table(&self.data).map_err(Failure::of_arrow))?;
        Ok(Table::new("cuts", schema, batches))
    }

    fn to_arrow<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Bound::new(py, self.cuts_table(py)?)?.call_method0("to_arrow")
    }

    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let summary = detached(py, || Ok(describe(&self.data.stored()?)))?;
        json::to_python(py, &summary)
    }

    #[pyo3(signature = (other, states = None))]
    fn compare(
        &self,
        py: Python<'_>,
        other: &Bound<'_, Self>,
        states: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PolicyComparison> {
        let given = states.map(|states| GivenStates::read(states, self.data.names())).transpose()?;
        let dimension = self.data.dimension();
        let states = match &given {
            Some(given) => given.batch(dimension)?.rows()?,
            None => Vec::new(),
        };
        let other = &other.get().data;
        detached(py, || Ok(PolicyComparison::new(compare(&self.data.stored()?, &other.stored()?, &states)?)))
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        match other.cast::<Self>() {
            Ok(other) => {
                let other = &other.get().data;
                detached(py, || Ok(self.data == *other))
            }
            Err(_) => Ok(false),
        }
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<u64> {
        let mut hasher = DefaultHasher::new();
        self.content_hash(py)?.hash(&mut hasher);
        Ok(hasher.finish())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
        let files = PyDict::new(py);
        for (path, content) in self.data.files() {
            files.set_item(path, PyBytes::new(py, content))?;
        }
        Ok((py.import("cobre._cobre.policy")?.getattr("_policy_from_files")?, (files,)))
    }

    fn __repr__(&self) -> String {
        let manifest = self.data.manifest();
        let bound = manifest.lower_bounds.last().map_or(String::new(), |bound| format!(", lower bound {bound:.6e} $"));
        format!(
            "Policy({} stages, {} state components, {} cuts after {} iterations{bound})",
            self.data.n_stages(),
            self.data.dimension(),
            self.n_cuts(),
            manifest.iteration(),
        )
    }

    fn _repr_html_(&self) -> String {
        let mut rows = String::new();
        for (stage, cuts) in
            self.data.manifest().stages.iter().zip((0..self.data.n_stages()).map(|t| self.data.cuts(t)))
        {
            let n_active = (0..cuts.len()).filter(|&id| cuts.is_active(id)).count();
            let n_binding = cuts.times_binding.iter().filter(|times| **times > 0).count();
            // Writing to a text does not fail.
            let _ = write!(
                rows,
                "<tr><td>{}</td><td>{}</td><td>{n_active}</td><td>{n_binding}</td></tr>",
                stage.id,
                cuts.len()
            );
        }
        format!(
            "<p><code>{}</code></p><details><summary>cuts by stage</summary><table><thead><tr><th>stage</th>\
             <th>cuts</th><th>active</th><th>binding</th></tr></thead><tbody>{rows}</tbody></table></details>",
            self.__repr__()
        )
    }
}

#[pyfunction]
pub(super) fn _policy_from_files(py: Python<'_>, files: BTreeMap<String, Vec<u8>>) -> PyResult<Policy> {
    let files = files.into_iter().map(|(path, content)| (path, Bytes::from(content))).collect();
    detached(py, || Ok(Policy::new(Arc::new(PolicyData::from_files_in_memory(files)?))))
}
