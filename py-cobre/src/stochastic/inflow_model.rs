use std::sync::Arc;

use cobre_engine::stochastic::inflow_paths;
use pyo3::prelude::*;

use super::inflow_arrays::InflowArrays;
use super::sample::Sample;
use super::stage_position;
use crate::case::{Case, PartOfCase, part_of_case};
use crate::detached::detached;
use crate::views::{array, view};

/// The periodic autoregressive inflow model of a case.
#[pyclass(module = "cobre", name = "PARModel", frozen)]
pub(crate) struct ParModel {
    case: Py<Case>,
    arrays: Arc<InflowArrays>,
}

impl ParModel {
    pub(crate) fn new(case: Py<Case>) -> Self {
        let arrays = Arc::new(InflowArrays::of(case.get().data()));
        Self { case, arrays }
    }

    /// Numbers of stages and plants.
    fn shape(&self) -> [usize; 2] {
        let system = self.case.get().system();
        [system.n_stages(), system.n_hydros()]
    }

    fn matrix<'py>(
        &self,
        py: Python<'py>,
        of: impl for<'a> FnOnce(&'a InflowArrays) -> &'a [f64],
    ) -> PyResult<Bound<'py, PyAny>> {
        view(py, Arc::clone(&self.arrays), &self.shape(), of)
    }

    fn coefficients<'py>(
        &self,
        py: Python<'py>,
        of: impl for<'a> FnOnce(&'a InflowArrays) -> &'a [f64],
    ) -> PyResult<Bound<'py, PyAny>> {
        let [n_stages, n_hydros] = self.shape();
        view(py, Arc::clone(&self.arrays), &[n_stages, n_hydros, self.order()], of)
    }
}

#[pymethods]
impl ParModel {
    #[getter]
    fn order(&self) -> usize {
        self.case.get().data().study.inflow.max_order
    }
    #[getter]
    fn hydro_ids(&self) -> Vec<i32> {
        self.case.get().system().hydros().iter().map(|hydro| hydro.id).collect()
    }
    #[getter]
    fn stage_ids(&self) -> Vec<i32> {
        self.case.get().system().stages().iter().map(|stage| stage.id).collect()
    }
    #[getter]
    fn seasonal_means<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.matrix(py, |arrays| &arrays.means)
    }
    #[getter]
    fn seasonal_standard_deviations<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.matrix(py, |arrays| &arrays.standard_deviations)
    }
    #[getter]
    fn ar_coefficients<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.coefficients(py, |arrays| &arrays.ar_coefficients)
    }
    #[getter]
    fn lag_coefficients<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.coefficients(py, |arrays| &arrays.lag_coefficients)
    }
    #[getter]
    fn base_inflow_m3s<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.matrix(py, |arrays| &arrays.base)
    }
    #[getter]
    fn residual_standard_deviations<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.matrix(py, |arrays| &arrays.residual_standard_deviations)
    }
    #[pyo3(signature = (stage=0))]
    fn correlation<'py>(&self, py: Python<'py>, stage: usize) -> PyResult<Bound<'py, PyAny>> {
        let case = self.case.get();
        let stage = stage_position(case, stage)?;
        let n = case.data().study.openings.dimension();
        let correlation = &case.data().stochastic.correlation;
        let profile = correlation.stage_profile.get(stage).copied().flatten();
        let mut matrix = vec![0.0; n * n];
        for i in 0..n {
            matrix[i * n + i] = 1.0;
        }
        for group in profile.map_or(&[][..], |profile| &correlation.profiles[profile]) {
            for (row, values) in group.components.iter().zip(group.matrix.chunks(group.components.len().max(1))) {
                for (column, value) in group.components.iter().zip(values) {
                    matrix[row * n + column] = *value;
                }
            }
        }
        array(py, matrix, &[n, n])
    }
    #[pyo3(signature = (n, *, seed=None, phase="training", iteration=1))]
    fn sample_inflow<'py>(
        &self,
        py: Python<'py>,
        n: usize,
        seed: Option<u64>,
        phase: &str,
        iteration: u32,
    ) -> PyResult<Bound<'py, PyAny>> {
        let case = self.case.get().data();
        let sample = Sample::new(case, n, seed, phase, iteration)?;
        let inflow = detached(py, || {
            let study = &case.study;
            let lags = &study.system.initial().inflow_lags_m3s;
            let truncates = study.inflow_non_negativity.truncates();
            Ok(inflow_paths(&study.inflow, lags, truncates, &sample.noise(), study.openings.dimension()))
        })?;
        let [n_stages, n_hydros] = self.shape();
        array(py, inflow, &[n, n_stages, n_hydros])
    }
    fn _address(&self) -> usize {
        self.arrays.means.as_ptr().addr()
    }
    fn __eq__(&self, other: &Self) -> bool {
        let (own, others) = (self.case.get().data(), other.case.get().data());
        own.study.inflow == others.study.inflow
            && own.stochastic == others.stochastic
            && self.hydro_ids() == other.hydro_ids()
    }
    fn __hash__(&self) -> u64 {
        self.arrays.means.iter().fold(0, |hash, value| hash.rotate_left(7) ^ value.to_bits())
    }
    fn __repr__(&self) -> String {
        let [n_stages, n_hydros] = self.shape();
        format!("PARModel(order {}, {n_stages} stages, {n_hydros} hydro plants)", self.order())
    }
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<PartOfCase<'py>> {
        part_of_case(py, &self.case, "inflow_model")
    }
}
