//! Parts of a table: some columns of some files.

mod bounds;
mod file;
mod parts;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};

pub use bounds::Bounds;
pub use file::TableFile;

use super::OutputError;
use super::manifest::{FileEntry, TableEntry};
use super::partition_columns;
use super::reader::Run;
use super::schema::TABLES;
use bounds::Buckets;

/// A table of a committed run, to be read in part: files are opened one by one, and of a file only the row groups and
/// columns that are asked for are fetched.
#[derive(Debug, Clone)]
pub struct TableScan {
    run: Run,
    entry: TableEntry,
    schema: SchemaRef,
    buckets: Option<Buckets>,
}

impl Run {
    /// A table to be read in part.
    ///
    /// # Errors
    /// As [`table_files`](Self::table_files), and when its first file, which tells the columns, cannot be read.
    pub fn scan_table(&self, name: &str) -> Result<TableScan, OutputError> {
        self.table_files(name)?;
        let manifest = self.manifest();
        let qualified = manifest.resolve_table(name).unwrap_or(name);
        let entry = manifest.tables[qualified].clone();
        let in_file = match entry.files.first() {
            Some(first) => TableFile::open(self.store(), first)?.file_schema(),
            None => schema_without_files(qualified, &entry),
        };
        let schema = partition_columns::schema_with(&in_file, entry.partition_by.iter().map(String::as_str));
        Ok(TableScan { run: self.clone(), buckets: Buckets::of(manifest, qualified), entry, schema })
    }
}

fn schema_without_files(qualified: &str, entry: &TableEntry) -> SchemaRef {
    let known = TABLES.iter().find(|table| table.qualified_name() == qualified);
    let columns = known.map_or_else(|| Arc::new(Schema::empty()), |table| table.arrow_schema());
    let inside = columns.fields().iter().filter(|field| !entry.partition_by.contains(field.name()));
    Arc::new(Schema::new(inside.cloned().collect::<Vec<_>>()))
}

impl TableScan {
    /// All columns, those that live in the path of a file at the end.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The columns of this name, in the order of the table; all of them when none are named.
    pub fn projected(&self, columns: Option<&[String]>) -> SchemaRef {
        let Some(columns) = columns else { return Arc::clone(&self.schema) };
        let wanted = self.schema.fields().iter().filter(|field| columns.contains(field.name()));
        Arc::new(Schema::new(wanted.cloned().collect::<Vec<_>>()))
    }

    /// Its files, in canonical order.
    pub fn files(&self) -> &[FileEntry] {
        &self.entry.files
    }

    /// What the manifest says of the columns of a file: the values in its path, and the scenarios of its bucket.
    pub fn bounds(&self, file: &FileEntry) -> Bounds {
        bounds::of_entry(file, self.buckets)
    }

    /// Opens a file: its footer is read.
    ///
    /// # Errors
    /// [`OutputError::SerializationError`] when it is damaged, [`OutputError::ManifestError`] when it has other rows than
    /// the manifest says, [`OutputError::IoError`] when it cannot be read.
    pub fn open(&self, file: &FileEntry) -> Result<TableFile, OutputError> {
        TableFile::open(self.run.store(), file)
    }

    /// All rows, batch by batch; one row group is in memory at a time.
    pub fn into_batches(self) -> impl Iterator<Item = Result<RecordBatch, OutputError>> + Send + use<> {
        let Self { run, entry, schema, .. } = self;
        let read = move |file: &FileEntry| {
            let opened = TableFile::open(run.store(), file)?;
            let schema = Arc::clone(&schema);
            let groups = 0..opened.n_row_groups();
            Ok(groups.map(move |group| opened.read(&schema, &[group])))
        };
        entry.files.into_iter().flat_map(move |file| match read(&file) {
            Ok(groups) => Box::new(groups.flat_map(one_by_one)) as Box<dyn Iterator<Item = _> + Send>,
            Err(error) => Box::new(std::iter::once(Err(error))),
        })
    }
}

/// The batches, or why there are none.
fn one_by_one(
    batches: Result<Vec<RecordBatch>, OutputError>,
) -> impl Iterator<Item = Result<RecordBatch, OutputError>> + Send {
    let (batches, error) = match batches {
        Ok(batches) => (batches, None),
        Err(error) => (Vec::new(), Some(Err(error))),
    };
    batches.into_iter().map(Ok).chain(error)
}
