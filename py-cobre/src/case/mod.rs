//! Cases: read, checked, and seen by their parts.

mod editing;
mod finding;
mod loader;
mod part;
mod validation;

use std::collections::BTreeMap;
use std::sync::Arc;

use cobre_data::case::{Case as CaseData, CaseFolder};
use cobre_engine::system::System;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyMapping, PyTuple};
use serde_json::Value;

use crate::detached::detached;
use crate::entities::{Bus, HydroPlant, Line, Stage, ThermalUnit, Topology, tuple};
use crate::failure::Failure;
use crate::place::{Place, store_options};
use crate::stochastic::{OpeningTree, ParModel};
use crate::tables::Table;
use editing::Edits;
pub(crate) use editing::config_patch;
use finding::Finding;
pub(crate) use part::{PartOfCase, part_of_case};

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Case>()?;
    module.add_class::<loader::CaseLoader>()?;
    module.add_class::<Finding>()?;
    module.add_class::<validation::ValidationResult>()?;
    module.add_function(wrap_pyfunction!(validation::validate, module)?)?;
    module.add_function(wrap_pyfunction!(case_of, module)?)
}

/// A study, read and checked; it never changes.
#[pyclass(module = "cobre", frozen)]
pub(crate) struct Case {
    data: Arc<CaseData>,
    folder: CaseFolder,
}

impl Case {
    /// Reads the files of a case.
    ///
    /// # Errors
    /// All findings, when the case is not valid.
    fn read(folder: CaseFolder, name: &str) -> Result<Self, Failure> {
        Ok(Self { data: Arc::new(folder.read(name)?), folder })
    }

    /// The case with other settings: a merge patch of its `config.json`.
    ///
    /// # Errors
    /// All findings, when the settings are not valid.
    pub(crate) fn with_config(&self, patch: &Value) -> Result<Self, Failure> {
        let mut folder = self.folder.clone();
        folder.merge_config(patch)?;
        Self::read(folder, &self.data.name)
    }

    /// What the case says.
    pub(crate) fn data(&self) -> &Arc<CaseData> {
        &self.data
    }

    /// The system under study.
    pub(crate) fn system(&self) -> &System {
        &self.data.study.system
    }

    /// The first digits of the hash as a number.
    pub(crate) fn hash_value(&self) -> u64 {
        self.data.case_hash.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default()
    }
}

/// Cases are equal when all their files are.
impl PartialEq for Case {
    fn eq(&self, other: &Self) -> bool {
        self.data.case_hash == other.data.case_hash
    }
}

