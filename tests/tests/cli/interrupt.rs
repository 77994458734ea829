//! A request to stop: the iteration is finished, what was done is written and committed, exit code 5.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use arrow::array::RecordBatch;
use cobre_data::output::{RunStatus, open_run};
use cobre_data::store::Store;
use serde_json::{Value, json};

use super::broken_case::BrokenCase;
use crate::program::command;

/// A study that would train for hours.
fn endless() -> BrokenCase {
    BrokenCase::with_json("config.json", |json| {
        json["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 1_000_000}]);
    })
}

/// Sends `signal` after the third iteration and returns the events and the exit code.
fn interrupt(case: &BrokenCase, signal: &str) -> (Vec<Value>, Option<i32>) {
    let [path, output] = case.arguments();
    let mut child = command(&["run", &path, "--output", &output, "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let mut events: Vec<Value> = Vec::new();
    let mut sent = false;
    for line in BufReader::new(child.stdout.take().expect("a pipe")).lines() {
        let line = line.expect("lines are text");
        let event: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let is_third = event["iteration"] == json!(3);
        events.push(event);
        if is_third && !sent {
            let process = child.id().to_string();
            let killed = Command::new("kill").args([signal, &process]).status().expect("kill can be started");
            assert!(killed.success());
            sent = true;
        }
    }
    assert!(sent, "there was no third iteration");
    (events, child.wait().expect("the program ends").code())
}

fn judge(signal: &str) {
    let case = endless();
    let (events, code) = interrupt(&case, signal);
    assert_eq!(code, Some(5));
    let result = &events[events.len() - 1];
    assert_eq!((&result["type"], &result["exit_code"]), (&json!("result"), &json!(5)));
    assert_eq!(result["summary"]["status"], json!("partial"));
    assert_eq!(result["summary"]["stop_reason"], json!("requested"));

    let run = open_run(&Store::open_path(std::path::Path::new(&case.output())).expect("a store"), None)
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(run.manifest().status, RunStatus::Partial);
    let iterations = u64::from(run.manifest().summary.iterations.expect("iterations were made"));
    assert!(iterations >= 3, "{iterations} iterations");
    assert_eq!(result["summary"]["iterations"], json!(iterations));
    for table in ["convergence", "iteration_timing", "training/solver_iterations"] {
        let rows: usize =
            run.read_table(table).unwrap_or_else(|error| panic!("{error}")).iter().map(RecordBatch::num_rows).sum();
        assert!(rows as u64 >= iterations, "{table} has {rows} rows");
    }
}

#[test]
fn an_interrupt_ends_training_and_keeps_what_was_done() {
    judge("-INT");
}

#[test]
fn a_termination_ends_training_and_keeps_what_was_done() {
    judge("-TERM");
}
