use cobre_data::output::{MemoryTables, Run};
use polars::prelude::{IntoLazy, LazyFrame};

use crate::FrameError;
use crate::run_scan::RunScan;
use crate::to_dataframe;

/// Tables that Polars can query lazily.
pub trait LazyTables {
    /// A table by its qualified name, such as `simulation/hydros`, or by its plain one where that means one table only.
    ///
    /// # Errors
    /// When there is no such table, or what it consists of cannot be read.
    fn lazy(&self, name: &str) -> Result<LazyFrame, FrameError>;
}

/// Results in memory. The frame shares their columns, except texts.
impl LazyTables for MemoryTables {
    fn lazy(&self, name: &str) -> Result<LazyFrame, FrameError> {
        let Some(table) = self.get(name) else {
            let known = self.names().map(ToOwned::to_owned).collect();
            return Err(FrameError::UnknownTable { name: name.to_owned(), known });
        };
        Ok(to_dataframe(table.schema(), table.batches())?.lazy())
    }
}

/// A committed run. Nothing is read but a footer until a query is collected, and then the columns that it needs only,
/// up to the rows that it needs; the files are those of the manifest, on a disk, in an object store or in memory.
impl LazyTables for Run {
    fn lazy(&self, name: &str) -> Result<LazyFrame, FrameError> {
        RunScan::new(self.scan_table(name)?)?.into_lazy()
    }
}
