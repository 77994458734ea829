//! What the commands say of roots that hold a damaged run, or nothing of the kind that was asked for.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::program::cobre;
use crate::setting::dataset;

const COSTS: &str = "run=1/simulation/costs/scenario_bucket=0/part-0.parquet";
const CONVERGENCE: &str = "run=1/training/convergence/part-0.parquet";
const BUSES: &str = "run=1/simulation/buses/scenario_bucket=0/part-0.parquet";

#[test]
fn a_report_names_every_file_that_is_not_as_it_was_written() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let (case, results) = (dataset("toy").display().to_string(), root.path().display().to_string());
    assert_eq!(cobre(&["run", &case, "--output", &results, "--quiet"]).code, Some(0));
    let done = cobre(&["report", &results, "--verify", "--json"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let report: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(report["verification"]["damages"].as_array().map(Vec::len), Some(0));
    assert_eq!(report["summary"]["iterations"], 60);
    let done = cobre(&["gc", &results, "--json"]);
    let collected: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!((done.code, collected["removed"].as_array().map(Vec::len)), (Some(0), Some(0)));

    let path = |file: &str| root.path().join(file);
    for file in [COSTS, BUSES] {
        fs::set_permissions(path(file), fs::Permissions::from_mode(0o644)).expect("permissions can be set");
    }
    let content = fs::read(path(COSTS)).expect("a table");
    fs::write(path(COSTS), &content[..content.len() / 2]).expect("it can be truncated");
    let mut content = fs::read(path(BUSES)).expect("a table");
    content[100] ^= 1;
    fs::write(path(BUSES), &content).expect("it can be damaged");
    fs::remove_file(path(CONVERGENCE)).expect("it can be removed");

    let done = cobre(&["report", &results]);
    assert!(done.code == Some(2) && done.err.contains("hint: --verify"), "{}", done.err);
    let done = cobre(&["report", &results, "--verify"]);
    assert_eq!(done.code, Some(2), "{}", done.out);
    for file in [COSTS, BUSES, CONVERGENCE, "DAMAGED: 3 of"] {
        assert!(done.out.contains(file), "no {file} in:\n{}", done.out);
    }
    assert!(done.err.contains("run 1 is damaged"), "{}", done.err);
    let done = cobre(&["report", &results, "--verify", "--json"]);
    let report: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(done.code, Some(2));
    assert_eq!(report["verification"]["damages"].as_array().map(Vec::len), Some(3));
}
