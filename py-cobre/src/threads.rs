//! How many threads training and simulation use by default.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use pyo3::prelude::*;

use crate::failure::Failure;

/// 0: as many as there are cores.
static CHOSEN: AtomicUsize = AtomicUsize::new(0);

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(set_threads, module)?)?;
    module.add_function(wrap_pyfunction!(get_threads, module)?)
}

/// The number to work with: what was asked for, else the default.
pub(crate) fn n_threads(asked: Option<usize>) -> Result<usize, Failure> {
    match asked {
        Some(0) => Err(Failure::argument("threads", "at least 1 is needed, found 0")),
        Some(n) => Ok(n),
        None => Ok(get_threads()),
    }
}

#[pyfunction]
#[pyo3(signature = (n))]
fn set_threads(n: Option<usize>) -> PyResult<()> {
    if n == Some(0) {
        return Err(Failure::argument("n", "at least 1 thread is needed, found 0").into());
    }
    CHOSEN.store(n.unwrap_or(0), Ordering::Relaxed);
    Ok(())
}

#[pyfunction]
fn get_threads() -> usize {
    match CHOSEN.load(Ordering::Relaxed) {
        0 => available_parallelism().map_or(1, NonZero::get),
        n => n,
    }
}
