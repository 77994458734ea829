use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::super::OutputError;
use super::super::manifest::resolve_table;
use super::super::partition_columns;
use super::super::schema::{Table, TablePhase, phase_tables};
use super::super::table_shape::TableShape;
use super::file::FileRows;

/// Result tables in memory, by qualified name. A clone shares the columns.
///
/// Schemas, rows and their order are those of [`Run::read_table`](super::super::Run::read_table) for a run that wrote the same
/// results. A table that was asked for and has no rows is there, too.
#[derive(Debug, Clone, Default)]
pub struct MemoryTables {
    tables: BTreeMap<String, MemoryTable>,
    /// What the files of a run would hold, in the order in which it would write them.
    files: Vec<FileRows>,
}

/// A result table in memory.
#[derive(Debug, Clone)]
pub struct MemoryTable {
    table: &'static Table,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl MemoryTable {
    /// What the table holds: columns with units and meaning.
    pub fn table(&self) -> &'static Table {
        self.table
    }

    /// The schema of the batches: the columns that were asked for, and the one that lives in the path of files.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The rows, one batch for each file that a run would have; none is empty. The columns are the memory that the
    /// writer filled.
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// Number of rows.
    pub fn n_rows(&self) -> u64 {
        self.batches.iter().map(|batch| batch.num_rows() as u64).sum()
    }
}

impl MemoryTables {
    /// The tables of `shapes` with the rows of `files`.
    pub(super) fn new<'a>(
        shapes: impl IntoIterator<Item = &'a TableShape>,
        files: Vec<FileRows>,
    ) -> Result<Self, OutputError> {
        let mut tables: BTreeMap<String, MemoryTable> = shapes.into_iter().map(empty).collect();
        let mut in_order: Vec<&FileRows> = files.iter().collect();
        // Stable: the files of a partition stay in the order in which they were written.
        in_order.sort_by(|a, b| a.partition.cmp(&b.partition));
        for file in in_order {
            let Some(table) = tables.get_mut(&file.shape.table.qualified_name()) else { continue };
            let batch = partition_columns::append(&file.batch, &table.schema, &file.partition)
                .map_err(|message| OutputError::schema(Path::new(&file.path), message))?;
            table.batches.push(batch);
        }
        Ok(Self { tables, files })
    }

    /// The tables of a phase, all columns of each.
    pub(super) fn of_phase(phase: TablePhase, files: Vec<FileRows>) -> Result<Self, OutputError> {
        let shapes: Vec<TableShape> = phase_tables(phase).map(TableShape::whole).collect();
        Self::new(&shapes, files)
    }

    /// Qualified names, e.g. `simulation/hydros`, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// Qualified name of a table from its plain or qualified name; `None` when there is no such table or several.
    pub fn resolve(&self, name: &str) -> Option<&str> {
        resolve_table(&self.tables, name)
    }

    /// A table by its plain or qualified name.
    pub fn get(&self, name: &str) -> Option<&MemoryTable> {
        self.tables.get(self.resolve(name)?)
    }

    /// Qualified names and tables, in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &MemoryTable)> {
        self.tables.iter().map(|(name, table)| (name.as_str(), table))
    }

    /// Takes in tables of another phase.
    pub fn extend(&mut self, other: Self) {
        self.tables.extend(other.tables);
        self.files.extend(other.files);
    }

    pub(in super::super) fn files(&self) -> &[FileRows] {
        &self.files
    }
}

fn empty(shape: &TableShape) -> (String, MemoryTable) {
    let schema = partition_columns::schema_with(&shape.arrow_schema(), shape.partition_by().iter().copied());
    (shape.table.qualified_name(), MemoryTable { table: shape.table, schema, batches: Vec::new() })
}
