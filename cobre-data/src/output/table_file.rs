use std::path::PathBuf;

use super::OutputError;
use super::manifest::FileRecord;
use super::memory::MemoryFile;
use super::parquet_file::ParquetFile;
use super::table_rows::TableRows;
use super::table_shape::TableShape;

/// Rows that are gathered before they are encoded.
const BATCH_ROWS: usize = 32 * 1024;

/// One file of a table while its rows are made: they are encoded as they come, or kept.
pub(super) struct TableFile {
    rows: TableRows,
    body: Body,
}

enum Body {
    Parquet(Box<ParquetFile>),
    Memory(Box<MemoryFile>),
}

impl TableFile {
    /// Makes the rows of a Parquet file.
    pub(super) fn of_parquet(shape: &TableShape, file: ParquetFile) -> Self {
        Self { rows: TableRows::new(shape), body: Body::Parquet(Box::new(file)) }
    }

    /// Makes the rows of a file in memory.
    pub(super) fn of_memory(shape: &TableShape, file: MemoryFile) -> Self {
        Self { rows: TableRows::new(shape), body: Body::Memory(Box::new(file)) }
    }

    /// Gets ready for `n` rows, where they are kept.
    pub(super) fn reserve(&mut self, n: usize) {
        if let Body::Memory(_) = self.body {
            self.rows.reserve(n);
        }
    }

    /// Rows of all closed runs.
    pub(super) fn n_rows(&self) -> u64 {
        let n_encoded = if let Body::Parquet(file) = &self.body { file.n_rows() } else { 0 };
        n_encoded + self.rows.n_rows() as u64
    }

    /// Opens a run of `n` rows; fill it, then call [`end`](Self::end).
    pub(super) fn begin(&mut self, n: usize) -> &mut TableRows {
        self.rows.begin(n)
    }

    /// Closes the run.
    pub(super) fn end(&mut self) -> Result<(), OutputError> {
        self.rows.end().map_err(|message| self.misfit(message))?;
        match &mut self.body {
            Body::Parquet(_) if self.rows.n_rows() >= BATCH_ROWS => self.encode(),
            Body::Memory(file) if self.rows.n_rows() - file.last_cut() >= BATCH_ROWS => {
                file.cut(self.rows.n_rows());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn encode(&mut self) -> Result<(), OutputError> {
        let batch = self.rows.take_batch().map_err(|message| self.misfit(message))?;
        if let Body::Parquet(file) = &mut self.body { file.write(&batch) } else { Ok(()) }
    }

    /// Gives the file its name; what is left to encode is written.
    pub(super) fn publish(mut self) -> Result<FileRecord, OutputError> {
        if matches!(self.body, Body::Parquet(_)) && self.rows.n_rows() > 0 {
            self.encode()?;
        }
        let path = self.path();
        match self.body {
            Body::Parquet(file) => file.publish(),
            Body::Memory(file) => {
                let batch = self.rows.into_batch().map_err(|message| OutputError::schema(&path, message))?;
                Ok(file.publish(batch))
            }
        }
    }

    fn path(&self) -> PathBuf {
        match &self.body {
            Body::Parquet(file) => file.path().to_path_buf(),
            Body::Memory(file) => file.location(),
        }
    }

    fn misfit(&self, message: String) -> OutputError {
        OutputError::schema(&self.path(), message)
    }
}
