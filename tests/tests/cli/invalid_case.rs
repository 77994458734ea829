//! Cases that break rules: found before anything is written, told with file and place.

use serde_json::{Value, json};

use super::broken_case::{BrokenCase, single_precision, with_nan};
use crate::program::cobre;
use crate::setting::dataset;

const STATISTICS: &str = "scenarios/inflow_seasonal_stats.parquet";

/// Runs and validates a case that must be refused; the messages must hold all of `parts`, and the JSON findings
/// `code`.
fn judge(case: &BrokenCase, code: &str, parts: &[&str]) {
    let [path, output] = case.arguments();
    let done = cobre(&["run", &path, "--output", &output]);
    assert_eq!(done.code, Some(1), "{}", done.err);
    for part in parts.iter().chain(&[code]) {
        assert!(done.err.contains(part), "no {part} in:\n{}", done.err);
    }
    assert!(!done.err.contains("panicked"), "{}", done.err);
    assert!(!case.output().exists(), "something was written for a case that is not valid");

    let done = cobre(&["validate", &path]);
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert!(done.out.starts_with("invalid:"), "{}", done.out);
    assert!(parts.iter().all(|part| done.err.contains(part)), "{}", done.err);

    let done = cobre(&["validate", &path, "--json"]);
    assert_eq!(done.code, Some(1), "{}", done.err);
    let json: Value = serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {}", done.out));
    assert_eq!(json["valid"], json!(false));
    let findings = json["findings"].as_array().expect("a list of findings");
    let errors = findings.iter().filter(|finding| finding["severity"] == "error").count();
    assert_eq!(json["errors"], json!(errors));
    let known = |finding: &&Value| finding["code"] == code;
    let finding = findings.iter().find(known).unwrap_or_else(|| panic!("no finding {code} in {findings:#?}"));
    for key in ["file", "pointer", "message"] {
        assert!(finding[key].is_string(), "{key} of {finding}");
    }

    let done = cobre(&["run", &path, "--output", &output, "--json"]);
    assert_eq!(done.code, Some(1), "{}", done.err);
    let last: Value = serde_json::from_str(done.out.lines().last().expect("a result")).expect("an event is JSON");
    assert_eq!((&last["type"], &last["exit_code"], &last["success"]), (&json!("result"), &json!(1), &json!(false)));
    let codes: Vec<&Value> = last["errors"].as_array().expect("a list").iter().map(|error| &error["code"]).collect();
    assert!(codes.contains(&&json!(code)), "{codes:?}");
}

#[test]
fn a_valid_case_is_valid_in_text_and_json() {
    let path = dataset("toy").display().to_string();
    let done = cobre(&["validate", &path]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.starts_with("valid: 6 stages, 2 hydros, 3 thermals, 2 buses, 1 lines"), "{}", done.out);
    let done = cobre(&["validate", &path, "--json"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let json: Value = serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {}", done.out));
    assert_eq!(json, json!({"valid": true, "errors": 0, "warnings": 0, "findings": []}));
}

#[test]
fn truncated_json() {
    let case = BrokenCase::new();
    let path = case.file("system/hydros.json");
    let text = std::fs::read(&path).expect("the file is there");
    std::fs::write(&path, &text[..text.len() / 2]).expect("the file can be cut");
    judge(&case, "structural.parse", &["system/hydros.json", "line ", "column "]);
}

#[test]
fn single_precision_where_double_is_needed() {
    let case = BrokenCase::new();
    case.change_column(STATISTICS, "mean_m3s", single_precision);
    judge(&case, "schema.column_type", &[STATISTICS, "mean_m3s", "Float32", "Float64"]);
}

#[test]
fn damaged_parquet() {
    let case = BrokenCase::new();
    let path = case.file(STATISTICS);
    let bytes = std::fs::read(&path).expect("the file is there");
    std::fs::write(&path, &bytes[..bytes.len() - 20]).expect("the file can be cut");
    judge(&case, "structural.parse", &[STATISTICS]);
}

#[test]
fn missing_file() {
    let case = BrokenCase::new();
    std::fs::remove_file(case.file("system/buses.json")).expect("the file can be removed");
    judge(&case, "structural.2", &["system/buses.json"]);
}

#[test]
fn unknown_key() {
    let case = BrokenCase::with_json("config.json", |json| json["training"]["tree_sed"] = json!(1));
    judge(&case, "schema.unknown_key", &["config.json", "/training/tree_sed", "hint: did you mean \"tree_seed\"?"]);
}

#[test]
fn plants_that_flow_in_a_circle() {
    let case = BrokenCase::with_json("system/hydros.json", |json| json["hydros"][1]["downstream_id"] = json!(0));
    judge(&case, "semantic.5a.1", &["system/hydros.json", "/hydros", "[0, 1]"]);
}

#[test]
fn not_a_number_in_a_table() {
    let case = BrokenCase::new();
    case.change_column(STATISTICS, "mean_m3s", |values| with_nan(values, 3));
    judge(&case, "schema.not_finite", &[STATISTICS, "row 3", "mean_m3s"]);
}

#[test]
fn unknown_id() {
    let case = BrokenCase::with_json("system/lines.json", |json| json["lines"][0]["source_bus_id"] = json!(77));
    judge(&case, "referential.1", &["system/lines.json", "/lines/0/source_bus_id", "77"]);
}

#[test]
fn all_findings_come_at_once() {
    let case = BrokenCase::with_json("system/lines.json", |json| json["lines"][0]["source_bus_id"] = json!(77));
    case.change_json("config.json", |json| json["training"]["tree_sed"] = json!(1));
    case.change_json("system/thermals.json", |json| json["thermals"][2]["bus_id"] = json!(5));
    judge(&case, "referential.1", &["/lines/0/source_bus_id", "/training/tree_sed", "/thermals/2/bus_id"]);
    let [path, output] = case.arguments();
    let done = cobre(&["run", &path, "--output", &output]);
    assert!(done.err.contains("has 3 errors; nothing was run"), "{}", done.err);
}
