//! `report`, `policy` and `gc`: what they tell, and what they refuse.

use std::process::Child;
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::cobre;
use crate::recovery::case::CaseCopy;
use crate::recovery::equal::assert_equal;
use crate::recovery::kill::Place;

fn json_of(text: &str) -> Value {
    serde_json::from_str(text.trim()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn tell(place: &Place, command: &[&str]) -> (Option<i32>, String) {
    let done = place.ask(command, "run");
    (done.code, format!("{}{}", done.out, done.err))
}

fn trained(place: &Place, name: &str) {
    let case = CaseCopy::of("toy", |config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 5}]);
        config["simulation"]["selection"]["num_scenarios"] = json!(20);
    });
    let (code, messages) = place.run(&case.path(), name, &[]);
    assert_eq!(code, Some(0), "{messages}");
}

#[test]
fn a_report_tells_what_the_manifest_and_the_tables_say() {
    let place = Place::disk();
    trained(&place, "run");
    let run = place.open("run", None);
    let (code, text) = tell(&place, &["report"]);
    assert_eq!(code, Some(0), "{text}");
    for part in ["run 1 (complete)", "5 iterations", "lower bound", "20 scenarios", "thermal_cost", "not verified"] {
        assert!(text.contains(part), "no {part} in:\n{text}");
    }
    let (code, text) = tell(&place, &["report", "--json", "--verify"]);
    assert_eq!(code, Some(0), "{text}");
    let report = json_of(&text);
    assert_eq!(report["summary"]["lower_bound"], json!(run.manifest().summary.lower_bound));
    assert_eq!(report["training"]["convergence"].as_array().map(Vec::len), Some(5));
    assert_eq!(report["simulation"]["cost"]["mean"], json!(run.manifest().summary.simulation_mean));
    assert_eq!(report["files"]["total"][0], json!(run.manifest().files().count()));
    assert_eq!(report["verification"]["damages"], json!([]));
}

#[test]
fn policies_are_shown_and_compared() {
    let place = Place::disk();
    trained(&place, "run");
    let root = place.root("run");
    for named in [root.clone(), format!("{root}/run=1"), format!("{root}/run=1/policy/5")] {
        let done = cobre(&["policy", "show", &named]);
        assert_eq!(done.code, Some(0), "{}", done.err);
        assert!(done.out.contains("iterations       5") && done.out.contains("storage of plant 0"), "{}", done.out);
    }
    let shown = json_of(&cobre(&["policy", "show", &root, "--json"]).out);
    assert_eq!((&shown["iterations"], &shown["dimension"]), (&json!(5), &json!(4)));
    let value = |state: &str| {
        let done = cobre(&["policy", "show", &root, "--stage", "1", "--state", state, "--json"]);
        assert_eq!(done.code, Some(0), "{}", done.err);
        json_of(&done.out)["future_cost"].as_f64().expect("a cost")
    };
    assert!(value("storage:0=0,storage:1=0") > value("storage:0=300,storage:1=300"), "water is worth something");
    for (state, part) in
        [("storage:7=1", "has no storage:7"), ("storage:0", "KIND:ID"), ("storage:0=x", "not a number")]
    {
        let done = cobre(&["policy", "show", &root, "--stage", "1", "--state", state]);
        assert_eq!(done.code, Some(1), "{state}");
        assert!(done.err.contains(part), "{}", done.err);
    }
    let done = cobre(&["policy", "show", &root, "--stage", "99", "--state", "storage:0=1"]);
    assert!(done.code == Some(1) && done.err.contains("no stage 99"), "{}", done.err);
    let compared = cobre(&["policy", "compare", &root, &format!("{root}/run=1"), "--json"]);
    assert_eq!(compared.code, Some(0), "{}", compared.err);
    let stages = json_of(&compared.out)["stages"].as_array().expect("stages").clone();
    assert!(stages.iter().all(|stage| stage["max_relative_difference"] == json!(0.0)));
    let done = cobre(&["policy", "show", &place.root("nowhere")]);
    assert!(done.code == Some(2) && done.err.contains("there is no policy"), "{}", done.err);
}

/// A run that goes on until it is killed, once it has a checkpoint.
fn endless(place: &Place, case: &CaseCopy, run: &str) -> Child {
    let mut child = place.start(&case.path(), "run", &["--run", run]);
    let store = place.store("run");
    while store.size(&format!("run={run}/policy/2/policy.bin")).expect("the store answers").is_none() {
        assert!(child.try_wait().expect("the program can be asked").is_none(), "it ended");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn endless_case() -> CaseCopy {
    CaseCopy::small(|config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 1_000_000}]);
    })
}

