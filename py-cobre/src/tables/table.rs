use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Field, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Schema, SchemaRef, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use cobre_data::output::schema::TABLES;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyDict, PyList};

use super::column::{Column, DESCRIPTION, UNIT};
use super::input::ArrowInput;
use super::stream::{schema_capsule, stream_capsule};
use crate::detached::detached;
use crate::failure::Failure;
use crate::views::{Element, view};

/// What `_table_from_ipc` takes: the name, and the table as a stream of Arrow.
type Content<'py> = (String, Bound<'py, PyBytes>);

/// Rows of one kind in memory, in the chunks they were made in.
#[pyclass(module = "cobre", frozen)]
pub(crate) struct Table {
    name: String,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Table {
    /// A table of `batches`, all with the fields of `schema`; none of them is copied. A table of results is known by its
    /// qualified name, such as `simulation/hydros`: its columns get their units and meanings.
    pub(crate) fn new(name: &str, schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self { name: name.to_owned(), schema: described(name, schema), batches }
    }

    /// Its columns, with units and meanings as metadata of the fields.
    pub(crate) fn arrow_schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(crate) fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    fn position(&self, column: &str) -> Result<usize, Failure> {
        self.schema.index_of(column).map_err(|_| {
            let known: Vec<&str> = self.schema.fields().iter().map(|field| field.name().as_str()).collect();
            let message = format!("table {} has no column `{column}`; its columns: {}", self.name, known.join(", "));
            Failure::argument("column", message)
        })
    }

    /// The chunks of a column.
    fn arrays(&self, column: &str) -> Result<Vec<ArrayRef>, Failure> {
        let position = self.position(column)?;
        Ok(self.batches.iter().map(|batch| Arc::clone(batch.column(position))).collect())
    }

    /// The first `n` rows.
    fn first(&self, n: usize) -> Self {
        let mut left = n;
        let mut batches = Vec::new();
        for batch in &self.batches {
            let taken = left.min(batch.num_rows());
            if taken > 0 {
                batches.push(batch.slice(0, taken));
            }
            left -= taken;
        }
        Self { name: self.name.clone(), schema: Arc::clone(&self.schema), batches }
    }
}

/// The schema of a table with what is known of its columns by its name.
fn described(name: &str, schema: SchemaRef) -> SchemaRef {
    let Some(table) = TABLES.iter().find(|table| table.qualified_name() == name) else { return schema };
    let described = |field: &Arc<Field>| {
        let Some(column) = table.columns.iter().find(|column| column.name == field.name()) else {
            return Arc::clone(field);
        };
        let mut metadata: HashMap<String, String> = field.metadata().clone();
        metadata.insert(DESCRIPTION.to_owned(), column.description.to_owned());
        if !column.unit.is_empty() {
            metadata.insert(UNIT.to_owned(), column.unit.to_owned());
        }
        Arc::new(field.as_ref().clone().with_metadata(metadata))
    };
    let fields: Vec<Arc<Field>> = schema.fields().iter().map(described).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

/// A chunk as a view; none when it has nulls, or is of a type that NumPy has no such memory for.
fn view_of<'py>(py: Python<'py>, array: &ArrayRef) -> PyResult<Option<Bound<'py, PyAny>>> {
    fn typed<'py, T>(py: Python<'py>, array: &ArrayRef) -> PyResult<Option<Bound<'py, PyAny>>>
    where
        T: ArrowPrimitiveType,
        T::Native: Element,
    {
        view(py, Arc::clone(array), &[array.len()], |array| array.as_primitive::<T>().values()).map(Some)
    }
    if array.null_count() > 0 {
        return Ok(None);
    }
    match array.data_type() {
        DataType::Int8 => typed::<Int8Type>(py, array),
        DataType::Int16 => typed::<Int16Type>(py, array),
        DataType::Int32 => typed::<Int32Type>(py, array),
        DataType::Int64 => typed::<Int64Type>(py, array),
        DataType::UInt8 => typed::<UInt8Type>(py, array),
        DataType::UInt16 => typed::<UInt16Type>(py, array),
        DataType::UInt32 => typed::<UInt32Type>(py, array),
        DataType::UInt64 => typed::<UInt64Type>(py, array),
        DataType::Float32 => typed::<Float32Type>(py, array),
        DataType::Float64 => typed::<Float64Type>(py, array),
        _ => Ok(None),
    }
}

#[pymethods]
impl Table {
    #[new]
    #[pyo3(signature = (data, name = "table"))]
    fn py_new(data: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let ArrowInput { schema, batches } = ArrowInput::take(data)?;
        Ok(Self::new(name, schema, batches))
    }

    #[getter(name)]
    fn py_name(&self) -> &str {
        &self.name
    }

    #[getter]
    fn n_rows(&self) -> usize {
        self.rows()
    }

    #[getter]
    fn n_chunks(&self) -> usize {
        self.batches.len()
    }

    #[getter]
    fn columns(&self) -> Vec<&str> {
        self.schema.fields().iter().map(|field| field.name().as_str()).collect()
    }

