//! What a worker takes: reading of committed runs, and nothing else.

use std::sync::Arc;

use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::common::exec_err;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::listing::PartitionedFile;

use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::sink::DataSinkExec;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::physical_plan::ExecutionPlan;

use super::open_runs::{OpenRun, OpenRuns};
use crate::table::{FooterCache, with_known_footers};

/// Checks what a plan reads, and lets it use the footers that this worker knows.
///
/// # Errors
/// When it writes, reads what is not Parquet of a run, or a file that the run does not have.
pub(super) fn admit(
    plan: Arc<dyn ExecutionPlan>,
    runs: &OpenRuns,
    footers: &Arc<FooterCache>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let admitted = plan.transform_up(|node| {
        if node.is::<DataSinkExec>() {
            return exec_err!("a worker writes nothing");
        }
        let Some(scan) = node.downcast_ref::<DataSourceExec>() else { return Ok(Transformed::no(node)) };
        let source = scan.data_source();
        if source.downcast_ref::<MemorySourceConfig>().is_some() {
            return Ok(Transformed::no(node));
        }
        let files = source.downcast_ref::<FileScanConfig>();
        let parquet = files.and_then(|files| files.file_source().downcast_ref::<ParquetSource>());
        let (Some(files), Some(parquet)) = (files, parquet) else {
            return exec_err!("a worker reads the Parquet files of runs, and nothing else");
        };
        let run = runs.run(files.object_store_url.as_str())?;
        let groups = files.file_groups.iter().map(|group| known_files(group, &run)).collect::<Result<Vec<_>>>()?;
        let parquet = with_known_footers(parquet.clone(), run.object_store(), footers);
        let scan = FileScanConfigBuilder::from(files.clone()).with_file_groups(groups).with_source(Arc::new(parquet));
        Ok(Transformed::yes(DataSourceExec::from_data_source(scan.build()) as Arc<dyn ExecutionPlan>))
    })?;
    Ok(admitted.data)
}

/// Files with the checksums that the manifest has for them.
fn known_files(group: &FileGroup, run: &OpenRun) -> Result<FileGroup> {
    let known = |file: &PartitionedFile| {
        let path = file.object_meta.location.as_ref();
        let Some(checksum) = run.checksum(path) else { return exec_err!("{path} is no file of a table of the run") };
        Ok(crate::table::with_checksum(file.clone(), checksum))
    };
    Ok(FileGroup::new(group.files().iter().map(known).collect::<Result<Vec<_>>>()?))
}

#[cfg(test)]
mod tests {
    use cobre_data::store::StoreOptions;
    use datafusion::prelude::{CsvReadOptions, ParquetReadOptions, SessionContext};

    use super::*;

    async fn refusal(context: &SessionContext, question: &str) -> Option<String> {
        let runs = OpenRuns::below(&[], &StoreOptions::default());
        let plan = context.sql(question).await.expect("a question").create_physical_plan().await.expect("a plan");
        admit(plan, &runs, &Arc::default()).err().map(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_worker_reads_runs_only_and_writes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(place("secrets.csv"), "name\nanna\n").expect("a file");
        let context = SessionContext::new();
        context.register_csv("secrets", &place("secrets.csv"), CsvReadOptions::new()).await.expect("a table");
        let copy = format!("COPY secrets TO '{}' STORED AS PARQUET", place("copy.parquet"));
        context.sql(&copy).await.expect("a copy").collect().await.expect("a copy");
        context.register_parquet("copies", &place("copy.parquet"), ParquetReadOptions::new()).await.expect("a table");
        assert_eq!(refusal(&context, "SELECT count(*) FROM (VALUES (1), (2)) AS t(x) WHERE x > 1").await, None);
        let of_text = refusal(&context, "SELECT * FROM secrets").await.expect("refused");
        assert!(of_text.contains("Parquet files of runs"), "{of_text}");
        let of_copy = refusal(&context, "SELECT name FROM copies WHERE name > 'a'").await.expect("refused");
        assert!(of_copy.contains("not the address of a run"), "{of_copy}");
        let of_write = format!("COPY (VALUES (1)) TO '{}' STORED AS PARQUET", place("new.parquet"));
        let of_write = refusal(&context, &of_write).await.expect("refused");
        assert!(of_write.contains("writes nothing"), "{of_write}");
    }
}