#[test]
fn garbage_is_what_no_record_and_no_living_writer_needs() {
    let place = Place::disk();
    trained(&place, "run");
    let store = place.store("run");
    // A stray file of a committed run, a run that is being written, and then its remains.
    let before = store.list_all("run=1").expect("files");
    let stray = "run=1/training/convergence/part-9.parquet";
    store.replace(stray, vec![1]).expect("a file");
    let case = endless_case();
    let mut child = endless(&place, &case, "2");
    let (code, text) = tell(&place, &["gc", "--dry-run"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("part-9.parquet") && text.contains("run 2 stays: process"), "{text}");
    assert!(store.size(stray).expect("an answer").is_some(), "it was removed");
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    store.replace("run=2/training/convergence/part-999.parquet", vec![1]).expect("a leftover");

    let (code, text) = tell(&place, &["gc", "--json"]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(store.list_all("run=1").expect("files"), before);
    let report = json_of(&text);
    let reason = report["left"][0]["reason"].as_str().expect("run 2 stays");
    assert!(reason.contains("it can be resumed after iteration") && reason.contains("--abandon 2"), "{reason}");
    assert_eq!(store.size("run=2/training/convergence/part-999.parquet").expect("an answer"), None);
    let files = store.list_all("").expect("files");
    let (_, text) = tell(&place, &["gc", "--json"]);
    assert_eq!(json_of(&text)["removed"], json!([]));
    assert_eq!(store.list_all("").expect("files"), files);

    for (run, part) in [("1", "a complete run is not abandoned"), ("7", "no such run")] {
        let (code, text) = tell(&place, &["gc", "--abandon", run]);
        assert!(code == Some(2) && text.contains(part), "{text}");
    }
    let (code, text) = tell(&place, &["gc", "--json", "--abandon", "2"]);
    assert_eq!(code, Some(0), "{text}");
    let report = json_of(&text);
    assert_eq!(report["left"], json!([]));
    assert!(report["removed"].as_array().is_some_and(|removed| removed.len() > 20), "{text}");
    assert!(!std::path::Path::new(&place.root("run")).join("run=2").exists());
    assert_eq!(store.list("_meta").expect("records").files.len(), 1);
    let (code, text) = tell(&place, &["report", "--verify"]);
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn a_run_goes_on_after_garbage_was_collected() {
    let place = Place::disk();
    let case = endless_case();
    let mut child = endless(&place, &case, "1");
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    let (code, text) = tell(&place, &["gc"]);
    assert_eq!(code, Some(0), "{text}");
    case.change(|config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 40}]);
        config["simulation"]["selection"]["num_scenarios"] = json!(20);
    });
    let (code, messages) = place.run(&case.path(), "run", &["--resume"]);
    assert_eq!(code, Some(0), "{messages}");
    assert_eq!(place.run(&case.path(), "undisturbed", &[]).0, Some(0));
    assert_equal(&place.open("undisturbed", None), &place.open("run", None));
}

#[test]
fn places_that_cannot_be_are_refused() {
    let case = CaseCopy::of("toy", |_| ());
    for (arguments, part) in [
        (vec!["--output", "memory://results"], "would be gone"),
        (vec!["--output", "ftp://host/results"], "ftp"),
        (vec!["--output", "s3://bucket/x", "-O", "no_such_option=1"], "no_such_option"),
        (vec!["--output", "s3://bucket/x", "-O", "nothing"], "nothing"),
    ] {
        let path = case.path();
        let mut all = vec!["run", &path];
        all.extend(arguments);
        let done = cobre(&all);
        assert!(matches!(done.code, Some(1 | 2)), "{:?}: {}", done.code, done.err);
        assert!(done.err.contains(part), "no {part} in: {}", done.err);
        assert!(!done.err.contains("iteration"), "it was trained first: {}", done.err);
    }
    let done = cobre(&["run", &case.path(), "--takeover"]);
    assert!(done.code == Some(1) && done.err.contains("--resume"), "{}", done.err);
    case.change(|config| config["exports"] = json!({"results": {"aggregates_only": true, "tables": ["paths"]}}));
    let done = cobre(&["run", &case.path()]);
    assert!(matches!(done.code, Some(1 | 2)) && done.err.contains("aggregates only"), "{}", done.err);
    assert!(!done.err.contains("iteration") && !std::path::Path::new(&case.path()).join("output/_meta").exists());
    case.change(|config| {
        config["exports"] = json!({});
        config["training"]["enabled"] = json!(false);
    });
    let done = cobre(&["run", &case.path(), "--quiet"]);
    assert!(done.code == Some(2) && done.err.contains("no run with a policy"), "{}", done.err);
}
