//! States as Python gives them, read where they lie.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::buffer::ScalarBuffer;
use arrow::compute::{cast, concat};
use arrow::datatypes::{DataType, Float64Type};
use numpy::{PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::data::listed;
use super::evaluation::StateBatch;
use crate::failure::Failure;
use crate::tables::ArrowInput;

/// One state or many.
pub(super) struct GivenStates<'py> {
    numbers: Numbers<'py>,
    n: usize,
    /// Whether it is one state, whose answer is one number.
    pub(super) is_single: bool,
}

enum Numbers<'py> {
    /// One state, or one state per row.
    Matrix(PyReadonlyArrayDyn<'py, f64>),
    /// One column per component.
    Columns(Vec<Column<'py>>),
}

enum Column<'py> {
    Array(PyReadonlyArrayDyn<'py, f64>),
    Arrow(ScalarBuffer<f64>),
    Repeated(Vec<f64>),
}

impl<'py> GivenStates<'py> {
    /// Reads states of the components `names`: numbers in their order, a dictionary or a frame by name.
    pub(super) fn read(given: &Bound<'py, PyAny>, names: &[String]) -> PyResult<Self> {
        if let Ok(columns) = given.cast::<PyDict>() {
            return Self::of_dict(columns, names);
        }
        // A series is an Arrow object as well, but no table: its numbers are one state.
        if ArrowInput::is_arrow(given)?
            && let Ok(frame) = ArrowInput::take(given)
        {
            return Ok(Self::of_frame(&frame, names)?);
        }
        let array = numbers(given)?;
        let shape = array.shape().to_vec();
        let (n, is_single) = match shape[..] {
            [dimension] if dimension == names.len() => (1, true),
            [n, dimension] if dimension == names.len() => (n, false),
            _ => return Err(shape_error(&shape, names).into()),
        };
        Ok(Self { numbers: Numbers::Matrix(array.readonly()), n, is_single })
    }

    fn of_dict(given: &Bound<'py, PyDict>, names: &[String]) -> PyResult<Self> {
        for key in given.keys() {
            let key: String = key.extract()?;
            if !names.contains(&key) {
                let message = format!("the state has no component `{key}`; it has {}", listed(names));
                return Err(Failure::argument("state", message).into());
            }
        }
        let mut arrays = Vec::with_capacity(names.len());
        let mut n = None;
        for name in names {
            let Some(value) = given.get_item(name)? else {
                return Err(missing(names, |name| given.contains(name).unwrap_or(false)).into());
            };
            let array = numbers(&value)?;
            match *array.shape() {
                [] => {}
                [length] if n.is_none_or(|n| n == length) => n = Some(length),
                [length] => {
                    let n = n.unwrap_or_default();
                    let message = format!("`{name}` has {length} values where another component has {n}");
                    return Err(Failure::argument("state", message).into());
                }
                _ => {
                    let shape = array.shape();
                    let message = format!("`{name}` has shape {shape:?}, a number or one number per state expected");
                    return Err(Failure::argument("state", message).into());
                }
            }
            arrays.push(array);
        }
        let (is_single, n) = (n.is_none(), n.unwrap_or(1));
        let mut columns = Vec::with_capacity(arrays.len());
        for array in arrays {
            let array = array.readonly();
            columns.push(match array.shape() {
                [] => Column::Repeated(vec![array.as_slice().map_or(f64::NAN, |value| value[0]); n]),
                _ => Column::Array(array),
            });
        }
        Ok(Self { numbers: Numbers::Columns(columns), n, is_single })
    }

    fn of_frame(frame: &ArrowInput, names: &[String]) -> Result<Self, Failure> {
        let ArrowInput { schema, batches } = frame;
        let mut columns = Vec::with_capacity(names.len());
        for name in names {
            let Ok(index) = schema.index_of(name) else {
                return Err(missing(names, |name| schema.index_of(name).is_ok()));
            };
            columns.push(Column::Arrow(frame_column(batches, index, name)?));
        }
        let n = batches.iter().map(RecordBatch::num_rows).sum();
        Ok(Self { numbers: Numbers::Columns(columns), n, is_single: false })
    }

    /// The states where they lie. Arrays of one dimension and those that are contiguous by rows or by columns are not
    /// copied.
    pub(super) fn batch(&self, dimension: usize) -> Result<StateBatch<'_>, Failure> {
        match &self.numbers {
            Numbers::Matrix(array) => {
                let values = contiguous(array)?;
                if array.is_c_contiguous() || dimension == 0 {
                    return Ok(StateBatch::from_rows(values, self.n, dimension));
                }
                let columns = (0..dimension).map(|j| &values[j * self.n..(j + 1) * self.n]).collect();
                Ok(StateBatch::from_columns(columns, self.n))
            }
            Numbers::Columns(columns) => {
                let columns: Result<Vec<&[f64]>, Failure> = columns.iter().map(Column::values).collect();
                let columns = columns?;
                if dimension == 0 {
                    return Ok(StateBatch::from_rows(&[], self.n, 0));
                }
                Ok(StateBatch::from_columns(columns, self.n))
            }
        }
    }
}

