use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use datafusion::datasource::listing::PartitionedFile;
#[cfg(feature = "distributed")]
use datafusion::datasource::physical_plan::ParquetSource;
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use datafusion::datasource::physical_plan::{ParquetFileMetrics, ParquetFileReaderFactory};
use datafusion::error::Result;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};

/// Checksum of a file's content, as its manifest knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Checksum(pub(super) String);

/// Footers of Parquet files by the checksum of their content: whatever happens to a path, none is ever out of date.
#[derive(Default)]
pub(crate) struct FooterCache {
    footers: Mutex<Footers>,
}

#[derive(Default)]
struct Footers {
    by_checksum: HashMap<Checksum, Arc<ParquetMetaData>>,
    bytes: usize,
}

/// Memory that footers may hold (bytes); beyond it all are forgotten.
const LIMIT: usize = 256 << 20;

/// What is read from the end of a file at once: the footers of our tables fit.
const FOOTER_HINT: usize = 64 << 10;

impl FooterCache {
    /// The footer of a file, its page index included.
    pub(super) async fn footer(
        &self,
        store: &dyn ObjectStore,
        meta: &ObjectMeta,
        checksum: Option<&Checksum>,
    ) -> Result<Arc<ParquetMetaData>> {
        if let Some(footer) = checksum.and_then(|checksum| self.lock().by_checksum.get(checksum).cloned()) {
            return Ok(footer);
        }
        let footer = DFParquetMetadata::new(store, meta)
            .with_metadata_size_hint(Some(FOOTER_HINT))
            .with_page_index_policy(Some(PageIndexPolicy::Optional))
            .fetch_metadata()
            .await?;
        if let Some(checksum) = checksum {
            let mut footers = self.lock();
            if footers.bytes > LIMIT {
                *footers = Footers::default();
            }
            footers.bytes += footer.memory_size();
            footers.by_checksum.insert(checksum.clone(), Arc::clone(&footer));
        }
        Ok(footer)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Footers> {
        self.footers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for FooterCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FooterCache({} files)", self.lock().by_checksum.len())
    }
}

/// Reads files of one store, with the footers of a cache.
#[derive(Debug)]
pub(super) struct CachedFooters {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) footers: Arc<FooterCache>,
}

impl ParquetFileReaderFactory for CachedFooters {
    fn create_reader(
        &self,
        partition_index: usize,
        file: PartitionedFile,
        _: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        let metrics = ParquetFileMetrics::new(partition_index, file.object_meta.location.as_ref(), metrics);
        let (store, footers) = (Arc::clone(&self.store), Arc::clone(&self.footers));
        Ok(Box::new(Reader { store, footers, file, metrics }))
    }
}

/// A file whose content has a checksum.
#[cfg(feature = "distributed")]
pub(crate) fn with_checksum(file: PartitionedFile, checksum: &str) -> PartitionedFile {
    file.with_extension(Checksum(checksum.to_owned()))
}

/// Lets a scan of files in a store use the footers of a cache.
#[cfg(feature = "distributed")]
pub(crate) fn with_known_footers(
    source: ParquetSource,
    store: Arc<dyn ObjectStore>,
    footers: &Arc<FooterCache>,
) -> ParquetSource {
    source.with_parquet_file_reader_factory(Arc::new(CachedFooters { store, footers: Arc::clone(footers) }))
}

struct Reader {
    store: Arc<dyn ObjectStore>,
    footers: Arc<FooterCache>,
    file: PartitionedFile,
    metrics: ParquetFileMetrics,
}

impl AsyncFileReader for Reader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, parquet::errors::Result<Bytes>> {
        self.metrics.bytes_scanned.add((range.end - range.start) as usize);
        async move { self.store.get_range(&self.file.object_meta.location, range).await.map_err(external) }.boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, parquet::errors::Result<Vec<Bytes>>> {
        self.metrics.bytes_scanned.add(ranges.iter().map(|range| (range.end - range.start) as usize).sum());
        async move { self.store.get_ranges(&self.file.object_meta.location, &ranges).await.map_err(external) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, parquet::errors::Result<Arc<ParquetMetaData>>> {
        async move {
            let (store, meta) = (self.store.as_ref(), &self.file.object_meta);
            let footer = self.footers.footer(store, meta, self.file.extension::<Checksum>());
            footer.await.map_err(external)
        }
        .boxed()
    }
}

fn external(error: impl std::error::Error + Send + Sync + 'static) -> ParquetError {
    ParquetError::External(Box::new(error))
}
