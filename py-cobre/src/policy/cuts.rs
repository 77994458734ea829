//! The cuts of a stage as arrays and as an Arrow table.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, FixedSizeListArray, Float64Array, Int32Array, RecordBatch, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use cobre_data::policy::CutColumns;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::data::PolicyData;
use crate::views::view;

/// The arrays of a stage by name: views of the memory of the policy, which they keep alive.
pub(super) fn arrays<'py>(py: Python<'py>, data: &Arc<PolicyData>, stage: usize) -> PyResult<Bound<'py, PyDict>> {
    let cuts = data.cuts(stage);
    let (n, dimension) = (cuts.len(), cuts.dimension);
    let arrays = PyDict::new(py);
    let owner = || Arc::clone(data);
    let ids: Arc<Vec<i64>> = Arc::new((0..n as i64).collect());
    arrays.set_item("ids", view(py, ids, &[n], |ids| &ids[..])?)?;
    arrays.set_item("intercepts", view(py, owner(), &[n], |data| &data.cuts(stage).intercepts[..])?)?;
    let coefficients = view(py, owner(), &[n, dimension], |data| &data.cuts(stage).coefficients[..])?;
    arrays.set_item("coefficients", coefficients)?;
    let is_active = match &cuts.is_active {
        Some(_) => view(py, owner(), &[n], |data| data.cuts(stage).is_active.as_deref().unwrap_or_default())?,
        None => view(py, Arc::new(vec![1u8; n]), &[n], |flags| &flags[..])?,
    };
    arrays.set_item("is_active", is_active.call_method1("view", ("bool",))?)?;
    arrays.set_item("iteration", view(py, owner(), &[n], |data| &data.cuts(stage).iteration[..])?)?;
    arrays.set_item("forward_pass", view(py, owner(), &[n], |data| &data.cuts(stage).trajectory[..])?)?;
    arrays.set_item("times_binding", view(py, owner(), &[n], |data| &data.cuts(stage).times_binding[..])?)?;
    let last = view(py, owner(), &[n], |data| &data.cuts(stage).last_binding_iteration[..])?;
    arrays.set_item("last_binding_iteration", last)?;
    Ok(arrays)
}

/// One row per cut, one batch per stage that has any; numbers are those of the files, not copied.
pub(super) fn table(data: &PolicyData) -> Result<(SchemaRef, Vec<RecordBatch>), ArrowError> {
    let item = Arc::new(Field::new("item", DataType::Float64, false));
    let coefficients = DataType::FixedSizeList(Arc::clone(&item), data.dimension() as i32);
    let field = |name: &str, data_type: DataType, is_nullable: bool| Field::new(name, data_type, is_nullable);
    let schema = Arc::new(Schema::new(vec![
        field("stage_id", DataType::Int32, false),
        field("cut_id", DataType::Int32, false),
        field("iteration", DataType::Int32, false),
        field("forward_pass", DataType::Int32, false),
        field("is_active", DataType::Boolean, false),
        field("intercept", DataType::Float64, false),
        field("times_binding", DataType::UInt64, false),
        field("last_binding_iteration", DataType::Int32, false),
        field("coefficients", coefficients, false),
    ]));
    let stages = (0..data.n_stages()).map(|stage| data.cuts(stage)).filter(|cuts| !cuts.is_empty());
    let batches = stages.map(|cuts| RecordBatch::try_new(Arc::clone(&schema), columns(cuts, &item)?));
    let batches = batches.collect::<Result<Vec<_>, ArrowError>>()?;
    Ok((schema, batches))
}

fn columns(cuts: &CutColumns, item: &Arc<Field>) -> Result<Vec<ArrayRef>, ArrowError> {
    let n = cuts.len();
    let coefficients = Arc::new(Float64Array::new(cuts.coefficients.clone(), None));
    let width = cuts.dimension as i32;
    Ok(vec![
        Arc::new(Int32Array::from_value(cuts.stage.stage_id, n)),
        Arc::new(Int32Array::from_iter_values(0..n as i32)),
        Arc::new(Int32Array::new(cuts.iteration.clone(), None)),
        Arc::new(Int32Array::new(cuts.trajectory.clone(), None)),
        Arc::new((0..n).map(|id| Some(cuts.is_active(id))).collect::<BooleanArray>()),
        Arc::new(Float64Array::new(cuts.intercepts.clone(), None)),
        Arc::new(UInt64Array::new(cuts.times_binding.clone(), None)),
        Arc::new(Int32Array::new(cuts.last_binding_iteration.clone(), None)),
        Arc::new(FixedSizeListArray::try_new(Arc::clone(item), width, coefficients, None)?),
    ])
}
