//! A study without a solution ends with code 3 and leaves its stage problem behind.

use serde_json::{Value, json};

use super::broken_case::BrokenCase;
use crate::program::cobre;

/// Reservoirs that must be full after the first month, which no inflow can do, and no water that could be made up.
fn unreachable_storage() -> BrokenCase {
    let case = BrokenCase::with_json("system/hydros.json", |json| {
        for hydro in json["hydros"].as_array_mut().expect("a list of plants") {
            let full = hydro["reservoir"]["max_storage_hm3"].as_f64().expect("a volume");
            hydro["reservoir"]["min_storage_hm3"] = json!(full - 1.0);
        }
    });
    case.change_json("config.json", |json| json["modeling"]["inflow_non_negativity"]["method"] = json!("none"));
    case.change_json("initial_conditions.json", |json| {
        for storage in json["storage"].as_array_mut().expect("a list of volumes") {
            storage["value_hm3"] = json!(50.0);
        }
    });
    case
}

#[test]
fn storage_out_of_reach_names_the_stage_and_leaves_the_problem() {
    let case = unreachable_storage();
    let [path, output] = case.arguments();
    let done = cobre(&["run", &path, "--output", &output]);
    assert_eq!(done.code, Some(3), "{}", done.err);
    for part in ["infeasible", "stage 0", "opening ", "iteration 1", "hint: hard limits"] {
        assert!(done.err.contains(part), "no {part} in:\n{}", done.err);
    }
    assert!(done.err.contains("initial.storage"), "the warning is told too:\n{}", done.err);
    let line = done.err.lines().find_map(|line| line.strip_prefix("the stage problem is in "));
    let file = line.unwrap_or_else(|| panic!("no file is named in:\n{}", done.err));
    let lp = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    for part in ["minimize", "subject to", "bounds", "end"] {
        assert!(lp.lines().any(|line| line.trim().eq_ignore_ascii_case(part)), "no section {part} in:\n{lp}");
    }
    case.assert_nothing_committed();
}

#[test]
fn a_failed_run_ends_its_event_stream_with_the_exit_code() {
    let case = unreachable_storage();
    let [path, output] = case.arguments();
    let done = cobre(&["run", &path, "--output", &output, "--json"]);
    assert_eq!(done.code, Some(3), "{}", done.err);
    let last: Value = serde_json::from_str(done.out.lines().last().expect("a result")).expect("an event is JSON");
    assert_eq!((&last["type"], &last["exit_code"], &last["success"]), (&json!("result"), &json!(3), &json!(false)));
    let message = last["errors"][0]["message"].as_str().expect("a message");
    assert!(message.contains("infeasible") && message.contains("stage 0"), "{message}");
    case.assert_nothing_committed();
}
