//! A client that is killed in the middle of an upload to S3, when the server has half of it.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::case::CaseCopy;
use super::equal::assert_equal;
use super::kill::{Place, assert_tidy};
use crate::servers::Verdict;

/// Kills a run in the first upload whose request names `part`, and resumes it.
fn judge(case: &CaseCopy, parts: &[&'static str]) {
    let disk = Place::disk();
    assert_eq!(disk.run(&case.path(), "run", &[]).0, Some(0));
    let undisturbed = disk.open("run", None);
    for &part in parts {
        let was_cut = AtomicBool::new(false);
        let (direct, spoiled, proxy) = Place::spoiled_s3("uploads", move |_, line| {
            let is_due = line.starts_with("PUT ") && line.contains(part) && !was_cut.swap(true, Ordering::SeqCst);
            if is_due { Verdict::Half } else { Verdict::Forward }
        });
        let mut child = spoiled.start(&case.path(), "run", &["--run", "1"]);
        while proxy.spoiled().is_empty() {
            assert!(child.try_wait().expect("the program can be asked").is_none(), "no upload of {part}");
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        assert!(direct.store("run").size("_meta/run-1.json").expect("the server answers").is_none());
        let (code, messages) = direct.run(&case.path(), "run", &["--run", "1", "--resume"]);
        assert_eq!(code, Some(0), "{part}: {messages}");
        assert_equal(&undisturbed, &direct.open("run", None));
        assert_tidy(&direct, "run", &direct.open("run", None));
    }
}

#[test]
fn a_client_killed_while_a_file_is_sent() {
    let case = CaseCopy::small(|config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 4}]);
        config["simulation"]["selection"]["num_scenarios"] = json!(40);
    });
    judge(
        &case,
        &["/policy/2/cuts/", "/policy/4/policy.bin", "scenario_bucket%3D1", "/training/_manifest", "/_meta/run-1.json"],
    );
}

#[test]
fn a_client_killed_between_the_parts_of_a_large_file() {
    let case = CaseCopy::small(|config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 2}]);
        config["simulation"]["selection"]["num_scenarios"] = json!(400);
        config["exports"] = json!({
            "results": {"bucket_size": 400, "compression": "none"},
        });
    });
    judge(&case, &["partNumber=2"]);
}
