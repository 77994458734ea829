use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema};

use super::options::PageCompression;
use super::schema::{Column, Table};

/// A table as a run writes it: which of its columns, in what order of rows, how compressed.
#[derive(Debug, Clone)]
pub(super) struct TableShape {
    pub(super) table: &'static Table,
    /// The columns inside of a file, in schema order.
    columns: Vec<&'static Column>,
    /// Columns that order the rows of a file.
    sort_by: Vec<&'static str>,
    /// Columns that live in the path of a file.
    partition_by: Vec<&'static str>,
    compression: PageCompression,
}

impl TableShape {
    /// All columns, compressed as by default.
    pub(super) fn whole(table: &'static Table) -> Self {
        Self {
            table,
            columns: table.columns.iter().collect(),
            sort_by: table.sort_by.to_vec(),
            partition_by: table.partition_by.to_vec(),
            compression: PageCompression::default(),
        }
    }

    pub(super) fn with_compression(mut self, compression: PageCompression) -> Self {
        self.compression = compression;
        self
    }

    /// Replaces the columns that order the rows; those of the path do not order what is inside.
    pub(super) fn with_order(mut self, sort_by: Vec<&'static str>) -> Self {
        self.sort_by = sort_by;
        self
    }

    /// Moves a column into the path: it is no column of the file any more and does not order its rows.
    pub(super) fn partitioned_by(mut self, name: &'static str) -> Self {
        self.columns.retain(|column| column.name != name);
        self.sort_by.retain(|column| *column != name);
        self.partition_by = vec![name];
        self
    }

    /// Keeps the named columns and those that order the rows.
    pub(super) fn with_columns(mut self, names: &BTreeSet<String>) -> Self {
        let sort_by = &self.sort_by;
        self.columns.retain(|column| names.contains(column.name) || sort_by.contains(&column.name));
        self
    }

    pub(super) fn sort_by(&self) -> &[&'static str] {
        &self.sort_by
    }

    pub(super) fn partition_by(&self) -> &[&'static str] {
        &self.partition_by
    }

    pub(super) fn columns(&self) -> &[&'static Column] {
        &self.columns
    }

    pub(super) fn compression(&self) -> PageCompression {
        self.compression
    }

    /// Position of a column inside of a file.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The Arrow schema of a file.
    pub(super) fn arrow_schema(&self) -> Arc<Schema> {
        let fields: Vec<Field> =
            self.columns.iter().map(|c| Field::new(c.name, c.column_type.data_type(), c.nullable)).collect();
        Arc::new(Schema::new(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::HYDROS;
    use super::*;

    #[test]
    fn a_projection_keeps_the_columns_that_order_the_rows() {
        let names = BTreeSet::from(["storage_final_hm3".to_string()]);
        let shape = TableShape::whole(&HYDROS).with_columns(&names);
        let columns: Vec<&str> = shape.columns().iter().map(|column| column.name).collect();
        assert_eq!(columns, ["scenario_id", "stage_id", "block_id", "hydro_id", "storage_final_hm3"]);
    }

    #[test]
    fn a_column_of_the_path_is_neither_in_the_file_nor_in_its_order() {
        let shape = TableShape::whole(&HYDROS).partitioned_by("stage_id");
        assert_eq!(shape.position("stage_id"), None);
        assert_eq!(shape.sort_by(), ["hydro_id", "scenario_id", "block_id"]);
        assert_eq!(shape.partition_by(), ["stage_id"]);
        assert_eq!(shape.arrow_schema().fields().len(), HYDROS.columns.len() - 1);
    }
}
