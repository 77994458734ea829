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

#[test]
fn a_policy_answers_only_for_what_it_has() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let (case, results) = (dataset("toy").display().to_string(), root.path().display().to_string());
    let done = cobre(&["policy", "show", &results]);
    assert_eq!(done.code, Some(2), "{}", done.err);
    assert!(done.err.contains("there is no policy"), "{}", done.err);
    assert_eq!(cobre(&["run", &case, "--output", &results, "--quiet"]).code, Some(0));

    let show = |stage: &str, state: &str| cobre(&["policy", "show", &results, "--stage", stage, "--state", state]);
    let done = show("9", "storage:0=1");
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert!(done.err.contains("no stage 9; its stages are 0, 1, 2, 3, 4, 5"), "{}", done.err);
    let done = show("0", "storage:7=1");
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert!(done.err.contains("no storage:7") && done.err.contains("storage:0, storage:1"), "{}", done.err);
    assert_eq!(show("0", "storage:0=much").code, Some(1));
    let done = show("0", "storage:0=1");
    assert_eq!(done.code, Some(0), "{}", done.err);
    for command in [vec!["policy", "show", &results, "--json"], vec!["policy", "compare", &results, &results, "--json"]]
    {
        let done = cobre(&command);
        assert_eq!(done.code, Some(0), "{}", done.err);
        assert!(serde_json::from_str::<Value>(&done.out).is_ok_and(|answer| answer.is_object()), "{}", done.out);
    }
}

#[test]
fn options_that_mean_nothing_are_refused() {
    let case = dataset("toy").display().to_string();
    let root = tempfile::tempdir().expect("a temporary folder");
    let results = root.path().display().to_string();
    for (further, code, part) in [
        (vec!["--output", "memory://x"], 2, "memory://x would be gone"),
        (vec!["--output", &results, "-O", "nonsense=1"], 2, "no store has this option"),
        (vec!["--output", &results, "--takeover"], 1, "--resume"),
    ] {
        let done = cobre(&[vec!["run", case.as_str()], further].concat());
        assert_eq!(done.code, Some(code), "{}", done.err);
        assert!(done.err.contains(part), "no {part} in:\n{}", done.err);
    }
    assert_eq!(fs::read_dir(root.path()).expect("the folder is there").count(), 0, "something was written");
}
