use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::error::Result;
use serde::Deserialize;

use super::document::Document;
use crate::frame::Frame;
use crate::table::table_name;

#[derive(Deserialize)]
struct StateDictionary {
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Component {
    state_index: i32,
    kind: String,
    entity_type: String,
    entity_id: i32,
    entity_name: String,
    lag: Option<i32>,
    unit: String,
    incoming: ShownIn,
    outgoing: ShownIn,
}

#[derive(Deserialize)]
struct ShownIn {
    table: String,
    column: String,
    lag_index: Option<i32>,
}

/// `state_dictionary.json` as rows of components.
pub(super) fn table(document: &Document) -> Result<Arc<dyn TableProvider>> {
    let components = document.json::<StateDictionary>()?.components;
    let frame = Frame::default()
        .ids("state_index", components.iter().map(|of| of.state_index))
        .texts("kind", components.iter().map(|of| &of.kind))
        .texts("entity_type", components.iter().map(|of| &of.entity_type))
        .ids("entity_id", components.iter().map(|of| of.entity_id))
        .texts("entity_name", components.iter().map(|of| &of.entity_name))
        .optional_ids("lag", components.iter().map(|of| of.lag))
        .texts("unit", components.iter().map(|of| &of.unit));
    let shown = |frame: Frame, of: fn(&Component) -> &ShownIn, [table, column, lag]: [&str; 3]| {
        frame
            .texts(table, components.iter().map(|at| table_name(&of(at).table)))
            .texts(column, components.iter().map(|at| &of(at).column))
            .optional_ids(lag, components.iter().map(|at| of(at).lag_index))
    };
    let frame = shown(frame, |at| &at.incoming, ["incoming_table", "incoming_column", "incoming_lag_index"]);
    shown(frame, |at| &at.outgoing, ["outgoing_table", "outgoing_column", "outgoing_lag_index"]).table()
}
