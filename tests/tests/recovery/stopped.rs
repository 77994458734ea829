//! Runs that were stopped in order, and runs that train longer.

use cobre_data::output::RunStatus;
use serde_json::json;

use super::case::CaseCopy;
use super::equal::assert_equal;
use super::kill::Place;

/// Stops the run by SIGTERM when `is_due` says so of its root, and checks that what was done is committed in part.
fn stop_when(place: &Place, case: &CaseCopy, name: &str, is_due: impl Fn() -> bool) {
    let child = place.start(&case.path(), name, &[]);
    let pid = child.id().to_string();
    let begun = std::time::Instant::now();
    while !is_due() {
        assert!(begun.elapsed().as_secs() < 120, "the moment to stop never came");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("kill can be started").success());
    let done = child.wait_with_output().expect("the program ends");
    assert_eq!(done.status.code(), Some(5), "{}", String::from_utf8_lossy(&done.stderr));
    let run = place.open(name, None);
    assert_eq!(run.manifest().status, RunStatus::Partial);
    for table in run.manifest().tables.keys() {
        run.read_table(table).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn a_run_that_was_stopped_in_training_is_completed() {
    let place = Place::disk();
    let case = CaseCopy::small(|config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 60}]);
    });
    assert_eq!(place.run(&case.path(), "straight", &[]).0, Some(0));
    stop_when(&place, &case, "stopped", || {
        let listing = place.store("stopped").list("run=1/policy").expect("it can be listed");
        listing.folders.len() >= 2
    });
    let partial = place.open("stopped", None);
    let iterations = partial.manifest().summary.iterations.expect("iterations were made");
    assert!((2..60).contains(&iterations), "{iterations} iterations");
    let (code, messages) = place.run(&case.path(), "stopped", &["--resume"]);
    assert_eq!(code, Some(0), "{messages}");
    let run = place.open("stopped", None);
    assert_eq!((run.manifest().run, run.manifest().attempt), (1, 1));
    assert_equal(&place.open("straight", None), &run);
}

#[test]
fn a_run_that_was_stopped_in_simulation_is_completed() {
    let place = Place::disk();
    let case = CaseCopy::small(|config| {
        config["simulation"]["selection"]["num_scenarios"] = json!(1600);
    });
    assert_eq!(place.run(&case.path(), "straight", &[]).0, Some(0));
    stop_when(&place, &case, "stopped", || {
        place.store("stopped").size("run=1/simulation/_buckets/1.json").expect("the store answers").is_some()
    });
    let done = place.open("stopped", None).manifest().summary.n_scenarios.expect("scenarios were simulated");
    assert!((40..1600).contains(&done), "{done} scenarios");
    let (code, messages) = place.run(&case.path(), "stopped", &["--resume", "--run", "1"]);
    assert_eq!(code, Some(0), "{messages}");
    assert_equal(&place.open("straight", None), &place.open("stopped", None));
}

#[test]
fn a_complete_run_trains_on_under_a_larger_limit() {
    let place = Place::disk();
    let case = CaseCopy::small(|_| ());
    assert_eq!(place.run(&case.path(), "longer", &[]).0, Some(0));
    case.change(|config| config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 25}]));
    let (code, messages) = place.run(&case.path(), "longer", &["--resume"]);
    assert_eq!(code, Some(0), "{messages}");
    assert_eq!(place.run(&case.path(), "straight", &[]).0, Some(0));
    let run = place.open("longer", None);
    assert_eq!(run.manifest().run, 2);
    assert_equal(&place.open("straight", None), &run);
    // The first run is as it was.
    assert_eq!(place.open("longer", Some(1)).manifest().summary.iterations, Some(15));
}

#[test]
fn a_stored_policy_is_simulated_without_training() {
    let place = Place::disk();
    let case = CaseCopy::small(|_| ());
    assert_eq!(place.run(&case.path(), "both", &[]).0, Some(0));
    case.change(|config| config["training"]["enabled"] = json!(false));
    let (code, messages) = place.run(&case.path(), "both", &[]);
    assert_eq!(code, Some(0), "{messages}");
    let (trained, simulated) = (place.open("both", Some(1)), place.open("both", Some(2)));
    assert_eq!(trained.manifest().summary.simulation_mean, simulated.manifest().summary.simulation_mean);
    assert!(simulated.manifest().policy.is_none() && simulated.manifest().summary.iterations.is_none());
}

#[test]
fn a_warm_start_begins_where_the_policy_ended() {
    let place = Place::disk();
    let case = CaseCopy::small(|_| ());
    assert_eq!(place.run(&case.path(), "warm", &[]).0, Some(0));
    case.change(|config| config["policy"]["mode"] = json!("warm_start"));
    let (code, messages) = place.run(&case.path(), "warm", &[]);
    assert_eq!(code, Some(0), "{messages}");
    let (cold, warm) = (place.open("warm", Some(1)), place.open("warm", Some(2)));
    let bound = |run: &cobre_data::output::Run| run.manifest().summary.lower_bound.expect("a bound");
    assert!(bound(&warm) >= bound(&cold) * (1.0 - 1e-9), "{} after {}", bound(&warm), bound(&cold));
    assert_eq!(warm.manifest().summary.iterations, Some(15));
}
