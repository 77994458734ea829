use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3_arrow::input::AnyRecordBatch;

use crate::detached::detached;
use crate::failure::Failure;

/// What Python gives as a table: any object with `__arrow_c_stream__` or `__arrow_c_array__`, of Polars, pyarrow,
/// pandas, `DuckDB` or this package.
pub(crate) struct ArrowInput {
    pub(crate) schema: SchemaRef,
    pub(crate) batches: Vec<RecordBatch>,
}

impl ArrowInput {
    /// Takes the batches of an object over, without a copy.
    ///
    /// # Errors
    /// `TypeError` when it is no Arrow object, [`Failure`] when its stream fails.
    pub(crate) fn take(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if !Self::is_arrow(object)? {
            let found = object.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "a table is an object with __arrow_c_stream__ or __arrow_c_array__ (Polars, pyarrow, pandas, DuckDB), \
                 found {found}"
            )));
        }
        let reader = object.extract::<AnyRecordBatch>()?.into_reader()?;
        let schema = reader.schema();
        // A stream of Python takes the lock by itself when it needs it.
        let batches = detached(object.py(), || {
            reader.collect::<Result<_, _>>().map_err(|error| {
                let failure = Failure::argument("data", error.to_string());
                let typed = "give columns without a value a type: not every library hands columns of type null on";
                if error.to_string().contains("\"Null\"") { failure.suggest(typed) } else { failure }
            })
        })?;
        Ok(Self { schema, batches })
    }

    /// Whether an object can be taken over.
    pub(crate) fn is_arrow(object: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(object.hasattr("__arrow_c_stream__")? || object.hasattr("__arrow_c_array__")?)
    }
}
