use std::collections::BTreeMap;

use super::super::OutputError;
use super::super::destination::Destination;
use super::super::manifest::FileRecord;
use super::super::schema::Table;
use super::super::table_file::TableFile;
use super::super::table_shape::TableShape;

/// The files of the training tables: immutable parts, numbered over the whole run.
///
/// A part never takes the name of another one: names of a later attempt carry its number.
pub(super) struct Parts {
    pub(super) to: Destination,
    files: Vec<FileRecord>,
    next: u32,
}

impl Parts {
    pub(super) fn new(to: Destination) -> Self {
        Self { to, files: Vec::new(), next: 0 }
    }

    /// Continues after `files`.
    pub(super) fn resume(to: Destination, files: Vec<FileRecord>) -> Result<Self, OutputError> {
        let mut parts = Self::new(to);
        for file in &files {
            let number = parts.number(file)?;
            parts.next = parts.next.max(number + 1);
        }
        parts.files = files;
        Ok(parts)
    }

    /// The number in the name of a part.
    fn number(&self, file: &FileRecord) -> Result<u32, OutputError> {
        let stem = self.to.path(&format!("{}/part-", file.table));
        let name = file.path.strip_prefix(&stem).and_then(|rest| rest.strip_suffix(".parquet"));
        let number = name.map(|name| name.split_once("-r").map_or(name, |(number, _)| number));
        number.and_then(|number| number.parse().ok()).ok_or_else(|| {
            let run = self.to.path("");
            let message = format!("no part of the table {} of {}", file.table, run.trim_end_matches('/'));
            OutputError::manifest(&self.to.location_of(&file.path), message)
        })
    }

    /// Starts the next part of a table.
    pub(super) fn create(&self, table: &'static Table) -> Result<TableFile, OutputError> {
        let stem = format!("{}/part-{}", table.qualified_name(), self.next);
        self.to.create_table(&TableShape::whole(table), &stem, BTreeMap::new())
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
