use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::Int8Array;
use datafusion::catalog::TableProvider;
use datafusion::error::Result;
use serde_json::Value;

use super::document::Document;
use crate::frame::Frame;

/// `codes.json` as rows of kind, code and label.
pub(super) fn table(document: &Document) -> Result<Arc<dyn TableProvider>> {
    // Labels by kind and code, beside what the document says of itself.
    let codes: BTreeMap<String, Value> = document.json()?;
    let mut rows = Vec::new();
    for (kind, labels) in &codes {
        let labels = labels.as_object().into_iter().flatten();
        let of_kind = labels.filter_map(|(code, label)| Some((kind, code.parse::<i8>().ok()?, label.as_str()?)));
        rows.extend(of_kind);
    }
    rows.sort_by_key(|&(kind, code, _)| (kind, code));
    Frame::default()
        .texts("code_kind", rows.iter().map(|row| row.0))
        .column("code", false, Int8Array::from_iter_values(rows.iter().map(|row| row.1)))
        .texts("label", rows.iter().map(|row| row.2))
        .table()
}
