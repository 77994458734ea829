use std::collections::BTreeMap;

use arrow::array::{Array, Float64Array, Int32Array, RecordBatch};
use arrow::datatypes::DataType;

/// The columns of one table that hold labels (Int32) and values (Float64), all files in order. A null value is zero
/// where it stands for an absence, and a null label is −1.
#[derive(Clone)]
pub(super) struct Columns {
    n_rows: usize,
    ids: BTreeMap<String, Vec<i32>>,
    floats: BTreeMap<String, Vec<f64>>,
}

impl Columns {
    pub(super) fn of(batches: &[RecordBatch]) -> Self {
        let mut columns = Self { n_rows: 0, ids: BTreeMap::new(), floats: BTreeMap::new() };
        for batch in batches {
            columns.n_rows += batch.num_rows();
            for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
                match field.data_type() {
                    DataType::Int32 => {
                        let array: &Int32Array = array.as_any().downcast_ref().expect("an Int32 column");
                        let column = columns.ids.entry(field.name().clone()).or_default();
                        column.extend(array.iter().map(|value| value.unwrap_or(-1)));
                    }
                    DataType::Float64 => {
                        let array: &Float64Array = array.as_any().downcast_ref().expect("a Float64 column");
                        let column = columns.floats.entry(field.name().clone()).or_default();
                        column.extend(array.iter().map(|value| value.unwrap_or(0.0)));
                    }
                    _ => {}
                }
            }
        }
        columns
    }

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// A column of labels; a table without rows has every column, empty.
    pub(super) fn ids(&self, name: &str) -> &[i32] {
        match self.ids.get(name) {
            Some(column) => column,
            None if self.n_rows == 0 => &[],
            None => panic!("no column {name} of labels; there are {:?}", self.ids.keys()),
        }
    }

    /// A column of values.
    pub(super) fn floats(&self, name: &str) -> &[f64] {
        match self.floats.get(name) {
            Some(column) => column,
            None if self.n_rows == 0 => &[],
            None => panic!("no column {name} of values; there are {:?}", self.floats.keys()),
        }
    }

    /// The same column, to be spoilt.
    pub(super) fn floats_mut(&mut self, name: &str) -> &mut [f64] {
        self.floats.get_mut(name).unwrap_or_else(|| panic!("no column {name} of values"))
    }

    /// Names of the columns of values.
    pub(super) fn float_names(&self) -> impl Iterator<Item = &str> {
        self.floats.keys().map(String::as_str)
    }

    /// Rows by the labels in `names`; two rows with equal labels are a fault of the table.
    pub(super) fn index<const N: usize>(&self, names: [&str; N]) -> BTreeMap<[i32; N], usize> {
        let columns = names.map(|name| self.ids(name));
        let mut index = BTreeMap::new();
        for row in 0..self.n_rows {
            let key = columns.map(|column| column[row]);
            if let Some(before) = index.insert(key, row) {
                panic!("rows {before} and {row} have the same labels {names:?} = {key:?}");
            }
        }
        index
    }
}
