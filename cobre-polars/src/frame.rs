use arrow::array::{ArrayRef, RecordBatch, new_empty_array};
use arrow::datatypes::{Field, Schema};
use polars::frame::DataFrame;
use polars::prelude::Column;
use polars::series::Series;

use crate::FrameError;
use crate::bridge::{import_array, import_field};

/// A frame of batches, all with the fields of `schema`, one chunk per batch. Buffers are shared, except those of texts
/// and binary values, which Polars keeps as views.
///
/// # Errors
/// When Polars does not have the type of a column.
pub fn to_dataframe(schema: &Schema, batches: &[RecordBatch]) -> Result<DataFrame, FrameError> {
    let column = |(at, field): (usize, &std::sync::Arc<Field>)| {
        let chunks: Vec<ArrayRef> = batches.iter().map(|batch| batch.column(at).clone()).collect();
        to_series(field, &chunks).map(Column::from)
    };
    let columns = schema.fields().iter().enumerate().map(column).collect::<Result<Vec<_>, _>>()?;
    let height = batches.iter().map(RecordBatch::num_rows).sum();
    Ok(DataFrame::new(height, columns)?)
}

/// A column of chunks.
pub(crate) fn to_series(field: &Field, chunks: &[ArrayRef]) -> Result<Series, FrameError> {
    let name = || field.name().clone();
    let refused = |source| FrameError::Import { column: name(), source };
    let target = import_field(field).map_err(|source| FrameError::Export { column: name(), source })?;
    let target = target.map_err(refused)?;
    let empty = [new_empty_array(field.data_type())];
    let chunks = if chunks.is_empty() { &empty } else { chunks };
    let chunks = chunks.iter().map(|chunk| import_array(chunk, &target)).collect::<Result<Vec<_>, _>>();
    chunks.and_then(|chunks| Series::try_from((&target, chunks))).map_err(refused)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use arrow::array::{AsArray, BooleanArray, Float64Array, Int32Array, StringArray};
    use arrow::buffer::{Buffer, NullBuffer, ScalarBuffer};
    use arrow::datatypes::{DataType, Float64Type};
    use polars::prelude::AnyValue;

    use super::*;

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        RecordBatch::try_from_iter(columns).expect("columns of one length")
    }

    /// Where the values of a chunk of a column of doubles begin.
    fn address(frame: &DataFrame, column: &str, chunk: usize) -> usize {
        let column = frame.column(column).expect("a column").as_materialized_series();
        let chunk = column.f64().expect("doubles").downcast_iter().nth(chunk).expect("a chunk").values().as_ptr();
        chunk.addr()
    }

    #[test]
    fn numbers_keep_their_memory_and_their_chunks() {
        let part = |values: Vec<f64>| batch(vec![("storage_hm3", Arc::new(Float64Array::from(values)) as ArrayRef)]);
        let batches = [part(vec![1.0, 2.0]), part(vec![3.0]).slice(0, 1), part(vec![4.0, 5.0, 6.0]).slice(1, 2)];
        let frame = to_dataframe(&batches[0].schema(), &batches).expect("a frame");
        assert_eq!(frame.height(), 5);
        for (at, batch) in batches.iter().enumerate() {
            let values = batch.column(0).as_primitive::<Float64Type>().values();
            assert_eq!(address(&frame, "storage_hm3", at), values.as_ptr().addr(), "chunk {at}");
        }
        let values: Vec<f64> =
            frame.column("storage_hm3").expect("a column").f64().expect("doubles").into_no_null_iter().collect();
        assert_eq!(values, [1.0, 2.0, 3.0, 5.0, 6.0]);
    }

    #[test]
    fn nulls_texts_and_truth_values_arrive() {
        let rows = batch(vec![
            ("hydro_id", Arc::new(Int32Array::from(vec![Some(7), None, Some(9)])) as ArrayRef),
            (
                "name",
                Arc::new(StringArray::from(vec![Some("a text that is longer than twelve bytes"), Some("é"), None])),
            ),
            ("is_forced", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
        ]);
        let frame = to_dataframe(&rows.schema(), &[rows.clone(), rows.slice(1, 2)]).expect("a frame");
        let row = |at: usize| frame.get_row(at).expect("a row").0;
        assert_eq!(
            row(0),
            [AnyValue::Int32(7), AnyValue::String("a text that is longer than twelve bytes"), AnyValue::Boolean(true),]
        );
        assert_eq!(row(1), [AnyValue::Null, AnyValue::String("é"), AnyValue::Null]);
        assert_eq!(row(4), [AnyValue::Int32(9), AnyValue::Null, AnyValue::Boolean(false)]);
    }

    #[test]
    fn without_batches_there_are_columns_still() {
        let schema =
            Schema::new(vec![Field::new("hydro_id", DataType::Int32, false), Field::new("name", DataType::Utf8, true)]);
        for batches in [&[][..], &[RecordBatch::new_empty(Arc::new(schema.clone()))]] {
            let frame = to_dataframe(&schema, batches).expect("a frame");
            assert_eq!((frame.height(), frame.width()), (0, 2));
            assert_eq!(frame.column("name").expect("a column").dtype(), &polars::prelude::DataType::String);
        }
    }

    #[test]
    fn a_type_that_polars_lacks_is_refused_by_the_column() {
        let fields = [(0_i8, Arc::new(Field::new("number", DataType::Int32, true)))].into_iter().collect();
        let union = DataType::Union(fields, arrow::datatypes::UnionMode::Sparse);
        let error = to_dataframe(&Schema::new(vec![Field::new("mixed", union, false)]), &[]).expect_err("a union");
        assert!(error.to_string().contains("mixed"), "{error}");
    }

    /// Memory of numbers that counts how often it is given back.
    struct Counted {
        memory: Buffer,
        released: Arc<AtomicUsize>,
    }

    impl AsRef<[u8]> for Counted {
        fn as_ref(&self) -> &[u8] {
            self.memory.as_slice()
        }
    }

    impl Drop for Counted {
        fn drop(&mut self) {
            self.released.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn counted(values: &[f64]) -> (ArrayRef, Arc<AtomicUsize>) {
        let released = Arc::new(AtomicUsize::new(0));
        let memory = Buffer::from_slice_ref(values);
        let owner = bytes::Bytes::from_owner(Counted { memory, released: Arc::clone(&released) });
        let values = ScalarBuffer::new(Buffer::from(owner), 0, values.len());
        let nulls = NullBuffer::from(vec![true; values.len()]);
        (Arc::new(Float64Array::new(values, Some(nulls))), released)
    }

    #[test]
    fn memory_is_given_back_once_by_whoever_is_last() {
        let releases = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
        for frame_goes_first in [true, false] {
            let (array, released) = counted(&[1.0, 2.0, 3.0]);
            let rows = batch(vec![("storage_hm3", array)]);
            let frame = to_dataframe(&rows.schema(), std::slice::from_ref(&rows)).expect("a frame");
            let column = frame.column("storage_hm3").expect("a column").clone();
            if frame_goes_first {
                drop((frame, column));
                assert_eq!(releases(&released), 0, "the batch still needs it");
                drop(rows);
            } else {
                drop(rows);
                drop(frame);
                assert_eq!(releases(&released), 0, "a column of the frame still needs it");
                assert_eq!(column.f64().expect("doubles").get(2), Some(3.0));
                drop(column);
            }
            assert_eq!(releases(&released), 1);
        }
    }

    #[test]
    fn memory_is_given_back_when_the_frame_fails() {
        let (array, released) = counted(&[1.0]);
        let longer: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
        let rows = batch(vec![("a", array), ("b", longer)]);
        let twice =
            Schema::new(vec![Field::new("a", DataType::Float64, true), Field::new("a", DataType::Float64, true)]);
        to_dataframe(&twice, std::slice::from_ref(&rows)).expect_err("two columns of one name");
        drop(rows);
        assert_eq!(released.load(Ordering::SeqCst), 1);
    }
}
