//! Read-only NumPy views of memory that belongs to Rust.

use std::any::Any;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// A number that NumPy knows.
pub(crate) trait Element: Copy + Send + Sync + 'static {
    /// Kind and size, as NumPy writes them.
    const KIND: &'static str;
}

macro_rules! elements {
    ($($number:ty => $kind:literal),*) => { $(impl Element for $number { const KIND: &'static str = $kind; })* };
}

elements!(i8 => "|i1", i16 => "<i2", i32 => "<i4", i64 => "<i8", u8 => "|u1", u16 => "<u2", u32 => "<u4", u64 => "<u8",
          f32 => "<f4", f64 => "<f8");

// The kinds above are those of a little-endian machine.
const _: () = assert!(cfg!(target_endian = "little"));

/// A NumPy array over the numbers that `part` finds in `owner`, in C order: nothing is copied, nobody can write, and
/// the owner lives as long as the array. `shape` holds as many elements as there are numbers.
pub(crate) fn view<'py, K, T>(
    py: Python<'py>,
    owner: Arc<K>,
    shape: &[usize],
    part: impl for<'a> FnOnce(&'a K) -> &'a [T],
) -> PyResult<Bound<'py, PyAny>>
where
    K: ?Sized + Send + Sync + 'static,
    T: Element,
    Arc<K>: Send + Sync,
{
    let numbers = part(&owner);
    assert_eq!(shape.iter().product::<usize>(), numbers.len(), "a view has as many elements as its owner");
    let address = numbers.as_ptr().addr();
    let memory = Memory { _owner: Box::new(owner), address, kind: T::KIND, shape: shape.to_vec() };
    py.import("numpy")?.call_method1("asarray", (Py::new(py, memory)?,))
}

/// A NumPy array of these numbers, in C order, that nobody can write.
pub(crate) fn array<'py, T: Element>(py: Python<'py>, numbers: Vec<T>, shape: &[usize]) -> PyResult<Bound<'py, PyAny>> {
    view(py, Arc::new(numbers), shape, Vec::as_slice)
}

/// What NumPy keeps alive as the base of an array.
#[pyclass(module = "cobre._cobre", frozen)]
struct Memory {
    _owner: Box<dyn Any + Send + Sync>,
    address: usize,
    kind: &'static str,
    shape: Vec<usize>,
}

#[pymethods]
impl Memory {
    #[getter]
    fn __array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        const READ_ONLY: bool = true;
        let interface = PyDict::new(py);
        interface.set_item("version", 3)?;
        interface.set_item("data", (self.address, READ_ONLY))?;
        interface.set_item("typestr", self.kind)?;
        interface.set_item("shape", PyTuple::new(py, &self.shape)?)?;
        Ok(interface)
    }
}
