//! One JSON event per line on standard output.

use std::io::Write;

use serde_json::{Map, Value, json};

/// Prints a line; a reader that has gone away is no reason to fail.
pub(crate) fn print_line(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// Prints the event `{"type": kind, …fields}`.
pub(crate) fn emit(kind: &str, fields: Value) {
    let mut event = Map::new();
    event.insert("type".into(), json!(kind));
    if let Value::Object(fields) = fields {
        event.extend(fields);
    }
    print_line(&Value::Object(event).to_string());
}

/// A number, or null where it is not finite.
pub(crate) fn number(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number)
}
