use std::collections::BTreeMap;
use std::sync::Arc;

use cobre_data::output::{FileEntry, TableFile, TableScan};
use cobre_data::store::Store;
use pyo3::prelude::*;

use crate::detached::detached;
use crate::failure::Failure;
use crate::tables::Table;

/// A table of a run, for whoever reads parts of it.
#[pyclass(module = "cobre._cobre.outputs", name = "_TableParts", frozen)]
pub(crate) struct TableParts {
    name: String,
    scan: Arc<TableScan>,
    paths: Option<Vec<String>>,
}

impl TableParts {
    pub(super) fn new(name: &str, scan: TableScan, store: &Store) -> Self {
        let path = |file: &FileEntry| store.location(&file.path).to_string_lossy().into_owned();
        let paths = store.is_local().then(|| scan.files().iter().map(path).collect());
        Self { name: name.to_owned(), scan: Arc::new(scan), paths }
    }

    fn file(&self, at: usize) -> Result<&FileEntry, Failure> {
        self.scan.files().get(at).ok_or_else(|| Failure::argument("at", format!("there is no file {at}")))
    }
}

#[pymethods]
impl TableParts {
    /// The table without rows.
    fn empty(&self) -> Table {
        Table::new(&self.name, Arc::clone(self.scan.schema()), Vec::new())
    }

    #[getter]
    fn n_files(&self) -> usize {
        self.scan.files().len()
    }

    /// Paths of the files, where they lie on a disk.
    #[getter]
    fn paths(&self) -> Option<Vec<String>> {
        self.paths.clone()
    }

    /// Columns that live in the path, with their values.
    fn partition(&self, at: usize) -> PyResult<BTreeMap<String, i64>> {
        Ok(self.file(at)?.partition.clone())
    }

    /// Smallest and largest value of columns of a file, as far as the manifest tells.
    fn bounds(&self, at: usize) -> PyResult<BTreeMap<String, (i64, i64)>> {
        Ok(self.scan.bounds(self.file(at)?))
    }

    /// Opens a file.
    fn open(&self, py: Python<'_>, at: usize) -> PyResult<FileParts> {
        let file = self.file(at)?;
        let opened = detached(py, || Ok(self.scan.open(file)?))?;
        Ok(FileParts { name: self.name.clone(), scan: Arc::clone(&self.scan), file: opened })
    }

    fn __repr__(&self) -> String {
        format!("_TableParts({})", self.name)
    }
}

/// A file of a table.
#[pyclass(module = "cobre._cobre.outputs", name = "_FileParts", frozen)]
pub(crate) struct FileParts {
    name: String,
    scan: Arc<TableScan>,
    file: TableFile,
}

#[pymethods]
impl FileParts {
    #[getter]
    fn n_groups(&self) -> usize {
        self.file.n_row_groups()
    }

    /// Smallest and largest value of columns of a row group.
    fn bounds(&self, group: usize) -> PyResult<BTreeMap<String, (i64, i64)>> {
        self.check(group)?;
        Ok(self.file.row_group_bounds(group))
    }

    /// Some columns of a row group.
    fn read(&self, py: Python<'_>, columns: Vec<String>, group: usize) -> PyResult<Table> {
        self.check(group)?;
        let schema = self.scan.projected(Some(&columns));
        let batches = detached(py, || Ok(self.file.read(&schema, &[group])?))?;
        Ok(Table::new(&self.name, schema, batches))
    }
}

impl FileParts {
    fn check(&self, group: usize) -> Result<(), Failure> {
        if group < self.file.n_row_groups() {
            return Ok(());
        }
        Err(Failure::argument("group", format!("there is no row group {group}")))
    }
}
