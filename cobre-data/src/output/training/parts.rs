use std::collections::BTreeMap;

use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::run::RunFolder;
use super::super::schema::{Table, TablePhase};
use super::super::table_file::TableFile;

/// The files of the training tables: immutable parts, numbered over the whole run.
///
/// A part never takes the name of another one, not even of one that a dead process left behind.
pub(super) struct Parts {
    pub(super) folder: RunFolder,
    files: Vec<FileRecord>,
    next: u32,
}

impl Parts {
    pub(super) fn new(folder: RunFolder) -> Self {
        Self { folder, files: Vec::new(), next: 0 }
    }

    /// Continues after `files`, and after every other part that lies in the folder of the run.
    pub(super) fn resume(folder: RunFolder, files: Vec<FileRecord>) -> Result<Self, OutputError> {
        let mut parts = Self::new(folder);
        for file in &files {
            let number = parts.number(file)?;
            parts.next = parts.next.max(number + 1);
        }
        parts.files = files;
        while parts.is_taken()? {
            parts.next += 1;
        }
        Ok(parts)
    }

    /// The number in the name of a part.
    fn number(&self, file: &FileRecord) -> Result<u32, OutputError> {
        let folder = format!("{}/{}/part-", self.folder.relative, file.table);
        let name = file.path.strip_prefix(&folder).and_then(|rest| rest.strip_suffix(".parquet"));
        name.and_then(|number| number.parse().ok()).ok_or_else(|| {
            let path = self.folder.store.path(&file.path);
            OutputError::manifest(&path, format!("no part of the table {} of {}", file.table, self.folder.relative))
        })
    }

    /// Whether any table has a part of the next number.
    fn is_taken(&self) -> Result<bool, OutputError> {
        for table in super::super::schema::phase_tables(TablePhase::Training) {
            if self.folder.store.exists(&self.path(table))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn path(&self, table: &Table) -> String {
        format!("{}/{}/part-{}.parquet", self.folder.relative, table.qualified_name(), self.next)
    }

    /// Starts the next part of a table.
    pub(super) fn create(&self, table: &'static Table) -> Result<TableFile, OutputError> {
        let (store, origin) = (&self.folder.store, &self.folder.origin);
        TableFile::create(store, origin, table, table.sort_by, self.path(table), BTreeMap::new())
    }

    /// Takes the parts of one number, one per table that has rows.
    pub(super) fn append(&mut self, files: Vec<FileRecord>) {
        self.files.extend(files);
        self.next += 1;
    }

    /// All parts, in the order in which they were written.
    pub(super) fn files(&self) -> &[FileRecord] {
        &self.files
    }
}
