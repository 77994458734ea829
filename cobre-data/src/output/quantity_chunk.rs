use std::io::Cursor;

use arrow::array::{Array, Float64Array};
use arrow::buffer::NullBuffer;
use bytes::Bytes;
use parquet::basic::{BoundaryOrder, Compression, Encoding, PageType};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::Result;
use parquet::file::metadata::{
    ColumnChunkMetaData, ColumnIndexBuilder, LevelHistogram, OffsetIndexBuilder, PageEncodingStats,
};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::{SerializedPageWriter, SerializedRowGroupWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use zstd::bulk::Compressor;

/// A page that Zstandard would shrink by less than this share at its lowest level stays as it is.
const WORTHWHILE: f64 = 0.1;
/// Size of the samples that tell, and their number.
const SAMPLE: usize = 2048;
const N_SAMPLES: usize = 8;

/// Makes pages of quantities; what it holds of memory serves every page.
///
/// Quantities are nearly all of the bytes of the tables and are encoded as they are, so a page is made in few passes over
/// memory that stays in the cache, with one compressor for all columns of a file. The last bits of a solution are noise,
/// which no compressor shrinks: pages of little else are left uncompressed at level 1, whose purpose is speed.
pub(super) struct QuantityPages {
    compressor: Compressor<'static>,
    level: i32,
    /// Levels and values.
    plain: Vec<u8>,
    n_level_bytes: usize,
    compressed: Vec<u8>,
    sample: Vec<u8>,
    /// Memory of chunks that are written.
    spare: Vec<Vec<u8>>,
}

impl QuantityPages {
    /// Pages compressed by Zstandard at `level`.
    pub(super) fn new(level: i32) -> Result<Self> {
        Ok(Self {
            compressor: Compressor::new(level)?,
            level,
            plain: Vec::new(),
            n_level_bytes: 0,
            compressed: Vec::new(),
            sample: Vec::new(),
            spare: Vec::new(),
        })
    }

    /// Lays out a page: the levels, if the column may miss values, then the values that are there.
    fn lay_out(&mut self, values: &Float64Array, nullable: bool) {
        self.plain.clear();
        let validity = values.nulls().filter(|nulls| nulls.null_count() > 0);
        if nullable {
            match validity {
                Some(nulls) if nulls.null_count() < values.len() => push_bits(&mut self.plain, nulls),
                some_or_none => {
                    push_varint(&mut self.plain, (values.len() as u64) << 1);
                    self.plain.push(u8::from(some_or_none.is_none()));
                }
            }
        }
        self.n_level_bytes = self.plain.len();
        match validity {
            None => push_values(&mut self.plain, values.values()),
            Some(nulls) => {
                for (first, end) in nulls.valid_slices() {
                    push_values(&mut self.plain, &values.values()[first..end]);
                }
            }
        }
    }

    /// The page, and whether its values are compressed.
    fn finish(&mut self) -> Result<(Bytes, bool)> {
        let is_compressed = self.is_worth_compressing()?;
        if !is_compressed {
            return Ok((std::mem::take(&mut self.plain).into(), false));
        }
        let mut page = std::mem::take(&mut self.compressed);
        let (levels, values) = self.plain.split_at(self.n_level_bytes);
        page.clear();
        page.extend(levels);
        page.reserve(zstd::zstd_safe::compress_bound(values.len()));
        let mut cursor = Cursor::new(page);
        cursor.set_position(levels.len() as u64);
        self.compressor.compress_to_buffer(values, &mut cursor)?;
        Ok((cursor.into_inner().into(), true))
    }

    /// Takes the memory of a page back.
    fn reuse(&mut self, page: Bytes, is_compressed: bool) {
        *(if is_compressed { &mut self.compressed } else { &mut self.plain }) = page.into();
    }

    fn is_worth_compressing(&mut self) -> Result<bool> {
        let values = &self.plain[self.n_level_bytes..];
        if self.level > 1 || values.len() < 2 * N_SAMPLES * SAMPLE {
            return Ok(!values.is_empty());
        }
        self.sample.clear();
        let step = values.len() / N_SAMPLES;
        (0..N_SAMPLES).for_each(|k| self.sample.extend(&values[k * step..k * step + SAMPLE]));
        self.compressed.clear();
        self.compressed.reserve(zstd::zstd_safe::compress_bound(self.sample.len()));
        let n = self.compressor.compress_to_buffer(&self.sample, &mut self.compressed)?;
        Ok((n as f64) < (1.0 - WORTHWHILE) * self.sample.len() as f64)
    }
}

/// The column chunk of a quantity while its row group is being filled.
pub(super) struct QuantityChunk {
    column: ColumnDescPtr,
    compression: Compression,
    /// Headers and pages.
    content: Vec<u8>,
    n_rows: u64,
    n_nulls: u64,
    n_pages: i32,
    uncompressed_size: usize,
    range: Option<(f64, f64)>,
    /// Range of the last page that has values, to see in which order pages are.
    last: Option<(f64, f64)>,
    ascending: bool,
    descending: bool,
    column_index: ColumnIndexBuilder,
    offset_index: OffsetIndexBuilder,
}

impl QuantityChunk {
    pub(super) fn new(column: ColumnDescPtr, compression: Compression, pages: &mut QuantityPages) -> Self {
        let column_index = ColumnIndexBuilder::new(column.physical_type());
        Self {
            column,
            compression,
            content: pages.spare.pop().unwrap_or_default(),
            n_rows: 0,
            n_nulls: 0,
            n_pages: 0,
            uncompressed_size: 0,
            range: None,
            last: None,
            ascending: true,
            descending: true,
            column_index,
            offset_index: OffsetIndexBuilder::new(),
        }
    }

    /// Adds a page of values.
    pub(super) fn add(&mut self, values: &Float64Array, pages: &mut QuantityPages) -> Result<()> {
        let nullable = self.column.max_def_level() > 0;
        pages.lay_out(values, nullable);
        let (n_plain, n_level_bytes) = (pages.plain.len(), pages.n_level_bytes as u32);
        let (buffer, is_compressed) = pages.finish()?;
        let page = Page::DataPageV2 {
            buf: buffer.clone(),
            num_values: values.len() as u32,
            encoding: Encoding::PLAIN,
            num_nulls: values.null_count() as u32,
            num_rows: values.len() as u32,
            def_levels_byte_len: n_level_bytes,
            rep_levels_byte_len: 0,
            is_compressed,
            statistics: None,
        };
        let at = self.content.len();
        let mut sink = TrackedWrite::new(&mut self.content);
        let written = SerializedPageWriter::new(&mut sink).write_page(CompressedPage::new(page, n_plain))?;
        sink.into_inner()?;
        pages.reuse(buffer, is_compressed);
        let size = self.content.len() - at;
        self.uncompressed_size += written.uncompressed_size;
        self.n_rows += values.len() as u64;
        self.n_pages += 1;
        self.offset_index.append_row_count(values.len() as i64);
        self.offset_index.append_offset_and_size(at as i64, size as i32);
        self.index(values, nullable);
        Ok(())
    }

    /// Enters the page into the index of the column.
    fn index(&mut self, values: &Float64Array, nullable: bool) {
        let n_nulls = values.null_count() as i64;
        self.n_nulls += n_nulls as u64;
        let range = range(values);
        match range {
            Some((least, greatest)) => {
                self.column_index.append(false, least.to_le_bytes().to_vec(), greatest.to_le_bytes().to_vec(), n_nulls);
            }
            None if n_nulls == values.len() as i64 => self.column_index.append(true, Vec::new(), Vec::new(), n_nulls),
            // Nothing but values that are not numbers: such a column has no index.
            None => self.column_index.to_invalid(),
        }
        if nullable {
            let levels = LevelHistogram::from(vec![n_nulls, values.len() as i64 - n_nulls]);
            self.column_index.append_histograms(&None, &Some(levels));
        }
        let Some((least, greatest)) = range else { return };
        if let Some((last_least, last_greatest)) = self.last {
            self.ascending &= last_least <= least && last_greatest <= greatest;
            self.descending &= last_least >= least && last_greatest >= greatest;
        }
        self.last = range;
        let (all_least, all_greatest) = self.range.unwrap_or((least, greatest));
        self.range = Some((all_least.min(least), all_greatest.max(greatest)));
    }

    /// Appends the chunk to its row group.
    pub(super) fn append_to_row_group<W: std::io::Write + Send>(
        self,
        group: &mut SerializedRowGroupWriter<'_, W>,
        pages: &mut QuantityPages,
    ) -> Result<()> {
        let nullable = self.column.max_def_level() > 0;
        let (least, greatest) = self.range.unzip();
        let statistics = ValueStatistics::new(least, greatest, None, Some(self.n_nulls), false);
        let levels =
            nullable.then(|| LevelHistogram::from(vec![self.n_nulls as i64, self.n_rows as i64 - self.n_nulls as i64]));
        let encoding =
            PageEncodingStats { page_type: PageType::DATA_PAGE_V2, encoding: Encoding::PLAIN, count: self.n_pages };
        let metadata = ColumnChunkMetaData::builder(self.column)
            .set_compression(self.compression)
            .set_encodings(vec![Encoding::PLAIN, Encoding::RLE])
            .set_page_encoding_stats(vec![encoding])
            .set_total_compressed_size(self.content.len() as i64)
            .set_total_uncompressed_size(self.uncompressed_size as i64)
            .set_num_values(self.n_rows as i64)
            .set_data_page_offset(0)
            .set_statistics(Statistics::Double(statistics.with_backwards_compatible_min_max(true)))
            .set_definition_level_histogram(levels)
            .build()?;
        let mut column_index = self.column_index;
        column_index.set_boundary_order(match (self.ascending, self.descending) {
            (true, _) => BoundaryOrder::ASCENDING,
            (false, true) => BoundaryOrder::DESCENDING,
            (false, false) => BoundaryOrder::UNORDERED,
        });
        let column_index = if column_index.valid() { Some(column_index.build()?) } else { None };
        let close = ColumnCloseResult {
            bytes_written: self.content.len() as u64,
            rows_written: self.n_rows,
            metadata,
            bloom_filter: None,
            column_index,
            offset_index: Some(self.offset_index.build()),
        };
        let content = Bytes::from(self.content);
        group.append_column(&content, close)?;
        let mut spare = Vec::from(content);
        spare.clear();
        pages.spare.push(spare);
        Ok(())
    }
}

fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Levels of a page with values and gaps: one bit per row, in the order that Arrow has, too.
fn push_bits(out: &mut Vec<u8>, nulls: &NullBuffer) {
    let n_groups = nulls.len().div_ceil(8);
    push_varint(out, (n_groups as u64) << 1 | 1);
    let bits = nulls.inner().sliced();
    out.extend(&bits.as_slice()[..n_groups]);
    if !nulls.len().is_multiple_of(8)
        && let Some(last) = out.last_mut()
    {
        *last &= (1 << (nulls.len() % 8)) - 1; // Bits after the last row are 0 in every file.
    }
}

fn push_values(out: &mut Vec<u8>, values: &[f64]) {
    out.reserve(8 * values.len());
    for values in values.chunks(64) {
        let mut bytes = [0; 8 * 64];
        for (bytes, value) in bytes.chunks_exact_mut(8).zip(values) {
            bytes.copy_from_slice(&value.to_le_bytes());
        }
        out.extend(&bytes[..8 * values.len()]);
    }
}

/// Least and greatest of the values that are there, those that are not numbers left out. By the format, a least value of
/// 0 is written as -0 and a greatest one of -0 as 0, for readers do not tell them apart.
fn range(values: &Float64Array) -> Option<(f64, f64)> {
    const LANES: usize = 8;
    let (mut least, mut greatest) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    let mut take = |values: &[f64]| {
        let chunks = values.chunks_exact(LANES);
        let rest = chunks.remainder();
        for chunk in chunks {
            for lane in 0..LANES {
                let value = chunk[lane];
                least[lane] = if value < least[lane] { value } else { least[lane] };
                greatest[lane] = if value > greatest[lane] { value } else { greatest[lane] };
            }
        }
        for &value in rest {
            least[0] = if value < least[0] { value } else { least[0] };
            greatest[0] = if value > greatest[0] { value } else { greatest[0] };
        }
    };
    match values.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => take(values.values()),
        Some(nulls) => nulls.valid_slices().for_each(|(first, end)| take(&values.values()[first..end])),
    }
    let least = least.into_iter().fold(f64::INFINITY, f64::min);
    let greatest = greatest.into_iter().fold(f64::NEG_INFINITY, f64::max);
    if least > greatest {
        return None; // Nothing but NaN.
    }
    Some((if least == 0.0 { -0.0 } else { least }, if greatest == 0.0 { 0.0 } else { greatest }))
}
