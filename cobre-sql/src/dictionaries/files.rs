use std::collections::BTreeMap;
use std::sync::Arc;

use cobre_data::output::Manifest;
use datafusion::arrow::array::Int64Array;
use datafusion::catalog::TableProvider;
use datafusion::error::Result;

use crate::frame::Frame;
use crate::table::table_name;

/// A file as its manifest knows it.
struct Row<'a> {
    table: Option<String>,
    path: &'a str,
    rows: Option<i64>,
    bytes: u64,
    sha256: &'a str,
    partition: Option<String>,
}

/// Every file of a run: those of its tables, then documents and policy, which are no part of a table.
pub(super) fn table(manifest: &Manifest) -> Result<Arc<dyn TableProvider>> {
    let mut rows = Vec::new();
    for (qualified, entry) in &manifest.tables {
        rows.extend(entry.files.iter().map(|file| Row {
            table: Some(table_name(qualified)),
            path: &file.path,
            rows: Some(file.rows as i64),
            bytes: file.bytes,
            sha256: &file.sha256,
            partition: (!file.partition.is_empty()).then(|| partition(&file.partition)),
        }));
    }
    let others = manifest.documents.iter().chain(manifest.policy.iter().flat_map(|policy| &policy.files));
    rows.extend(others.map(|file| Row {
        table: None,
        path: &file.path,
        rows: None,
        bytes: file.bytes,
        sha256: &file.sha256,
        partition: None,
    }));
    Frame::default()
        .optional_texts("table_name", rows.iter().map(|row| row.table.as_deref()))
        .texts("path", rows.iter().map(|row| row.path))
        .column("rows", true, rows.iter().map(|row| row.rows).collect::<Int64Array>())
        .column("bytes", false, Int64Array::from_iter_values(rows.iter().map(|row| row.bytes as i64)))
        .texts("sha256", rows.iter().map(|row| row.sha256))
        .optional_texts("partition", rows.iter().map(|row| row.partition.as_deref()))
        .table()
}

/// As in the path: `scenario_bucket=3`.
fn partition(values: &BTreeMap<String, i64>) -> String {
    values.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("/")
}
