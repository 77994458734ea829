use cobre_data::output::RunStatus;
use serde_json::json;

use super::launcher::{Job, mpiexec};
use crate::program::{Done, cobre, path_with_mpi};
use crate::recovery::case::CaseCopy;
use crate::recovery::equal::assert_equal;
use crate::recovery::kill::Place;

/// Runs a case with ranks.
pub(super) fn run_ranks(n_ranks: usize, arguments: &[String]) -> Done {
    Job::start(&mut mpiexec(n_ranks, &[]), path_with_mpi(), arguments).finish()
}

/// Runs a case without ranks.
pub(super) fn run_alone(arguments: &[String]) -> Done {
    cobre(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn judge(place: &Place, case: &CaseCopy, worlds: &[(usize, usize)]) {
    let alone = run_alone(&place.arguments(&case.path(), "alone", &["--threads", "1"]));
    assert_eq!(alone.code, Some(0), "{}", alone.err);
    for (n_ranks, n_threads) in worlds {
        let (name, threads) = (format!("{n_ranks}-{n_threads}"), n_threads.to_string());
        let done = run_ranks(*n_ranks, &place.arguments(&case.path(), &name, &["--threads", &threads]));
        assert_eq!(done.code, Some(0), "{}", done.err);
        assert_equal(&place.open("alone", None), &place.open(&name, None));
        let report = place.ask(&["report", "--verify"], &name);
        assert_eq!(report.code, Some(0), "{}{}", report.out, report.err);
        // Only the first rank speaks.
        assert_eq!(done.err.matches("trained 15 iterations").count(), 1, "{}", done.err);
        assert_eq!(done.err.matches("committed as run 1").count(), 1, "{}", done.err);
    }
}

#[test]
fn ranks_and_threads_give_the_bits_of_one() {
    judge(&Place::disk(), &CaseCopy::small(|_| ()), &[(1, 2), (2, 1), (2, 2), (3, 1)]);
}

#[test]
fn ranks_write_to_s3() {
    judge(&Place::s3("ranks"), &CaseCopy::small(|_| ()), &[(2, 1)]);
}

#[test]
fn ranks_without_a_trajectory_are_told_of_once() {
    let (place, case) = (Place::disk(), CaseCopy::small(|_| ()));
    let done = run_ranks(4, &place.arguments(&case.path(), "run", &["--threads", "1"]));
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(done.err.matches("1 of 4 ranks had no work in training").count(), 1, "{}", done.err);
}

#[test]
fn a_run_of_some_ranks_is_resumed_by_others() {
    let place = Place::disk();
    let case = CaseCopy::small(|_| ());
    let alone = run_alone(&place.arguments(&case.path(), "straight", &["--threads", "1"]));
    assert_eq!(alone.code, Some(0), "{}", alone.err);
    let complete = |name: &str| {
        case.change(|config| config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 15}]));
        place.arguments(&case.path(), name, &["--threads", "1", "--resume"])
    };
    let begin = |name: &str| {
        case.change(|config| config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 6}]));
        place.arguments(&case.path(), name, &["--threads", "1"])
    };
    let name = "one-then-two";
    let begun = run_alone(&begin(name));
    assert_eq!(begun.code, Some(0), "{}", begun.err);
    let done = run_ranks(2, &complete(name));
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_equal(&place.open("straight", None), &place.open(name, None));
    let name = "two-then-one";
    let begun = run_ranks(2, &begin(name));
    assert_eq!(begun.code, Some(0), "{}", begun.err);
    let done = run_alone(&complete(name));
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_equal(&place.open("straight", None), &place.open(name, None));
    assert_eq!(place.open(name, None).manifest().status, RunStatus::Complete);
}

#[test]
fn aggregates_of_several_ranks_are_those_of_one() {
    let place = Place::disk();
    let case = CaseCopy::small(|config| {
        config["exports"] = json!({"states": true, "results": {"bucket_size": 20, "aggregates_only": true}});
    });
    let arguments = |name: &str| place.arguments(&case.path(), name, &["--threads", "1"]);
    let alone = run_alone(&arguments("alone"));
    assert_eq!(alone.code, Some(0), "{}", alone.err);
    let done = run_ranks(2, &arguments("ranks"));
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.err.contains("the first rank simulates alone"), "{}", done.err);
    let (one, two) = (place.open("alone", None), place.open("ranks", None));
    assert_eq!(one.manifest().summary, two.manifest().summary);
    let content = |run: &cobre_data::output::Run| -> Vec<_> {
        let tables = run.manifest().tables.iter().filter(|(name, _)| name.ends_with("_statistics"));
        tables.map(|(name, _)| run.read_table(name).unwrap_or_else(|error| panic!("{error}"))).collect()
    };
    assert!(content(&one).len() > 3, "{:?}", one.manifest().tables.keys());
    assert!(content(&one) == content(&two));
}

#[test]
fn ranks_share_the_cores_of_their_machine() {
    let (place, case) = (Place::disk(), CaseCopy::small(|_| ()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for n_ranks in [1, 2] {
        let done = run_ranks(n_ranks, &place.arguments(&case.path(), "run", &[]));
        assert_eq!(done.code, Some(0), "{}", done.err);
        let n_threads = (cores / n_ranks).max(1);
        let workers = if n_ranks == 1 {
            format!("; {n_threads} threads\n")
        } else {
            format!("; {n_ranks} ranks with {n_threads} threads each\n")
        };
        assert!(done.err.contains(&workers), "no {workers} in:\n{}", done.err);
    }
}
