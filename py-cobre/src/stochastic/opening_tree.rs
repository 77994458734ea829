use cobre_engine::stochastic::OpeningTree as Tree;
use pyo3::prelude::*;

use super::{noise_entities, stage_position};
use crate::case::{Case, PartOfCase, part_of_case};
use crate::views::{array, view};

/// The noise of all openings of a case.
#[pyclass(module = "cobre", frozen)]
pub(crate) struct OpeningTree {
    case: Py<Case>,
}

impl OpeningTree {
    pub(crate) fn new(case: Py<Case>) -> Self {
        Self { case }
    }

    pub(super) fn case(&self) -> &Py<Case> {
        &self.case
    }

    fn tree(&self) -> &Tree {
        &self.case.get().data().study.openings
    }

    /// Number of openings of every stage, if they all have as many.
    fn common_size(&self) -> Option<usize> {
        let tree = self.tree();
        let n_openings = tree.n_openings(0);
        (1..tree.n_stages()).all(|stage| tree.n_openings(stage) == n_openings).then_some(n_openings)
    }

    /// Row-major (opening, stage, component), as many openings as the stage with most of them, NaN where there is none.
    fn padded(&self) -> (usize, Vec<f64>) {
        let tree = self.tree();
        let (n_stages, dimension) = (tree.n_stages(), tree.dimension());
        let n_openings = (0..n_stages).map(|stage| tree.n_openings(stage)).max().unwrap_or(0);
        let mut values = Vec::with_capacity(n_openings * n_stages * dimension);
        for opening in 0..n_openings {
            for stage in 0..n_stages {
                if opening < tree.n_openings(stage) {
                    values.extend_from_slice(tree.noise(stage, opening));
                } else {
                    values.extend(std::iter::repeat_n(f64::NAN, dimension));
                }
            }
        }
        (n_openings, values)
    }
}

#[pymethods]
impl OpeningTree {
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let tree = self.tree();
        let (n_stages, dimension) = (tree.n_stages(), tree.dimension());
        let Some(n_openings) = self.common_size() else {
            let (n_openings, values) = self.padded();
            return array(py, values, &[n_openings, n_stages, dimension]);
        };
        let case = self.case.get().data().clone();
        let by_stage = view(py, case, &[n_stages, n_openings, dimension], |case| case.study.openings.values())?;
        by_stage.call_method1("transpose", (1, 0, 2))
    }
    #[getter]
    fn n_stages(&self) -> usize {
        self.tree().n_stages()
    }
    #[pyo3(signature = (stage))]
    fn n_openings(&self, stage: usize) -> PyResult<usize> {
        Ok(self.tree().n_openings(stage_position(self.case.get(), stage)?))
    }
    #[getter]
    fn entities(&self) -> Vec<(&'static str, i32)> {
        noise_entities(self.case.get())
    }
    fn _address(&self) -> usize {
        self.tree().values().as_ptr().addr()
    }
    fn __eq__(&self, other: &Self) -> bool {
        self.tree() == other.tree() && self.entities() == other.entities()
    }
    fn __hash__(&self) -> u64 {
        self.tree().values().iter().fold(0, |hash, value| hash.rotate_left(7) ^ value.to_bits())
    }
    fn __repr__(&self) -> String {
        let tree = self.tree();
        let openings = match self.common_size() {
            Some(n) => n.to_string(),
            None => "a differing number of".to_owned(),
        };
        format!("OpeningTree({} stages, {openings} openings, {} entities)", tree.n_stages(), tree.dimension())
    }
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<PartOfCase<'py>> {
        part_of_case(py, &self.case, "openings")
    }
}
