use std::collections::BTreeMap;

use cobre_data::case::{CaseFolder, case_name};
use pyo3::prelude::*;

use super::Case;
use crate::detached::detached;
use crate::place::{Place, store_options};

/// Reads cases.
#[pyclass(module = "cobre", frozen)]
pub(super) struct CaseLoader;

#[pymethods]
impl CaseLoader {
    #[staticmethod]
    #[pyo3(signature = (path, storage_options=None))]
    fn load(py: Python<'_>, path: Place, storage_options: Option<BTreeMap<String, String>>) -> PyResult<Case> {
        let options = store_options(storage_options);
        detached(py, || {
            let location = path.location()?;
            Case::read(CaseFolder::read_at(&location, &options)?, &case_name(&location))
        })
    }
}
