//! Runs that were stopped in order, and runs that train longer.

use arrow::array::AsArray;
use arrow::datatypes::{Int32Type, Int64Type};
use cobre_data::output::RunStatus;
use cobre_data::policy::describe;
use cobre_data::runner::open_policy;
use cobre_data::store::{Location, StoreOptions};
use serde_json::{Value, json};

use super::case::CaseCopy;
use super::equal::{assert_equal, assert_tables_equal};
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
fn a_simulation_of_a_stored_policy_that_was_stopped_is_completed() {
    let place = Place::disk();
    let case = CaseCopy::small(|config| {
        config["simulation"]["selection"]["num_scenarios"] = json!(1600);
    });
    // Two roots, and a policy for both.
    assert_eq!(place.run(&case.path(), "policy", &[]).0, Some(0));
    let policy = place.root("policy");
    case.change(|config| {
        config["training"]["enabled"] = json!(false);
        config["policy"] = json!({"path": policy});
    });
    assert_eq!(place.run(&case.path(), "straight", &[]).0, Some(0));
    stop_when(&place, &case, "stopped", || {
        place.store("stopped").size("run=1/simulation/_buckets/1.json").expect("the store answers").is_some()
    });
    let done = place.open("stopped", None).manifest().summary.n_scenarios.expect("scenarios were simulated");
    assert!((40..1600).contains(&done), "{done} scenarios");
    let (code, messages) = place.run(&case.path(), "stopped", &["--resume"]);
    assert_eq!(code, Some(0), "{messages}");
    let resumed = place.open("stopped", None);
    assert_eq!((resumed.manifest().run, resumed.manifest().attempt), (1, 1));
    assert!(assert_tables_equal(&place.open("straight", None), &resumed) >= 5);
    let metadata = place.store("stopped").get("run=1/simulation/metadata.json").expect("it was written");
    let metadata: Value = serde_json::from_slice(&metadata).expect("JSON");
    // Nobody knows the work of the scenarios that were kept.
    assert_eq!(metadata["solve_stats"]["total_lp_solves"], Value::Null, "{metadata}");
}

#[test]
fn scenarios_of_another_policy_are_simulated_again() {
    let place = Place::disk();
    let case = CaseCopy::small(|config| {
        config["simulation"]["selection"]["num_scenarios"] = json!(1600);
    });
    assert_eq!(place.run(&case.path(), "first", &[]).0, Some(0));
    case.change(|config| config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 2}]));
    assert_eq!(place.run(&case.path(), "second", &[]).0, Some(0));
    let with_policy = |name: &str| {
        let root = place.root(name);
        case.change(|config| {
            config["training"]["enabled"] = json!(false);
            config["policy"] = json!({"path": root});
        });
    };
    with_policy("first");
    stop_when(&place, &case, "stopped", || {
        place.store("stopped").size("run=1/simulation/_buckets/1.json").expect("the store answers").is_some()
    });
    with_policy("second");
    let (code, messages) = place.run(&case.path(), "stopped", &["--resume"]);
    assert_eq!(code, Some(0), "{messages}");
    assert_eq!(place.run(&case.path(), "straight", &[]).0, Some(0));
    assert!(assert_tables_equal(&place.open("straight", None), &place.open("stopped", None)) >= 5);
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

/// Settings under which cuts leave by a method and by a cap.
pub(crate) fn selection(method: &str) -> Value {
    json!({"max_active_per_stage": 25, "selection": {"method": method, "check_frequency": 3}})
}

#[test]
fn a_run_that_selects_cuts_trains_on_as_if_it_had_not_stopped() {
    for method in ["level1", "lml1"] {
        let place = Place::disk();
        let case = CaseCopy::small(|config| config["training"]["cut_selection"] = selection(method));
        assert_eq!(place.run(&case.path(), "longer", &[]).0, Some(0));
        case.change(|config| config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 22}]));
        let (code, messages) = place.run(&case.path(), "longer", &["--resume"]);
        assert_eq!(code, Some(0), "{messages}");
        assert_eq!(place.run(&case.path(), "straight", &[]).0, Some(0));
        let run = place.open("longer", None);
        assert_equal(&place.open("straight", None), &run);

        let table = run.read_table("cut_selection").unwrap_or_else(|error| panic!("{error}"));
        let sum = |name: &str| -> i64 {
            let columns = table.iter().map(|batch| batch[name].as_primitive::<Int32Type>());
            columns.flat_map(|column| column.values().to_vec()).map(i64::from).sum()
        };
        let (n_out, n_evicted) = (sum("cuts_deactivated"), sum("budget_evicted"));
        assert!(n_out > 0 && n_evicted > 0, "{method}: {n_out} cuts by the method, {n_evicted} by the cap");
        assert_eq!(sum("cuts_active_before") - n_out, sum("cuts_active_after"), "{method}");
        assert_eq!(sum("cuts_active_after") - n_evicted, sum("active_after_budget"), "{method}");
        let bounds = run.read_table("convergence").unwrap_or_else(|error| panic!("{error}"));
        let mut n_active = 0;
        for batch in &bounds {
            let of = |name: &str| batch[name].as_primitive::<Int32Type>().values().to_vec();
            let counts = of("cuts_added").into_iter().zip(of("cuts_removed"));
            for ((added, removed), active) in counts.zip(batch["cuts_active"].as_primitive::<Int64Type>().values()) {
                n_active += i64::from(added - removed);
                assert_eq!(*active, n_active, "{method}");
            }
        }
        let root = place.root("longer");
        let policy =
            open_policy(&Location::parse(&root).expect("a place"), &StoreOptions::default()).expect("a policy");
        let summary = describe(&policy);
        assert_eq!(summary.n_active_cuts, n_active as u64, "{method}");
        let line = format!("{n_active} active of {} over", summary.n_cuts);
        assert!(summary.n_cuts > summary.n_active_cuts && summary.to_string().contains(&line), "{summary}");
    }
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
