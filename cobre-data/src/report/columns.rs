use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, UInt32Type, UInt64Type};

/// Columns of a batch by name, as numbers; missing values are none.
pub(super) struct Columns<'a>(pub(super) &'a RecordBatch);

impl Columns<'_> {
    /// Values of a numeric column; none when the run was written without it.
    pub(super) fn numbers(&self, name: &str) -> Option<Vec<Option<f64>>> {
        let column = self.0.column_by_name(name)?;
        let n = column.len();
        let at = |i: usize| -> Option<f64> {
            if column.is_null(i) {
                return None;
            }
            if let Some(values) = column.as_primitive_opt::<Float64Type>() {
                return Some(values.value(i));
            }
            if let Some(values) = column.as_primitive_opt::<Int32Type>() {
                return Some(f64::from(values.value(i)));
            }
            if let Some(values) = column.as_primitive_opt::<Int64Type>() {
                return Some(values.value(i) as f64);
            }
            if let Some(values) = column.as_primitive_opt::<UInt32Type>() {
                return Some(f64::from(values.value(i)));
            }
            column.as_primitive_opt::<UInt64Type>().map(|values| values.value(i) as f64)
        };
        Some((0..n).map(at).collect())
    }

    /// Values of a text column.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let column = self.0.column_by_name(name)?.as_string_opt::<i32>()?;
        Some((0..column.len()).map(|i| column.value(i).to_string()).collect())
    }
}
