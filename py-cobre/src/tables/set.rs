use cobre_data::output::{MemoryTable, MemoryTables};
use cobre_sql::NamedBatches;
use pyo3::prelude::*;

use super::Table;
use crate::failure::Failure;

/// Result tables in memory by qualified name, such as `simulation/hydros`. Copies share their memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableSet {
    tables: MemoryTables,
}

impl TableSet {
    /// The tables of results.
    pub(crate) fn new(tables: MemoryTables) -> Self {
        Self { tables }
    }

    /// Qualified names, ascending.
    pub(crate) fn names(&self) -> Vec<String> {
        self.tables.names().map(str::to_owned).collect()
    }

    /// A table by its qualified name, or by its plain one where no other phase has a table of that name.
    ///
    /// # Errors
    /// When there is no such table, or there are several.
    pub(crate) fn get(&self, name: &str) -> Result<Table, Failure> {
        let found = self.tables.resolve(name).and_then(|name| Some((name, self.tables.get(name)?)));
        let (name, table) = found.ok_or_else(|| unknown_table(name, &self.names()))?;
        Ok(Table::new(name, table.schema().clone(), table.batches().to_vec()))
    }

    /// A table as a lazy frame of Polars over the same memory.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(crate) fn lazy<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        Table::lazy(&Bound::new(py, self.get(name)?)?)
    }

    /// All tables, by qualified name.
    pub(crate) fn into_batches(self) -> impl Iterator<Item = NamedBatches> {
        let named =
            |(name, table): (&str, &MemoryTable)| (name.to_owned(), table.schema().clone(), table.batches().to_vec());
        self.tables.iter().map(named).collect::<Vec<_>>().into_iter()
    }
}

/// The error of a name that means no table, or several.
pub(crate) fn unknown_table(name: &str, known: &[String]) -> Failure {
    Failure::argument("name", format!("no single table is named `{name}`; tables: {}", known.join(", ")))
}