impl Column<'_> {
    fn values(&self) -> Result<&[f64], Failure> {
        match self {
            Self::Array(array) => contiguous(array),
            Self::Arrow(values) => Ok(values),
            Self::Repeated(values) => Ok(values),
        }
    }
}

fn contiguous<'a>(array: &'a PyReadonlyArrayDyn<'_, f64>) -> Result<&'a [f64], Failure> {
    array.as_slice().map_err(|error| Failure::argument("state", error.to_string()))
}

/// An array of doubles, by rows or by columns without a gap; the very array where it is one.
fn numbers<'py>(given: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArrayDyn<f64>>> {
    let numpy = given.py().import("numpy")?;
    let array = numpy.call_method1("asarray", (given,))?;
    let kind: String = array.getattr("dtype")?.getattr("kind")?.extract()?;
    if !matches!(kind.as_str(), "f" | "i" | "u") {
        let dtype = array.getattr("dtype")?;
        return Err(PyTypeError::new_err(format!("a state is made of numbers; found values of type {dtype}")));
    }
    if let Ok(array) = array.cast::<PyArrayDyn<f64>>()
        && array.readonly().as_slice().is_ok()
    {
        return Ok(array.clone());
    }
    let copied = numpy.call_method1("array", (array, "float64"))?;
    let copied =
        numpy.call_method1("ascontiguousarray", (&copied,))?.call_method1("reshape", (copied.getattr("shape")?,))?;
    Ok(copied.cast_into()?)
}

/// A column of a frame: its own memory where it is one chunk of doubles.
fn frame_column(batches: &[RecordBatch], index: usize, name: &str) -> Result<ScalarBuffer<f64>, Failure> {
    let mut chunks = Vec::with_capacity(batches.len());
    for batch in batches {
        let column = batch.column(index);
        if !column.data_type().is_numeric() {
            let message = format!("the column `{name}` is of type {}, numbers expected", column.data_type());
            return Err(Failure::argument("state", message));
        }
        if column.null_count() > 0 {
            return Err(Failure::argument("state", format!("the column `{name}` has nulls, numbers expected")));
        }
        let column = cast(column, &DataType::Float64);
        chunks.push(column.map_err(|error| Failure::argument("state", error.to_string()))?);
    }
    match &chunks[..] {
        [] => Ok(ScalarBuffer::from(Vec::new())),
        [one] => Ok(one.as_primitive::<Float64Type>().values().clone()),
        several => {
            let several: Vec<&dyn Array> = several.iter().map(AsRef::as_ref).collect();
            let whole = concat(&several).map_err(|error| Failure::argument("state", error.to_string()))?;
            Ok(whole.as_primitive::<Float64Type>().values().clone())
        }
    }
}

fn missing(names: &[String], is_given: impl Fn(&str) -> bool) -> Failure {
    let missing = listed(names.iter().filter(|name| !is_given(name)));
    Failure::argument("state", format!("the state lacks the components {missing}"))
}

fn shape_error(shape: &[usize], names: &[String]) -> Failure {
    let (dimension, names) = (names.len(), listed(names));
    let shape = shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    Failure::argument(
        "state",
        format!("shape ({shape}) found, ({dimension},) or (states, {dimension}) expected: {names}"),
    )
    .with("expected_components", dimension)
}
