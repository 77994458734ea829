use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cobre_data::output::{Manifest, committed_runs};
use cobre_data::store::{Location, Store, StoreOptions};
use cobre_sql::Attachment;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use super::batches::Batches;
use super::opened::Opened;
use super::parts::TableParts;
use crate::detached::detached;
use crate::failure::Failure;
use crate::memory_place::MemoryPlace;
use crate::place::{Place, store_options};
use crate::policy::{Policy, PolicyData};
use crate::sql::{Question, Source};
use crate::tables::Table;

/// A committed run of an output root.
#[pyclass(module = "cobre", frozen)]
pub(crate) struct Outputs {
    location: Location,
    options: StoreOptions,
    store: Store,
    /// Where results in memory are kept as a run, as long as they are asked for.
    kept: Option<MemoryPlace>,
    /// The run that was asked for; none for the newest.
    wanted: Option<u32>,
    /// None once it is closed.
    opened: Mutex<Option<Opened>>,
}

#[pyfunction]
#[pyo3(signature = (url, *, run = None, storage_options = None))]
pub(super) fn open(
    py: Python<'_>,
    url: Place,
    run: Option<u32>,
    storage_options: Option<BTreeMap<String, String>>,
) -> PyResult<Outputs> {
    let options = store_options(storage_options);
    let location = url.location()?;
    detached(py, || Outputs::open(location, options, run))
}

impl Outputs {
    /// Opens a run of a root, the newest where none is asked for.
    pub(crate) fn open(location: Location, options: StoreOptions, run: Option<u32>) -> Result<Self, Failure> {
        // The place stays the same when the working directory changes.
        let absolute = location.as_path().map(std::path::absolute).transpose();
        let absolute = absolute.map_err(|error| Failure::argument("url", error.to_string()))?;
        let location = match absolute {
            Some(path) => Location::parse(&path.to_string_lossy())?,
            None => location,
        };
        let store = Store::open(&location, &options)?;
        let opened = Opened::find(&store, run, None)?;
        Ok(Self { location, options, store, kept: None, wanted: run, opened: Mutex::new(Some(opened)) })
    }

    /// The only run of a place in memory, which lasts as long as this.
    pub(crate) fn kept_in(place: MemoryPlace) -> Result<Self, Failure> {
        let outputs = Self::open(place.location().clone(), StoreOptions::default(), None)?;
        Ok(Self { kept: Some(place), ..outputs })
    }

    /// What the run says of itself.
    pub(crate) fn run_manifest(&self) -> Result<Manifest, Failure> {
        Ok(self.opened()?.run.manifest().clone())
    }

    /// The policy of the run.
    ///
    /// # Errors
    /// When it has none, or it cannot be read.
    pub(crate) fn policy_data(&self) -> Result<PolicyData, Failure> {
        let opened = self.opened()?;
        let Some(policy) = opened.run.manifest().policy.as_ref() else {
            let message = format!("run {} of {} has no policy", opened.record.run, self.location);
            return Err(Failure::argument("run", message));
        };
        PolicyData::load(&self.location.join(&policy.path), &self.options)
    }

    fn state(&self) -> MutexGuard<'_, Option<Opened>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn opened(&self) -> Result<Opened, Failure> {
        let opened = self.state().clone(); // The lock is free again when the failure looks at the state.
        opened.ok_or_else(|| Failure::closed(&self.to_string()))
    }

    /// A table, read whole.
    pub(crate) fn table(&self, py: Python<'_>, name: &str) -> PyResult<Table> {
        let opened = self.opened()?;
        detached(py, || opened.read(name))
    }

    /// The run as SQL knows it, under a name.
    pub(crate) fn source(&self, name: &str) -> Result<Source, Failure> {
        let run = self.opened()?.record.run;
        let attachment = Attachment { name: name.to_owned(), location: self.location.clone(), run: Some(run) };
        Ok(Source::Opened { attachment, store: self.store.clone() })
    }

    /// Where it is, such that another process finds it.
    fn address(&self) -> Result<String, Failure> {
        let location = self.location.to_string();
        if self.location.is_memory() {
            let message = format!("{location} lives in this process only and cannot be pickled");
            return Err(Failure::unsupported(message).suggest("write the results to a folder or a bucket"));
        }
        Ok(location)
    }
}

impl std::fmt::Display for Outputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &*self.state() {
            Some(opened) => write!(f, "Outputs({}, run {})", self.location, opened.record.run),
            None => write!(f, "Outputs({}, closed)", self.location),
        }
    }
}

#[pymethods]
impl Outputs {
    #[getter]
    fn url(&self) -> String {
        self.location.to_string()
    }

    #[getter]
    fn run(&self) -> PyResult<u32> {
        Ok(self.opened()?.record.run)
    }

    #[getter]
    fn runs(&self, py: Python<'_>) -> PyResult<Vec<u32>> {
        self.opened()?;
        detached(py, || Ok(committed_runs(&self.store)?))
    }

    #[getter]
    pub(crate) fn names(&self) -> PyResult<Vec<String>> {
        Ok(self.opened()?.names())
    }

