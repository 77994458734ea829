//! The border between Arrow and Polars, which both lay out arrays in memory as the Arrow C data interface says.

#![allow(unsafe_code)]

use std::mem::transmute;

use arrow::array::Array;
use arrow::datatypes::Field;
use arrow::error::ArrowError;
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use polars::error::PolarsResult;
use polars_arrow::array::ArrayRef as PolarsArray;
use polars_arrow::datatypes::Field as PolarsField;
use polars_arrow::ffi::{ArrowArray, ArrowSchema, import_array_from_c, import_field_from_c};

/// A field as Polars describes it.
///
/// # Errors
/// When the type cannot be exported; in the inner result, when Polars does not have it.
pub(crate) fn import_field(field: &Field) -> Result<PolarsResult<PolarsField>, ArrowError> {
    let exported = FFI_ArrowSchema::try_from(field)?;
    // SAFETY: both types are the `ArrowSchema` of the C data interface, whose layout is fixed. The value is moved, so
    // that it is released once, by its new owner.
    let schema = unsafe { transmute::<FFI_ArrowSchema, ArrowSchema>(exported) };
    // SAFETY: arrow-rs made the schema, and it is valid until it is dropped at the end of this function.
    Ok(unsafe { import_field_from_c(&schema) })
}

/// An array with the buffers of `array`, which live until both are dropped. `field` is what [`import_field`] gave for its
/// type.
pub(crate) fn import_array(array: &dyn Array, field: &PolarsField) -> PolarsResult<PolarsArray> {
    let exported = FFI_ArrowArray::new(&array.to_data());
    // SAFETY: both types are the `ArrowArray` of the C data interface, whose layout is fixed. The value is moved, so that
    // it is released once, by its new owner.
    let array = unsafe { transmute::<FFI_ArrowArray, ArrowArray>(exported) };
    // SAFETY: arrow-rs made the array from valid data of the type that the field was made from. Nobody writes to its
    // buffers: arrow-rs shares them read only.
    unsafe { import_array_from_c(array, field.dtype.clone()) }
}
