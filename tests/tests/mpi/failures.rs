use serde_json::json;

use super::bits::run_ranks;
use super::launcher::{Job, mpiexec};
use crate::program::{Done, path_with_mpi};
use crate::recovery::case::CaseCopy;
use crate::recovery::kill::Place;

/// A failed job says so once, in words of its own.
fn assert_one_message(done: &Done, code: i32, parts: &[&str]) {
    assert_eq!(done.code, Some(code), "{}", done.err);
    assert_eq!(done.err.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{}", done.err);
    for part in parts {
        assert!(done.err.contains(part), "no {part} in:\n{}", done.err);
    }
    assert!(!done.err.contains("panicked"), "{}", done.err);
}

#[test]
fn an_invalid_case_is_told_of_once() {
    let (place, case) = (Place::disk(), CaseCopy::small(|config| config["trainig"] = json!({})));
    let done = run_ranks(2, &place.arguments(&case.path(), "run", &[]));
    assert_one_message(&done, 1, &["trainig"]);
}

#[test]
fn a_root_that_cannot_be_written_is_told_of_once() {
    let (place, case) = (Place::disk(), CaseCopy::small(|_| ()));
    std::fs::write(place.root("file"), "mine").expect("a file can be written");
    let done = run_ranks(2, &place.arguments(&case.path(), "file", &[]));
    assert_one_message(&done, 2, &["hint:"]);
}

#[test]
fn a_stage_problem_without_a_solution_ends_all_ranks() {
    // Reservoirs that must be full after the first month, which no inflow can do, and no water that could be made up.
    let place = Place::disk();
    let case = CaseCopy::of("toy", |config| config["modeling"]["inflow_non_negativity"]["method"] = json!("none"));
    case.change_file("system/hydros.json", |hydros| {
        for hydro in hydros["hydros"].as_array_mut().expect("a list of plants") {
            let full = hydro["reservoir"]["max_storage_hm3"].as_f64().expect("a volume");
            hydro["reservoir"]["min_storage_hm3"] = json!(full - 1.0);
        }
    });
    case.change_file("initial_conditions.json", |initial| {
        for storage in initial["storage"].as_array_mut().expect("a list of volumes") {
            storage["value_hm3"] = json!(50.0);
        }
    });
    let done = run_ranks(2, &place.arguments(&case.path(), "run", &[]));
    assert_one_message(&done, 3, &["infeasible", "the stage problem is in"]);
    assert_eq!(place.store("run").size("_meta/claim-1.json").expect("the store answers"), None);
}

#[test]
fn a_rank_that_cannot_write_ends_all() {
    let (place, case) = (Place::disk(), CaseCopy::small(|_| ()));
    let arguments = place.arguments(&case.path(), "run", &["--threads", "1"]);
    let program = path_with_mpi().display().to_string();
    // The second rank may write files of 8 KiB: less than its tables need, and than memory that is shared between ranks.
    let mut command = mpiexec(1, &["--mca", "btl", "self,tcp"]);
    command.arg(&program).args(&arguments).args([":", "-n", "1", "bash", "-c", "ulimit -f 8; exec \"$@\"", "bash"]);
    let done = Job::start(&mut command, path_with_mpi(), &arguments).finish();
    assert_one_message(&done, 2, &["error: rank 1: cannot write", ".parquet", "run 1 can be resumed"]);
    assert_eq!(place.store("run").size("_meta/run-1.json").expect("the store answers"), None);
    let done = run_ranks(2, &place.arguments(&case.path(), "run", &["--threads", "1", "--resume"]));
    assert_eq!(done.code, Some(0), "{}", done.err);
}

#[test]
fn ranks_with_different_cases_or_solvers_are_refused() {
    let place = Place::disk();
    let (one, other) = (CaseCopy::small(|_| ()), CaseCopy::small(|config| config["exports"] = json!({})));
    let program = path_with_mpi().display().to_string();
    let mut command = mpiexec(1, &[]);
    command.arg(&program).args(place.arguments(&one.path(), "run", &[])).args([":", "-n", "1"]);
    let done = Job::start(&mut command, path_with_mpi(), &place.arguments(&other.path(), "run", &[])).finish();
    assert_one_message(&done, 2, &["rank 1", "reads another case"]);
    let mut command = mpiexec(1, &[]);
    command.arg(&program).args(place.arguments(&one.path(), "run", &[])).args([":", "-n", "1"]);
    let highs = place.arguments(&one.path(), "run", &["--solver", "highs"]);
    let done = Job::start(&mut command, path_with_mpi(), &highs).finish();
    assert_one_message(&done, 2, &["rank 1", "has another solver"]);
    assert_eq!(place.store("run").list("").expect("the store answers").folders.len(), 0);
}
