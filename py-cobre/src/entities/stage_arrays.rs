//! What differs from stage to stage, as arrays.

use pyo3::prelude::*;

use crate::views::array;

/// One number per stage, shape (stages,).
pub(super) fn by_stage<'py, S>(py: Python<'py>, stages: &[S], of: impl Fn(&S) -> f64) -> PyResult<Bound<'py, PyAny>> {
    array(py, stages.iter().map(of).collect(), &[stages.len()])
}

/// One number per block, shape (stages, blocks), as many blocks as the stage with most of them; NaN where a stage has
/// fewer.
pub(super) fn by_block<'py, S, B>(
    py: Python<'py>,
    stages: &[S],
    blocks: impl Fn(&S) -> &[B],
    of: impl Fn(&B) -> f64,
) -> PyResult<Bound<'py, PyAny>> {
    let n_blocks = stages.iter().map(|stage| blocks(stage).len()).max().unwrap_or(0);
    let mut numbers = Vec::with_capacity(stages.len() * n_blocks);
    for stage in stages {
        let missing = n_blocks - blocks(stage).len();
        numbers.extend(blocks(stage).iter().map(&of));
        numbers.extend(std::iter::repeat_n(f64::NAN, missing));
    }
    array(py, numbers, &[stages.len(), n_blocks])
}
