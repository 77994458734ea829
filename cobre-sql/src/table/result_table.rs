use std::sync::Arc;

use async_trait::async_trait;
use cobre_data::output::schema::{TABLES, Table, TablePhase};
use cobre_data::output::{FileEntry, Run, TableEntry};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Statistics;
use datafusion::config::TableParquetOptions;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;

use super::files::{object_meta, partitioned_file, statistics_of};
use super::footers::{CachedFooters, Checksum, FooterCache};
use super::pruning::possible_parts;
use super::scenarios::{Buckets, is_dense};
use crate::catalog::{Entry, Tables};

/// The tables of a run. A name that two parts of the run share is given as `training_…` and `simulation_…`.
pub(crate) fn result_tables(run: &Arc<Run>, url: &ObjectStoreUrl, footers: &Arc<FooterCache>) -> Tables {
    let manifest = run.manifest();
    let tables = manifest.tables.iter().filter_map(|(qualified, entry)| {
        let name = table_name(qualified);
        if entry.files.is_empty() && known_table(qualified).is_none() {
            return None;
        }
        let (run, url, footers, qualified) = (Arc::clone(run), url.clone(), Arc::clone(footers), qualified.clone());
        let open = move || {
            let (run, url, footers) = (Arc::clone(&run), url.clone(), Arc::clone(&footers));
            let qualified = qualified.clone();
            async move { Ok(Arc::new(ResultTable::open(&run, &qualified, url, footers).await?) as _) }
        };
        Some((name, Entry::new(open)))
    });
    tables.collect()
}

/// The name in SQL of a table with a qualified name.
pub(crate) fn table_name(qualified: &str) -> String {
    match qualified.split_once('/') {
        Some((_, plain)) if !is_ambiguous(plain) => plain.to_owned(),
        _ => qualified.replace('/', "_"),
    }
}

/// Whether several parts of a run have tables of this name, written or not: a name has to mean the same everywhere.
fn is_ambiguous(plain: &str) -> bool {
    TABLES.iter().filter(|table| table.name == plain).count() > 1
}

fn known_table(qualified: &str) -> Option<&'static Table> {
    TABLES.iter().copied().find(|table| table.qualified_name() == qualified)
}

/// A table of a committed run: its files are those of the manifest.
#[derive(Debug)]
pub(crate) struct ResultTable {
    schema: TableSchema,
    files: Vec<PartitionedFile>,
    statistics: Statistics,
    url: ObjectStoreUrl,
    footers: Arc<FooterCache>,
}

impl ResultTable {
    /// Reads what the columns are, from the footer of the first file.
    async fn open(run: &Run, qualified: &str, url: ObjectStoreUrl, footers: Arc<FooterCache>) -> Result<Self> {
        let manifest = run.manifest();
        let entry = &manifest.tables[qualified];
        let in_file = match entry.files.first() {
            Some(file) => file_schema(run, file, &footers).await?,
            None => schema_without_files(qualified, entry),
        };
        let in_path = entry.partition_by.iter().map(|name| Arc::new(Field::new(name, DataType::Int32, false)));
        let schema =
            TableSchema::builder(in_file).with_table_partition_cols(in_path.collect::<Vec<FieldRef>>()).build();
        let buckets = Buckets::of(manifest).filter(|_| is_simulation(entry) && is_dense(qualified));
        let file = |file| partitioned_file(file, schema.file_schema(), &entry.partition_by, buckets);
        let files: Vec<PartitionedFile> = entry.files.iter().map(file).collect();
        let statistics = statistics_of(&files, schema.table_schema());
        Ok(Self { schema, files, statistics, url, footers })
    }

    /// The files that can hold rows for which the filters hold.
    fn prune(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<PartitionedFile>> {
        let known = || self.files.iter().filter_map(|file| file.statistics.clone()).collect();
        let keep = possible_parts(state, self.schema.table_schema(), filters, known)?;
        let Some(keep) = keep else { return Ok(self.files.clone()) };
        Ok(self.files.iter().zip(keep).filter(|(_, keep)| *keep).map(|(file, _)| file.clone()).collect())
    }
}

fn is_simulation(entry: &TableEntry) -> bool {
    entry.phase == TablePhase::Simulation.name()
}

async fn file_schema(run: &Run, file: &FileEntry, footers: &FooterCache) -> Result<SchemaRef> {
    let store = run.store().object_store();
    let checksum = Checksum(file.sha256.clone());
    let footer = footers.footer(store.as_ref(), &object_meta(file), Some(&checksum)).await?;
    let footer = footer.file_metadata();
    let schema = parquet::arrow::parquet_to_arrow_schema(footer.schema_descr(), footer.key_value_metadata())?;
    // What else the file says of itself is no part of a column's type.
    Ok(Arc::new(Schema::new(schema.fields().clone())))
}

fn schema_without_files(qualified: &str, entry: &TableEntry) -> SchemaRef {
    let columns = known_table(qualified).map_or_else(|| Arc::new(Schema::empty()), Table::arrow_schema);
    let inside = columns.fields().iter().filter(|field| !entry.partition_by.contains(field.name()));
    Arc::new(Schema::new(inside.cloned().collect::<Vec<_>>()))
}

#[async_trait]
impl TableProvider for ResultTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn statistics(&self) -> Option<Statistics> {
        Some(self.statistics.clone())
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // The readers take part in the filtering; what they leave is filtered again.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let files = self.prune(state, filters)?;
        if files.is_empty() {
            let schema = datafusion::physical_plan::project_schema(self.schema.table_schema(), projection)?;
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let statistics = statistics_of(&files, self.schema.table_schema());
        let parquet = TableParquetOptions {
            global: state.config_options().execution.parquet.clone(),
            ..TableParquetOptions::default()
        };
        let store = state.runtime_env().object_store(&self.url)?;
        let readers = CachedFooters { store, footers: Arc::clone(&self.footers) };
        let source = ParquetSource::new(self.schema.clone())
            .with_table_parquet_options(parquet)
            .with_parquet_file_reader_factory(Arc::new(readers));
        let groups = FileGroup::new(files).split_files(state.config().target_partitions());
        let scan = FileScanConfigBuilder::new(self.url.clone(), Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }
}
