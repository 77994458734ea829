//! Who writes a run: one process at a time, and the others are told before they compute anything.

use cobre_data::store::Store;
use serde_json::{Value, json};

use super::case::CaseCopy;
use super::equal::assert_equal;
use super::kill::Place;

fn claim(store: &Store, file: &str) -> Value {
    serde_json::from_slice(&store.get(file).expect("the claim is there")).expect("it is JSON")
}

/// Two processes are told to write the same run at the same moment.
fn judge_race(place: &Place) {
    let case = CaseCopy::small(|_| ());
    for round in 0..3 {
        let name = format!("race-{round}");
        let children: Vec<_> = (0..2).map(|_| place.start(&case.path(), &name, &["--run", "1"])).collect();
        let done: Vec<_> = children.into_iter().map(|child| child.wait_with_output().expect("it ends")).collect();
        let mut codes: Vec<_> = done.iter().map(|done| done.status.code()).collect();
        codes.sort_unstable();
        let messages: Vec<_> = done.iter().map(|done| String::from_utf8_lossy(&done.stderr)).collect();
        assert_eq!(codes, [Some(0), Some(2)], "{messages:?}");
        let told = messages.iter().find(|message| message.contains("run 1 cannot be begun")).expect("one is told why");
        assert!(told.contains("process ") && told.contains("--resume"), "{told}");
        assert_eq!(place.open(&name, None).manifest().run, 1);
    }
}

#[test]
fn of_two_writers_of_one_run_one_is_told_at_once() {
    judge_race(&Place::disk());
}

#[test]
fn of_two_writers_of_one_run_on_s3_one_is_told_at_once() {
    judge_race(&Place::s3("races"));
}

#[test]
fn a_run_that_is_being_written_is_not_resumed() {
    let place = Place::disk();
    let case = CaseCopy::small(|config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 1_000_000}]);
    });
    let mut child = place.start(&case.path(), "busy", &["--run", "1"]);
    let store = place.store("busy");
    while store.list("run=1/policy").expect("it can be listed").folders.is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    for further in [&["--resume"][..], &["--resume", "--run", "1", "--takeover"]] {
        let (code, messages) = place.run(&case.path(), "busy", further);
        assert_eq!(code, Some(2), "{messages}");
        assert!(messages.contains("run 1 is being written by process"), "{messages}");
    }
    assert!(store.size("_meta/claim-1-1.json").expect("the store answers").is_none(), "the claim was taken");
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
}

#[test]
fn a_silent_writer_elsewhere_is_succeeded_with_takeover_only() {
    let place = Place::s3("takeover");
    let case = CaseCopy::small(|_| ());
    assert_eq!(place.run(&case.path(), "straight", &[]).0, Some(0));
    let mut child = place.start(&case.path(), "silent", &["--run", "1"]);
    let store = place.store("silent");
    while store.size("run=1/policy/4/policy.bin").expect("the store answers").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    // As if it had run on another machine.
    let mut silent = claim(&store, "_meta/claim-1.json");
    silent["host"] = json!("another-machine");
    store.replace("_meta/claim-1.json", silent.to_string().into_bytes()).expect("it can be written");
    let (code, messages) = place.run(&case.path(), "silent", &["--resume", "--takeover"]);
    assert_eq!(code, Some(2), "{messages}");
    assert!(messages.contains("is being written by process"), "a sign of life was just given: {messages}");

    silent["last_sign_of_life"] = json!(silent["last_sign_of_life"].as_u64().expect("seconds") - 3000);
    store.replace("_meta/claim-1.json", silent.to_string().into_bytes()).expect("it can be written");
    let (code, messages) = place.run(&case.path(), "silent", &["--resume"]);
    assert_eq!(code, Some(2), "{messages}");
    assert!(messages.contains("on another-machine") && messages.contains("--takeover"), "{messages}");
    let (code, messages) = place.run(&case.path(), "silent", &["--resume", "--takeover"]);
    assert_eq!(code, Some(0), "{messages}");
    assert_equal(&place.open("straight", None), &place.open("silent", None));
}

#[test]
fn a_changed_study_is_not_resumed() {
    let place = Place::disk();
    let case = CaseCopy::small(|_| ());
    let mut child = place.start(&case.path(), "changed", &[]);
    while place.store("changed").size("run=1/policy/2/policy.bin").expect("the store answers").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    case.change(|config| config["training"]["tree_seed"] = json!(77));
    let (code, messages) = place.run(&case.path(), "changed", &["--resume"]);
    assert_eq!(code, Some(2), "{messages}");
    assert!(messages.contains("of this study") && messages.contains("hint:"), "{messages}");
}
