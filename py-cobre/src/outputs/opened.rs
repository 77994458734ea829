use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use cobre_data::output::{FileEntry, Run, RunRecord, TableScan, find_run, open_record};
use cobre_data::store::Store;
use cobre_sql::StudySession;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

use crate::failure::Failure;
use crate::tables::{Table, unknown_table};
use crate::threads::n_threads;

/// A committed run of a root.
#[derive(Clone)]
pub(super) struct Opened {
    pub(super) record: RunRecord,
    pub(super) run: Arc<Run>,
    /// Answers queries to the run, once there was one.
    pub(super) session: Option<Arc<StudySession>>,
}

impl Opened {
    /// The run with a number, or the newest; nothing is read when it is the one of `earlier`.
    pub(super) fn find(store: &Store, wanted: Option<u32>, earlier: Option<&Self>) -> Result<Self, Failure> {
        let record = find_run(store, wanted)?;
        if let Some(earlier) = earlier.filter(|earlier| earlier.record == record) {
            return Ok(earlier.clone());
        }
        let run = Arc::new(open_record(store, &record)?);
        Ok(Self { record, run, session: None })
    }

    /// Qualified names of its tables.
    pub(super) fn names(&self) -> Vec<String> {
        self.run.manifest().tables.keys().cloned().collect()
    }

    /// The qualified name of a table.
    pub(super) fn resolve(&self, name: &str) -> Result<&str, Failure> {
        self.run.manifest().resolve_table(name).ok_or_else(|| unknown_table(name, &self.names()))
    }

    /// A table to be read in part.
    pub(super) fn scan(&self, name: &str) -> Result<TableScan, Failure> {
        Ok(self.run.scan_table(self.resolve(name)?)?)
    }

    /// A table, whole; files are read by several threads.
    pub(super) fn read(&self, name: &str) -> Result<Table, Failure> {
        let name = self.resolve(name)?;
        let scan = self.run.scan_table(name)?;
        let schema = Arc::clone(scan.schema());
        let threads = ThreadPoolBuilder::new().num_threads(n_threads(None)?.min(scan.files().len().max(1))).build();
        let threads = threads.map_err(|error| Failure::threads(&format!("threads could not be started: {error}")))?;
        let read = |file: &FileEntry| read_file(&scan, file, &schema);
        let batches = threads.install(|| scan.files().par_iter().map(read).collect::<Result<Vec<_>, _>>())?;
        Ok(Table::new(name, schema, batches.concat()))
    }
}

fn read_file(scan: &TableScan, file: &FileEntry, schema: &SchemaRef) -> Result<Vec<RecordBatch>, Failure> {
    let file = scan.open(file)?;
    let groups: Vec<usize> = (0..file.n_row_groups()).collect();
    Ok(file.read(schema, &groups)?)
}