    #[getter]
    fn schema<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let schema = PyDict::new(py);
        for field in self.schema.fields() {
            schema.set_item(field.name(), Py::new(py, Column::of(field))?)?;
        }
        Ok(schema)
    }

    fn __len__(&self) -> usize {
        self.rows()
    }

    fn __getitem__<'py>(slf: &Bound<'py, Self>, column: &str) -> PyResult<Bound<'py, PyAny>> {
        let (py, table) = (slf.py(), slf.get());
        let position = table.position(column)?;
        if let [batch] = table.batches.as_slice()
            && let Some(view) = view_of(py, batch.column(position))?
        {
            return Ok(view);
        }
        let frame = py.import("polars")?.call_method1("DataFrame", (table.select(position)?,))?;
        let array = frame.call_method1("get_column", (column,))?.call_method0("to_numpy")?;
        array.getattr("flags")?.setattr("writeable", false)?;
        Ok(array)
    }

    fn chunks<'py>(&self, py: Python<'py>, column: &str) -> PyResult<Bound<'py, PyList>> {
        let views = PyList::empty(py);
        for array in self.arrays(column)? {
            let Some(view) = view_of(py, &array)? else {
                let what = if array.null_count() > 0 { "has nulls".to_owned() } else { array.data_type().to_string() };
                let message = format!("column `{column}` cannot be seen as an array of NumPy: {what}");
                return Err(Failure::argument("column", message).suggest("copy it by table[column]").into());
            };
            views.append(view)?;
        }
        Ok(views)
    }

    #[pyo3(signature = (n = 5))]
    fn head(&self, n: usize) -> Self {
        self.first(n)
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        stream_capsule(py, &self.schema, self.batches.clone().into_iter().map(Ok), requested_schema)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.schema)
    }

    fn to_polars<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("polars")?.call_method1("DataFrame", (slf,))
    }

    pub(crate) fn lazy<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::to_polars(slf)?.call_method0("lazy")
    }

    fn to_arrow<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("pyarrow")?.call_method1("table", (slf,))
    }

    fn to_pandas<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::to_arrow(slf)?.call_method0("to_pandas")
    }

    fn _addresses(&self, column: &str) -> PyResult<Vec<usize>> {
        let address = |array: &ArrayRef| {
            let data = array.to_data();
            let width = array.data_type().primitive_width().unwrap_or(0);
            data.buffers().first().map_or(0, |values| values.as_ptr().addr() + data.offset() * width)
        };
        Ok(self.arrays(column)?.iter().map(address).collect())
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Content<'py>)> {
        let (py, table) = (slf.py(), slf.get());
        let rebuild = py.import("cobre._cobre.tables")?.getattr("_table_from_ipc")?;
        let content = detached(py, || table.to_ipc())?;
        Ok((rebuild, (table.name.clone(), PyBytes::new(py, &content))))
    }

    fn __repr__(&self) -> String {
        let (rows, columns, chunks) = (self.rows(), self.schema.fields().len(), self.batches.len());
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        format!(
            "Table({}: {rows} row{} × {columns} column{} in {chunks} chunk{})",
            self.name,
            plural(rows),
            plural(columns),
            plural(chunks)
        )
    }

    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        const SHOWN: usize = 8;
        let (py, table) = (slf.py(), slf.get());
        let first = py.import("polars")?.call_method1("DataFrame", (table.first(SHOWN),))?;
        let html: String = first.call_method0("_repr_html_")?.extract()?;
        let title = py.import("html")?.call_method1("escape", (table.__repr__(),))?;
        Ok(format!("<p><code>{title}</code></p>\n{html}"))
    }
}

impl Table {
    /// One column, whose chunks are those of the table.
    fn select(&self, position: usize) -> Result<Self, Failure> {
        let only = |batch: &RecordBatch| batch.project(&[position]);
        let selected = self.schema.project(&[position]).and_then(|schema| {
            let batches = self.batches.iter().map(only).collect::<Result<_, _>>()?;
            Ok(Self { name: self.name.clone(), schema: Arc::new(schema), batches })
        });
        selected.map_err(|error| Failure::argument("column", error.to_string()))
    }

    fn to_ipc(&self) -> Result<Vec<u8>, Failure> {
        self.write_ipc()
            .map_err(|error| Failure::unsupported(format!("table {} cannot be pickled: {error}", self.name)))
    }

    fn write_ipc(&self) -> Result<Vec<u8>, ArrowError> {
        let mut content = Vec::new();
        let mut writer = StreamWriter::try_new(&mut content, &self.schema)?;
        for batch in &self.batches {
            writer.write(batch)?;
        }
        writer.finish()?;
        drop(writer);
        Ok(content)
    }
}

#[pyfunction]
pub(super) fn _table_from_ipc(py: Python<'_>, name: &str, content: &[u8]) -> PyResult<Table> {
    let damaged = |error: ArrowError| Failure::argument("content", format!("no pickled table: {error}"));
    let (schema, batches) = detached(py, || {
        let reader = StreamReader::try_new(content, None).map_err(damaged)?;
        let schema = reader.schema();
        Ok((schema, reader.collect::<Result<Vec<_>, _>>().map_err(damaged)?))
    })?;
    Ok(Table::new(name, schema, batches))
}
