//! Outputs on a disk, in an object store or in memory, by their manifests.

mod batches;
mod opened;
mod output_root;
mod parts;

use pyo3::prelude::*;

pub(crate) use output_root::Outputs;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Outputs>()?;
    module.add_class::<batches::Batches>()?;
    module.add_class::<parts::TableParts>()?;
    module.add_class::<parts::FileParts>()?;
    module.add_function(wrap_pyfunction!(output_root::_outputs_from_files, module)?)?;
    module.add_function(wrap_pyfunction!(output_root::_reopen, module)?)?;
    module.add_function(wrap_pyfunction!(output_root::open, module)?)
}