#[pymethods]
impl Case {
    #[getter]
    fn name(&self) -> &str {
        &self.data.name
    }
    #[getter]
    fn hash(&self) -> &str {
        &self.data.case_hash
    }
    #[getter]
    fn study_hash(&self) -> &str {
        &self.data.study_hash
    }
    #[getter]
    fn config<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let content = self.folder.get("config.json").map(|content| PyBytes::new(py, content));
        py.import("json")?.call_method1("loads", (content,))
    }
    #[getter]
    fn files<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let files = PyDict::new(py);
        for path in self.folder.paths() {
            files.set_item(path, self.folder.get(path).map(|content| PyBytes::new(py, content)))?;
        }
        Ok(files)
    }
    #[getter]
    fn tables(&self) -> Vec<String> {
        editing::table_names(&self.folder)
    }
    fn table(&self, py: Python<'_>, name: &str) -> PyResult<Table> {
        detached(py, || editing::table(&self.folder, name))
    }
    #[expect(clippy::too_many_arguments, reason = "each is a keyword of its own")]
    #[pyo3(signature = (
        *, config=None, name=None, hydros=None, thermals=None, buses=None, lines=None, stages=None, files=None
    ))]
    fn with_(
        &self,
        py: Python<'_>,
        config: Option<&Bound<'_, PyAny>>,
        name: Option<&str>,
        hydros: Option<&Bound<'_, PyAny>>,
        thermals: Option<&Bound<'_, PyAny>>,
        buses: Option<&Bound<'_, PyAny>>,
        lines: Option<&Bound<'_, PyAny>>,
        stages: Option<&Bound<'_, PyAny>>,
        files: Option<&Bound<'_, PyMapping>>,
    ) -> PyResult<Self> {
        let frames =
            [("hydros", hydros), ("thermals", thermals), ("buses", buses), ("lines", lines), ("stages", stages)];
        let edits = Edits::new(files, &frames, config)?;
        let name = name.unwrap_or(&self.data.name);
        let mut folder = self.folder.clone();
        detached(py, || {
            edits.apply(&mut folder)?;
            Self::read(folder, name)
        })
    }
    #[staticmethod]
    #[pyo3(signature = (files, name="case"))]
    fn from_files(py: Python<'_>, files: &Bound<'_, PyMapping>, name: &str) -> PyResult<Self> {
        let edits = Edits::new(Some(files), &[], None)?;
        detached(py, || {
            let mut folder = CaseFolder::new();
            edits.apply(&mut folder)?;
            Self::read(folder, name)
        })
    }
    #[pyo3(signature = (path, *, overwrite=false, storage_options=None))]
    fn write(
        &self,
        py: Python<'_>,
        path: Place,
        overwrite: bool,
        storage_options: Option<BTreeMap<String, String>>,
    ) -> PyResult<()> {
        let options = store_options(storage_options);
        detached(py, || Ok(self.folder.write_at(&path.location()?, &options, overwrite)?))
    }
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.data.warnings.iter().map(Finding::from).collect::<Vec<_>>())
    }
    #[getter]
    fn n_stages(&self) -> usize {
        self.system().n_stages()
    }
    #[getter]
    fn hydros<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        tuple(slf, slf.get().system().hydros().len(), HydroPlant::new)
    }
    #[getter]
    fn thermals<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        tuple(slf, slf.get().system().thermals().len(), ThermalUnit::new)
    }
    #[getter]
    fn buses<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        tuple(slf, slf.get().system().buses().len(), Bus::new)
    }
    #[getter]
    fn lines<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        tuple(slf, slf.get().system().lines().len(), Line::new)
    }
    #[getter]
    fn stages<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        tuple(slf, slf.get().n_stages(), Stage::new)
    }
    #[getter]
    fn topology(slf: &Bound<'_, Self>) -> Topology {
        Topology::new(slf.clone().unbind())
    }
    #[getter]
    fn inflow_model(slf: &Bound<'_, Self>) -> ParModel {
        ParModel::new(slf.clone().unbind())
    }
    #[getter]
    fn openings(slf: &Bound<'_, Self>) -> OpeningTree {
        OpeningTree::new(slf.clone().unbind())
    }
    fn __eq__(&self, other: &Self) -> bool {
        self == other
    }
    fn __hash__(&self) -> u64 {
        self.hash_value()
    }
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Pickled<'py>> {
        let rebuild = py.import("cobre._cobre.case")?.getattr("_case_of")?;
        Ok((rebuild, (self.data.name.clone(), self.files(py)?)))
    }
    fn __repr__(&self) -> String {
        let system = self.system();
        format!(
            "Case({:?}: {} hydro plants, {} thermal plants, {} buses, {} lines, {} stages)",
            self.data.name,
            system.n_hydros(),
            system.thermals().len(),
            system.buses().len(),
            system.lines().len(),
            system.n_stages()
        )
    }
}

/// What a case is made again from: its name, and its files.
type Pickled<'py> = (Bound<'py, PyAny>, (String, Bound<'py, PyDict>));

/// The case of a name and files: what pickles hold.
#[pyfunction(name = "_case_of")]
fn case_of(py: Python<'_>, name: &str, files: BTreeMap<String, Vec<u8>>) -> PyResult<Case> {
    detached(py, || {
        let mut folder = CaseFolder::new();
        for (path, content) in files {
            folder.insert(&path, content)?;
        }
        Case::read(folder, name)
    })
}
