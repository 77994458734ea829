//! What goes to standard output, one JSON event per line, and to standard error.

use std::io::Write;

use serde_json::{Map, Value, json};

/// Prints a line; a reader that has gone away is no reason to fail.
pub(crate) fn print_line(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// Prints a line on standard error, which may be gone as well.
pub(crate) fn print_message(line: &str) {
    print_text(&format!("{line}\n"));
}

/// Prints text on standard error and leaves the line open.
pub(crate) fn print_text(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes());
    let _ = err.flush();
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
