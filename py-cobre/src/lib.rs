//! The extension module of the Python package `cobre`. It registers; what it registers is in one file each, with a stub
//! of the same name under `python/cobre/_cobre`.

mod detached;
mod failure;
mod threads;

use pyo3::prelude::*;

/// Registers the contents of a submodule.
type Register = fn(&Bound<'_, PyModule>) -> PyResult<()>;

const SUBMODULES: &[(&str, Register)] = &[("threads", threads::register)];

#[pymodule]
fn _cobre(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    let modules = py.import("sys")?.getattr("modules")?;
    for (name, register) in SUBMODULES {
        let full_name = format!("cobre._cobre.{name}");
        let submodule = PyModule::new(py, &full_name)?;
        register(&submodule)?;
        module.add(*name, &submodule)?;
        modules.set_item(full_name, submodule)?;
    }
    Ok(())
}
