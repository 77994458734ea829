use std::collections::BTreeMap;
use std::path::PathBuf;

use arrow::array::RecordBatch;

use super::super::manifest::FileRecord;
use super::super::table_shape::TableShape;
use super::folder::MemoryFolder;

/// A file of a table in memory while its rows are made.
pub(in super::super) struct MemoryFile {
    folder: MemoryFolder,
    shape: TableShape,
    path: String,
    partition: BTreeMap<String, i64>,
    cuts: Vec<usize>,
}

impl MemoryFile {
    pub(in super::super) fn new(
        folder: MemoryFolder,
        shape: TableShape,
        path: String,
        partition: BTreeMap<String, i64>,
    ) -> Self {
        Self { folder, shape, path, partition, cuts: Vec::new() }
    }

    /// Its path, for messages.
    pub(in super::super) fn location(&self) -> PathBuf {
        PathBuf::from(&self.path)
    }

    /// Rows up to the last cut.
    pub(in super::super) fn last_cut(&self) -> usize {
        self.cuts.last().copied().unwrap_or(0)
    }

    /// Notes that a Parquet file would be given all rows up to `n_rows` here.
    pub(in super::super) fn cut(&mut self, n_rows: usize) {
        self.cuts.push(n_rows);
    }

    /// Puts the rows into the folder.
    pub(in super::super) fn publish(self, batch: RecordBatch) -> FileRecord {
        let Self { folder, shape, path, partition, cuts } = self;
        let rows = FileRows { shape, path, partition, batch, cuts };
        let record = rows.record();
        folder.add_rows(rows);
        record
    }
}

/// The rows of one file of a table, as they would go into Parquet.
#[derive(Debug, Clone)]
pub(in super::super) struct FileRows {
    pub(in super::super) shape: TableShape,
    /// Path below the folder of the run.
    pub(in super::super) path: String,
    pub(in super::super) partition: BTreeMap<String, i64>,
    pub(in super::super) batch: RecordBatch,
    /// Where a writer of the file cuts its rows into batches.
    cuts: Vec<usize>,
}

impl FileRows {
    /// The record of the file; it has no checksum, for there are no bytes.
    pub(super) fn record(&self) -> FileRecord {
        FileRecord {
            table: self.shape.table.qualified_name(),
            path: self.path.clone(),
            rows: self.batch.num_rows() as u64,
            bytes: 0,
            sha256: String::new(),
            partition: self.partition.clone(),
        }
    }

    /// The rows in the batches that a writer of the file is given.
    pub(in super::super) fn batches(&self) -> impl Iterator<Item = RecordBatch> {
        let n_rows = self.batch.num_rows();
        let starts = std::iter::once(0).chain(self.cuts.iter().copied());
        let ends = self.cuts.iter().copied().chain(std::iter::once(n_rows));
        starts.zip(ends).filter(|(start, end)| start < end).map(|(start, end)| self.batch.slice(start, end - start))
    }
}
