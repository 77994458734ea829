//! `run --json`: one event per line, in order.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::program::{cobre, command};
use crate::setting::dataset;

/// The events of a run of the toy case.
fn toy_events() -> Vec<Value> {
    let root = tempfile::tempdir().expect("a temporary folder");
    let (case, output) = (dataset("toy").display().to_string(), root.path().display().to_string());
    let done = cobre(&["run", &case, "--output", &output, "--json"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(done.err, "", "events are all that is told");
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    done.out.lines().map(parse).collect()
}

#[test]
fn events_come_in_order_and_the_last_one_is_the_result() {
    let events = toy_events();
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().expect("every event has a type")).collect();
    let mut expected = vec!["started"];
    expected.extend(["progress"; 60]);
    expected.extend(["checkpoint", "terminated"]);
    let simulated = kinds.len() - expected.len() - 1;
    assert!(simulated >= 1, "no progress of the simulation: {kinds:?}");
    expected.extend(std::iter::repeat_n("progress", simulated));
    expected.push("result");
    assert_eq!(kinds, expected);

    let started = &events[0];
    assert_eq!((&started["case"], &started["stages"], &started["hydros"]), (&json!("toy"), &json!(6), &json!(2)));
    let iterations: Vec<u64> = events[1..=60].iter().filter_map(|event| event["iteration"].as_u64()).collect();
    assert_eq!(iterations, (1..=60).collect::<Vec<u64>>());
    let bounds: Vec<f64> = events[1..=60].iter().filter_map(|event| event["lower_bound"].as_f64()).collect();
    assert!(bounds.len() == 60 && bounds.windows(2).all(|pair| pair[1] >= pair[0] * (1.0 - 1e-8)), "{bounds:?}");
    assert!(events[1..=60].iter().all(|event| event["phase"] == "training"));
    let done: Vec<u64> = events[63..].iter().filter_map(|event| event["scenarios_complete"].as_u64()).collect();
    assert!(done.is_sorted() && done.last() == Some(&200), "{done:?}");
}

#[test]
fn the_result_says_what_the_manifest_and_the_last_iteration_say() {
    let events = toy_events();
    let (terminated, result) = (&events[62], &events[events.len() - 1]);
    assert_eq!((&result["exit_code"], &result["success"], &result["errors"]), (&json!(0), &json!(true), &json!([])));
    let summary = &result["summary"];
    assert_eq!((&summary["iterations"], &summary["n_scenarios"]), (&json!(60), &json!(200)));
    assert_eq!(summary["lower_bound"], events[60]["lower_bound"]);
    assert_eq!(summary["lower_bound"], terminated["final_lb"]);
    assert_eq!(summary["stop_reason"], terminated["reason"]);
    assert_eq!(summary["status"], json!("complete"));
    assert_eq!(summary["run_id"], events[0]["run_id"]);
}

/// Runs the toy case and stops reading one of its streams after the first line.
fn stop_reading(arguments: &[&str], stop_stdout: bool) {
    let root = tempfile::tempdir().expect("a temporary folder");
    let (case, output) = (dataset("toy").display().to_string(), root.path().display().to_string());
    let mut command = command(&["run", &case, "--output", &output]);
    let mut child = command
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let (out, err) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    let rest = if stop_stdout {
        BufReader::new(out).read_line(&mut line).expect("a first line");
        std::io::read_to_string(err).expect("the other stream")
    } else {
        BufReader::new(err).read_line(&mut line).expect("a first line");
        std::io::read_to_string(out).expect("the other stream")
    };
    let status = child.wait().expect("the program ends");
    assert!(!line.is_empty());
    assert_eq!(status.code(), Some(0), "{rest}");
    assert!(!rest.contains("panicked"), "{rest}");
    assert!(root.path().join("_meta/run-1.json").is_file(), "the run is not committed");
}

#[test]
fn a_reader_of_events_that_leaves_does_not_end_the_run() {
    stop_reading(&["--json"], true);
}

#[test]
fn a_reader_of_progress_that_leaves_does_not_end_the_run() {
    stop_reading(&[], false);
}
