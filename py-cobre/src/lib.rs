//! The extension module of the Python package `cobre`. It registers; what it registers is in one file each, with a stub
//! of the same name under `python/cobre/_cobre`.

// What Python hands over belongs to the function that takes it.
#![allow(clippy::needless_pass_by_value)]

mod attended;
mod case;
mod detached;
mod entities;
mod events;
mod expressions;
mod failure;
mod json;
mod memory_place;
mod outputs;
mod place;
mod policy;
mod progress;
mod results;
mod simulation;
mod sql;
mod stochastic;
mod tables;
mod testing;
mod threads;
mod training;
mod views;
mod waiting;
mod work;

use pyo3::prelude::*;

/// Registers the contents of a submodule.
type Register = fn(&Bound<'_, PyModule>) -> PyResult<()>;

const SUBMODULES: &[(&str, Register)] = &[
    ("case", case::register),
    ("entities", entities::register),
    ("expressions", expressions::register),
    ("outputs", outputs::register),
    ("policy", policy::register),
    ("sql", sql::register),
    ("simulation", simulation::register),
    ("stochastic", stochastic::register),
    ("tables", tables::register),
    ("testing", testing::register),
    ("threads", threads::register),
    ("training", training::register),
];

#[pymodule]
fn _cobre(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    let modules = py.import("sys")?.getattr("modules")?;
    for (name, register) in SUBMODULES {
        let full_name = format!("cobre._cobre.{name}");
        let submodule = PyModule::new(py, &full_name)?;
        register(&submodule)?;
        // What is there is said by the stub.
        submodule.delattr("__all__")?;
        module.add(*name, &submodule)?;
        modules.set_item(full_name, submodule)?;
    }
    module.delattr("__all__")
}
