use std::io::Write;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnDescPtr;

use super::quantity_chunk::{QuantityChunk, QuantityPages};

/// Rows per row group.
pub(super) const ROW_GROUP_ROWS: usize = 128 * 1024;

/// Writes record batches as the row groups of a Parquet file.
///
/// Labels, codes and text take the way of arrow-rs. Quantities compressed by Zstandard have one of their own, for they
/// are nearly all of the bytes; with another compression they are like the rest.
pub(super) struct RowGroups<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    factory: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
    columns: Vec<ColumnDescPtr>,
    pages: QuantityPages,
    /// The compression of quantities that take their own way; none when they are like the rest.
    own: Option<Compression>,
    /// Columns of the group that is being filled; empty between groups.
    open: Vec<Chunk>,
    n_rows: usize,
}

enum Chunk {
    Quantity(Box<QuantityChunk>),
    Other(Box<ArrowColumnWriter>),
}

impl<W: Write + Send> RowGroups<W> {
    /// Writes quantities with a compressor of their own if `level` of Zstandard is given.
    pub(super) fn new(file: W, schema: SchemaRef, properties: WriterProperties, level: Option<i32>) -> Result<Self> {
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))?;
        let (writer, factory) = writer.into_serialized_writer()?;
        let own = level.map(ZstdLevel::try_new).transpose()?.map(Compression::ZSTD);
        let pages = QuantityPages::new(level.unwrap_or_default())?;
        let columns = writer.schema_descr().columns().to_vec();
        Ok(Self { writer, factory, schema, columns, pages, own, open: Vec::new(), n_rows: 0 })
    }

    /// Adds rows; groups are written as they become full.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut first = 0;
        while first < batch.num_rows() {
            if self.open.is_empty() {
                self.open_group()?;
            }
            let n = (batch.num_rows() - first).min(ROW_GROUP_ROWS - self.n_rows);
            self.add(&batch.slice(first, n))?;
            first += n;
            if self.n_rows == ROW_GROUP_ROWS {
                self.close_group()?;
            }
        }
        Ok(())
    }

    /// Writes what is left and the footer, and lends the file.
    pub(super) fn finish(&mut self) -> Result<&mut W> {
        if self.n_rows > 0 {
            self.close_group()?;
        }
        self.writer.finish()?;
        Ok(self.writer.inner_mut())
    }

    fn open_group(&mut self) -> Result<()> {
        let others = self.factory.create_column_writers(self.writer.flushed_row_groups().len())?;
        for ((field, column), other) in self.schema.fields().iter().zip(&self.columns).zip(others) {
            self.open.push(match self.own {
                Some(compression) if *field.data_type() == DataType::Float64 => {
                    Chunk::Quantity(Box::new(QuantityChunk::new(column.clone(), compression, &mut self.pages)))
                }
                _ => Chunk::Other(Box::new(other)),
            });
        }
        Ok(())
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        for ((chunk, array), field) in self.open.iter_mut().zip(batch.columns()).zip(self.schema.fields()) {
            match chunk {
                Chunk::Quantity(chunk) => chunk.add(array.as_primitive::<Float64Type>(), &mut self.pages)?,
                Chunk::Other(writer) => {
                    for leaf in compute_leaves(field, array)? {
                        writer.write(&leaf)?;
                    }
                }
            }
        }
        self.n_rows += batch.num_rows();
        Ok(())
    }

    fn close_group(&mut self) -> Result<()> {
        let mut group = self.writer.next_row_group()?;
        for chunk in self.open.drain(..) {
            match chunk {
                Chunk::Quantity(chunk) => chunk.append_to_row_group(&mut group, &mut self.pages)?,
                Chunk::Other(writer) => writer.close()?.append_to_row_group(&mut group)?,
            }
        }
        group.close()?;
        self.n_rows = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, Int32Array};
    use arrow::compute::concat_batches;
    use arrow::datatypes::{Field, Schema};
    use bytes::Bytes;
    use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
    use parquet::file::metadata::PageIndexPolicy;
    use parquet::file::page_index::column_index::ColumnIndexMetaData;
    use parquet::file::statistics::Statistics;

    use super::*;

    /// Rows of a label, of noise that no compressor shrinks, of values that repeat, and of values that may be missing.
    fn rows(n: usize, gaps: impl Fn(usize) -> bool) -> RecordBatch {
        let noise = |i: usize| ((i as f64 * 0.754_877_666).fract() - 0.5) * 1e3;
        let missing = |i: usize| if gaps(i) { None } else { Some(noise(i)) };
        let columns: Vec<(&str, ArrayRef, bool)> = vec![
            ("label", Arc::new(Int32Array::from_iter_values((0..n as i32).map(|i| i / 7))), false),
            ("noise", Arc::new(Float64Array::from_iter_values((0..n).map(noise))), false),
            ("repeated", Arc::new(Float64Array::from_iter_values((0..n).map(|i| (i / 100) as f64))), false),
            ("missing", Arc::new((0..n).map(missing).collect::<Float64Array>()), true),
        ];
        let fields =
            columns.iter().map(|(name, array, nullable)| Field::new(*name, array.data_type().clone(), *nullable));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        RecordBatch::try_new(schema, columns.into_iter().map(|column| column.1).collect()).expect("a batch")
    }

    fn write(batches: &[RecordBatch], level: Option<i32>) -> Bytes {
        let compression = Compression::ZSTD(ZstdLevel::try_new(1).expect("a level"));
        let properties = WriterProperties::builder().set_compression(compression).build();
        let mut file = Vec::new();
        let mut groups = RowGroups::new(&mut file, batches[0].schema(), properties, level).expect("a writer");
        for batch in batches {
            groups.write(batch).expect("rows");
        }
        groups.finish().expect("a footer");
        drop(groups);
        file.into()
    }

    fn open(file: &Bytes) -> ParquetRecordBatchReaderBuilder<Bytes> {
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
        ParquetRecordBatchReaderBuilder::try_new_with_options(file.clone(), options).expect("a Parquet file")
    }

    fn read(file: &Bytes) -> RecordBatch {
        let reader = open(file);
        let schema = reader.schema().clone();
        let batches: Vec<RecordBatch> = reader.build().expect("a reader").map(|batch| batch.expect("rows")).collect();
        concat_batches(&schema, &batches).expect("one schema")
    }

    #[test]
    fn rows_are_read_as_they_were_written_whatever_the_gaps() {
        let every = |k: usize| move |i: usize| i.is_multiple_of(k);
        for batch in [rows(300_000, every(3)), rows(50_000, |i| i < 40_000), rows(999, every(1)), rows(1, |_| false)] {
            for level in [Some(1), Some(5), None] {
                let cut = batch.num_rows() / 3;
                let pieces = [batch.slice(0, cut), batch.slice(cut, batch.num_rows() - cut)];
                let pieces = if batch.num_rows() > 3 { &pieces[..] } else { std::slice::from_ref(&batch) };
                let found = read(&write(pieces, level));
                assert!(found.columns() == batch.columns(), "{} rows at level {level:?}", batch.num_rows());
            }
        }
    }

    #[test]
    fn statistics_are_those_of_the_other_writer() {
        let batch = rows(200_000, |i| i.is_multiple_of(5));
        let (ours, other) =
            (open(&write(std::slice::from_ref(&batch), Some(1))), open(&write(std::slice::from_ref(&batch), None)));
        assert_eq!(ours.metadata().num_row_groups(), 2);
        for (ours, other) in ours.metadata().row_groups().iter().zip(other.metadata().row_groups()) {
            assert_eq!(ours.num_rows(), other.num_rows());
            for (ours, other) in ours.columns().iter().zip(other.columns()) {
                assert_eq!(ours.statistics(), other.statistics());
                assert_eq!(ours.num_values(), other.num_values());
                assert_eq!(ours.definition_level_histogram(), other.definition_level_histogram());
                assert!(ours.compressed_size() <= other.compressed_size() * 12 / 10, "{}", ours.column_path());
            }
        }
    }

    #[test]
    fn pages_tell_their_range_and_noise_is_left_as_it_is() {
        let values: Vec<f64> = (0..40_000).map(f64::from).collect();
        let column = |values: Vec<f64>| {
            let schema = Schema::new(vec![Field::new("x", DataType::Float64, false)]);
            RecordBatch::try_new(Arc::new(schema), vec![Arc::new(Float64Array::from(values))]).expect("a batch")
        };
        let batch = column(values);
        let file = write(&[batch.slice(0, 30_000), batch.slice(30_000, 10_000)], Some(1));
        let metadata = open(&file).metadata().clone();
        let whole = &metadata.column_index().expect("an index")[0][0];
        let ColumnIndexMetaData::DOUBLE(index) = whole else { panic!("{whole:?}") };
        assert_eq!((index.min_values(), index.max_values()), (&[0.0, 30_000.0][..], &[29_999.0, 39_999.0][..]));
        assert_eq!(whole.get_boundary_order(), Some(parquet::basic::BoundaryOrder::ASCENDING));
        let pages = metadata.offset_index().expect("an index")[0][0].page_locations();
        assert_eq!(pages.iter().map(|page| page.first_row_index).collect::<Vec<_>>(), [0, 30_000]);

        let signed_zeros = write(&[column(vec![0.0, -0.0, f64::NAN])], Some(1));
        let metadata = open(&signed_zeros).metadata().clone();
        let Some(Statistics::Double(range)) = metadata.row_group(0).column(0).statistics() else { panic!("a range") };
        let bits = |value: Option<&f64>| value.map(|value| value.to_bits());
        assert_eq!((bits(range.min_opt()), bits(range.max_opt())), (Some((-0.0f64).to_bits()), Some(0)));
        let nothing = write(&[column(vec![f64::NAN; 3])], Some(1));
        assert!(read(&nothing).column(0).as_primitive::<Float64Type>().values().iter().all(|value| value.is_nan()));

        // A generator whose bits are all noise but those of the exponent (splitmix64).
        let mut state = 7u64;
        let mut draw = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            ((z ^ (z >> 27)) >> 11) as f64 / 1e6
        };
        let noise = column((0..50_000).map(|_| draw()).collect());
        let size = |level| {
            open(&write(std::slice::from_ref(&noise), Some(level))).metadata().row_group(0).column(0).compressed_size()
        };
        assert!((400_000..401_000).contains(&size(1)), "{} bytes at level 1", size(1));
        assert!(size(3) < 395_000, "{} bytes at level 3", size(3));
    }
}