    #[getter]
    fn manifest<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let opened = self.opened()?;
        let text = serde_json::to_string(opened.run.manifest());
        let text = text.map_err(|error| Failure::panic(&format!("a manifest is no JSON: {error}")))?;
        py.import("json")?.call_method1("loads", (text,))
    }

    #[getter]
    fn closed(&self) -> bool {
        self.state().is_none()
    }

    fn __len__(&self) -> PyResult<usize> {
        Ok(self.opened()?.run.manifest().tables.len())
    }

    fn __contains__(&self, name: &str) -> PyResult<bool> {
        Ok(self.opened()?.resolve(name).is_ok())
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        PyList::new(py, self.opened()?.names())?.call_method0("__iter__")
    }

    fn __getitem__(&self, py: Python<'_>, name: &str) -> PyResult<Table> {
        self.table(py, name)
    }

    pub(crate) fn scan<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        py.import("cobre._scan")?.call_method1("scan", (self.table_parts(py, name)?,))
    }

    #[pyo3(name = "_parts")]
    fn table_parts(&self, py: Python<'_>, name: &str) -> PyResult<TableParts> {
        let opened = self.opened()?;
        detached(py, || {
            let qualified = opened.resolve(name)?;
            Ok(TableParts::new(qualified, opened.scan(qualified)?, &self.store))
        })
    }

    fn batches(&self, py: Python<'_>, name: &str) -> PyResult<Batches> {
        let opened = self.opened()?;
        detached(py, || {
            let qualified = opened.resolve(name)?;
            Ok(Batches::new(qualified, opened.scan(qualified)?))
        })
    }

    #[pyo3(signature = (query, parameters = None, *, memory_limit = None, **tables))]
    pub(crate) fn sql(
        &self,
        py: Python<'_>,
        query: &str,
        parameters: Option<&Bound<'_, PyAny>>,
        memory_limit: Option<usize>,
        tables: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Table> {
        let opened = self.opened()?;
        let mut question = Question::new(query, parameters, memory_limit, &self.options)?;
        if memory_limit.is_none() && tables.is_none_or(PyDictMethods::is_empty) {
            let session = if let Some(session) = opened.session {
                session
            } else {
                let session = Arc::new(question.session(py, vec![self.source("study")?])?);
                // Another thread may have done the same: either will do.
                if let Some(opened) = &mut *self.state() {
                    opened.session = Some(Arc::clone(&session));
                }
                session
            };
            return question.ask(py, &session);
        }
        question.attach(Some(self.source("study")?), tables)?;
        question.answer(py)
    }

    fn policy(&self, py: Python<'_>) -> PyResult<Policy> {
        let data = detached(py, || self.policy_data())?;
        Ok(Policy::new(Arc::new(data)))
    }

    fn refresh(&self, py: Python<'_>) -> PyResult<bool> {
        let earlier = self.opened()?;
        let now = detached(py, || Opened::find(&self.store, self.wanted, Some(&earlier)))?;
        let is_other = now.record != earlier.record;
        if let Some(opened) = self.state().as_mut().filter(|_| is_other) {
            *opened = now;
        }
        Ok(is_other)
    }

    fn close(&self) {
        *self.state() = None;
    }

    fn __enter__(slf: PyRef<'_, Self>) -> PyResult<PyRef<'_, Self>> {
        slf.opened()?;
        Ok(slf)
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        self.close();
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let module = py.import("cobre._cobre.outputs")?;
        if let Some(place) = &self.kept {
            self.opened()?;
            let files = PyDict::new(py);
            for (path, content) in detached(py, || place.files())? {
                files.set_item(path, PyBytes::new(py, &content))?;
            }
            return Ok((module.getattr("_outputs_from_files")?, (files,).into_pyobject(py)?));
        }
        let reopen = module.getattr("_reopen")?;
        let options = PyDict::new(py);
        for (key, value) in &self.options.0 {
            options.set_item(key, value)?;
        }
        Ok((reopen, (self.address()?, self.opened()?.record.run, options).into_pyobject(py)?))
    }

    fn __repr__(&self) -> String {
        self.to_string()
    }

    fn _repr_html_(&self, py: Python<'_>) -> PyResult<String> {
        let opened = self.opened()?;
        let escape = |text: &str| -> PyResult<String> { py.import("html")?.call_method1("escape", (text,))?.extract() };
        let mut rows = String::new();
        for (name, table) in &opened.run.manifest().tables {
            let (name, n_rows, n_files) = (escape(name)?, table.rows, table.files.len());
            let right = "style=\"text-align: right\"";
            let cells = [format!("<td><code>{name}</code></td>"), format!("<td {right}>{n_rows}</td>")];
            rows.extend(["<tr>", &cells.concat(), &format!("<td {right}>{n_files}</td>"), "</tr>"]);
        }
        let title = escape(&self.to_string())?;
        Ok(format!(
            "<p><code>{title}</code></p>\n<table><thead><tr><th>table</th><th>rows</th><th>files</th></tr></thead>\
             <tbody>{rows}</tbody></table>"
        ))
    }
}

#[pyfunction]
pub(super) fn _reopen(
    py: Python<'_>,
    url: Place,
    run: u32,
    storage_options: BTreeMap<String, String>,
) -> PyResult<Outputs> {
    open(py, url, Some(run), Some(storage_options))
}

#[pyfunction]
pub(super) fn _outputs_from_files(py: Python<'_>, files: BTreeMap<String, Vec<u8>>) -> PyResult<Outputs> {
    detached(py, || {
        let place = MemoryPlace::new()?;
        for (path, content) in files {
            place.store().replace(&path, content)?;
        }
        Outputs::kept_in(place)
    })
}
