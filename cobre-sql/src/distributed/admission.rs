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
        match run.checksum(path) {
            Some(checksum) => Ok(crate::table::with_checksum(file.clone(), checksum)),
            None => exec_err!("{path} is no file of a table of the run"),
        }
    };
    Ok(FileGroup::new(group.files().iter().map(known).collect::<Result<Vec<_>>>()?))
}
