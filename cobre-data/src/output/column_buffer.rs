use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, BooleanBufferBuilder, PrimitiveArray, StringBuilder};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::{ArrowPrimitiveType, Float64Type, Int8Type, Int32Type, Int64Type, UInt32Type, UInt64Type};

use super::schema::{Column, ColumnType};

/// Values of a fixed-width column; its memory becomes the Arrow array.
pub(super) struct Values<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    /// One bit per row, for nullable columns only.
    validity: Option<BooleanBufferBuilder>,
}

impl<T: ArrowPrimitiveType> Values<T> {
    fn new(nullable: bool) -> Self {
        Self { values: Vec::new(), validity: nullable.then(|| BooleanBufferBuilder::new(0)) }
    }

    /// Lets `fill` append rows that have a value.
    pub(super) fn append_with(&mut self, fill: impl FnOnce(&mut Vec<T::Native>)) {
        let before = self.values.len();
        fill(&mut self.values);
        if let Some(validity) = &mut self.validity {
            validity.append_n(self.values.len() - before, true);
        }
    }

    fn append_nulls(&mut self, n: usize) -> bool {
        let Some(validity) = &mut self.validity else { return false };
        validity.append_n(n, false);
        self.values.resize(self.values.len() + n, T::Native::default());
        true
    }

    /// Appends values of which some are missing; `false` when the column may not have any missing.
    pub(super) fn append_options(&mut self, values: impl Iterator<Item = Option<T::Native>>) -> bool {
        let Some(validity) = &mut self.validity else { return false };
        for value in values {
            validity.append(value.is_some());
            self.values.push(value.unwrap_or_default());
        }
        true
    }

    /// The values; nothing when the first is missing.
    fn present(&self) -> Option<&[T::Native]> {
        let is_missing = self.validity.as_ref().is_some_and(|bits| !bits.is_empty() && !bits.get_bit(0));
        (!is_missing).then_some(self.values.as_slice())
    }

    fn reserve(&mut self, n: usize) {
        self.values.reserve_exact(n);
        if let Some(validity) = &mut self.validity {
            validity.reserve(n);
        }
    }

    fn clear(&mut self) {
        self.values.clear();
        if let Some(validity) = &mut self.validity {
            validity.truncate(0);
        }
    }

    fn finish(&mut self) -> ArrayRef {
        let capacity = self.values.len();
        let values = std::mem::replace(&mut self.values, Vec::with_capacity(capacity));
        let validity = self.validity.as_mut().map(|bits| NullBuffer::new(bits.finish()));
        Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(values), validity))
    }

    fn into_array(mut self) -> ArrayRef {
        self.values.shrink_to_fit();
        // Kept where nothing is missing, too: Parquet cuts the pages of a column without one elsewhere.
        let validity = self.validity.map(|mut bits| NullBuffer::new(bits.finish()));
        Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(self.values), validity))
    }
}

/// Rows of one column on their way into an Arrow array.
pub(super) enum ColumnBuffer {
    Int8(Values<Int8Type>),
    Int32(Values<Int32Type>),
    Int64(Values<Int64Type>),
    UInt32(Values<UInt32Type>),
    UInt64(Values<UInt64Type>),
    Float64(Values<Float64Type>),
    Boolean(BooleanBufferBuilder),
    Utf8(StringBuilder, usize),
}

impl ColumnBuffer {
    pub(super) fn new(column: &Column) -> Self {
        match column.column_type {
            ColumnType::Int8 => Self::Int8(Values::new(column.nullable)),
            ColumnType::Int32 => Self::Int32(Values::new(column.nullable)),
            ColumnType::Int64 => Self::Int64(Values::new(column.nullable)),
            ColumnType::UInt32 => Self::UInt32(Values::new(column.nullable)),
            ColumnType::UInt64 => Self::UInt64(Values::new(column.nullable)),
            ColumnType::Float64 => Self::Float64(Values::new(column.nullable)),
            ColumnType::Boolean => Self::Boolean(BooleanBufferBuilder::new(0)),
            ColumnType::Utf8 => Self::Utf8(StringBuilder::new(), 0),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Int8(values) => values.values.len(),
            Self::Int32(values) => values.values.len(),
            Self::Int64(values) => values.values.len(),
            Self::UInt32(values) => values.values.len(),
            Self::UInt64(values) => values.values.len(),
            Self::Float64(values) => values.values.len(),
            Self::Boolean(bits) => bits.len(),
            Self::Utf8(_, n) => *n,
        }
    }

    /// Appends missing values; `false` when the column may not have any.
    pub(super) fn append_nulls(&mut self, n: usize) -> bool {
        match self {
            Self::Int8(values) => values.append_nulls(n),
            Self::Int32(values) => values.append_nulls(n),
            Self::Int64(values) => values.append_nulls(n),
            Self::UInt32(values) => values.append_nulls(n),
            Self::UInt64(values) => values.append_nulls(n),
            Self::Float64(values) => values.append_nulls(n),
            Self::Boolean(_) | Self::Utf8(..) => false,
        }
    }

    /// Labels; nothing when they are missing or the column has another type.
    pub(super) fn labels(&self) -> Option<&[i32]> {
        if let Self::Int32(values) = self { values.present() } else { None }
    }

    /// Quantities; nothing when they are missing or the column has another type.
    pub(super) fn quantities(&self) -> Option<&[f64]> {
        if let Self::Float64(values) = self { values.present() } else { None }
    }

    /// Makes room for `n` more rows, and no more than that.
    pub(super) fn reserve(&mut self, n: usize) {
        match self {
            Self::Int8(values) => values.reserve(n),
            Self::Int32(values) => values.reserve(n),
            Self::Int64(values) => values.reserve(n),
            Self::UInt32(values) => values.reserve(n),
            Self::UInt64(values) => values.reserve(n),
            Self::Float64(values) => values.reserve(n),
            Self::Boolean(bits) => bits.reserve(n),
            Self::Utf8(..) => {} // Tables with text are small.
        }
    }

    /// Forgets the rows.
    pub(super) fn clear(&mut self) {
        match self {
            Self::Int8(values) => values.clear(),
            Self::Int32(values) => values.clear(),
            Self::Int64(values) => values.clear(),
            Self::UInt32(values) => values.clear(),
            Self::UInt64(values) => values.clear(),
            Self::Float64(values) => values.clear(),
            Self::Boolean(bits) => bits.truncate(0),
            Self::Utf8(text, n) => {
                *text = StringBuilder::new();
                *n = 0;
            }
        }
    }

    /// Hands over the rows and starts anew.
    pub(super) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Int8(values) => values.finish(),
            Self::Int32(values) => values.finish(),
            Self::Int64(values) => values.finish(),
            Self::UInt32(values) => values.finish(),
            Self::UInt64(values) => values.finish(),
            Self::Float64(values) => values.finish(),
            Self::Boolean(bits) => Arc::new(BooleanArray::new(bits.finish(), None)),
            Self::Utf8(text, n) => {
                *n = 0;
                Arc::new(text.finish())
            }
        }
    }

    /// The rows, in memory of no more than their size.
    pub(super) fn into_array(self) -> ArrayRef {
        match self {
            Self::Int8(values) => values.into_array(),
            Self::Int32(values) => values.into_array(),
            Self::Int64(values) => values.into_array(),
            Self::UInt32(values) => values.into_array(),
            Self::UInt64(values) => values.into_array(),
            Self::Float64(values) => values.into_array(),
            Self::Boolean(mut bits) => Arc::new(BooleanArray::new(bits.finish(), None)),
            Self::Utf8(mut text, _) => Arc::new(text.finish()),
        }
    }
}
