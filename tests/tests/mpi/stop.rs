use cobre_data::output::RunStatus;
use serde_json::json;

use super::bits::{run_alone, run_ranks};
use super::launcher::{Job, mpiexec};
use crate::program::{Done, path_with_mpi};
use crate::recovery::case::CaseCopy;
use crate::recovery::equal::assert_equal;
use crate::recovery::kill::Place;
use crate::setting::root;

/// A case that trains for days, and can be stopped at any moment on any machine.
fn long() -> CaseCopy {
    let case = CaseCopy::small(|_| ());
    limit(&case, 1_000_000);
    case
}

fn limit(case: &CaseCopy, iterations: u32) {
    case.change(|config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": iterations}]);
    });
}

/// Whether training has committed two checkpoints.
fn is_under_way(place: &Place, name: &str) -> bool {
    let listing = place.store(name).list("run=1/policy").expect("it can be listed");
    let is_there = |folder: &&String| {
        let size = place.store(name).size(&format!("run=1/policy/{folder}/policy.bin"));
        size.expect("the store answers").is_some()
    };
    listing.folders.iter().filter(is_there).count() >= 2
}

/// Starts two ranks and does something to them when training is under way.
fn disturb(place: &Place, case: &CaseCopy, name: &str, options: &[&str], further: &[&str], act: impl Fn(&Job)) -> Done {
    let arguments = place.arguments(&case.path(), name, &[&["--threads", "1"], further].concat());
    let mut job = Job::start(&mut mpiexec(2, options), path_with_mpi(), &arguments);
    job.wait_until(|| is_under_way(place, name));
    act(&job);
    job.finish()
}

/// The run was stopped in order, and two ranks complete it to the bits of one that was not.
fn judge_stopped(place: &Place, case: &CaseCopy, name: &str) {
    let partial = place.open(name, None);
    assert_eq!(partial.manifest().status, RunStatus::Partial);
    assert_eq!(partial.manifest().summary.stop_reason.as_deref(), Some("requested"));
    let iterations = partial.manifest().summary.iterations.expect("iterations were made");
    assert!(iterations >= 2, "{iterations} iterations");
    judge_resumed(place, case, name, iterations);
}

/// Two ranks complete what was done up to some iteration, to the bits of a run that was not disturbed.
fn judge_resumed(place: &Place, case: &CaseCopy, name: &str, iterations: u32) {
    limit(case, iterations + 3);
    let straight = run_alone(&place.arguments(&case.path(), "straight", &["--threads", "2"]));
    assert_eq!(straight.code, Some(0), "{}", straight.err);
    let done = run_ranks(2, &place.arguments(&case.path(), name, &["--threads", "1", "--resume"]));
    assert_eq!(done.code, Some(0), "{}", done.err);
    let run = place.open(name, None);
    assert_eq!((run.manifest().run, run.manifest().attempt), (1, 1));
    assert_equal(&place.open("straight", None), &run);
}

#[test]
fn a_signal_that_mpiexec_forwards_stops_all_ranks_in_order() {
    let (place, case) = (Place::disk(), long());
    let done = disturb(&place, &case, "stopped", &[], &[], |job| job.signal("-USR1"));
    assert_eq!(done.code, Some(5), "{}", done.err);
    judge_stopped(&place, &case, "stopped");
}

#[test]
fn a_file_stops_all_ranks_in_order() {
    let (place, case) = (Place::disk(), long());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("stop");
    let path = file.display().to_string();
    let done = disturb(&place, &case, "stopped", &[], &["--stop-file", &path], |_| {
        std::fs::write(&file, "").expect("a file can be written");
    });
    assert_eq!(done.code, Some(5), "{}", done.err);
    judge_stopped(&place, &case, "stopped");
    // It is still there, and would stop the next run before it has begun.
    let done = run_ranks(2, &place.arguments(&case.path(), "next", &["--stop-file", &path]));
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert_eq!(done.err.matches("is there already").count(), 1, "{}", done.err);
}

#[test]
fn ctrl_c_and_termination_of_mpiexec_end_in_a_checkpoint_where_it_waits() {
    for signal in ["-INT", "-TERM"] {
        let (place, case) = (Place::disk(), long());
        // Open MPI sends SIGTERM after this time, and SIGKILL after the same time again.
        let options = ["--mca", "odls_base_sigkill_timeout", "4"];
        let done = disturb(&place, &case, "stopped", &options, &[], |job| job.signal(signal));
        // The code of mpiexec itself: what the ranks ended with it does not tell after a signal.
        assert_eq!(done.code, Some(1), "{signal}: {}", done.err);
        assert_eq!(done.err.matches("committed in part").count(), 1, "{signal}: {}", done.err);
        judge_stopped(&place, &case, "stopped");
    }
}

#[test]
fn a_signal_to_one_rank_stops_all() {
    let (place, case) = (Place::disk(), long());
    let done = disturb(&place, &case, "stopped", &[], &[], |job| job.signal_rank(1, "-TERM"));
    assert_eq!(done.code, Some(5), "{}", done.err);
    judge_stopped(&place, &case, "stopped");
}

#[test]
fn a_rank_that_is_killed_ends_the_job_and_the_run_can_be_resumed() {
    for rank in [0, 1] {
        let (place, case) = (Place::disk(), long());
        let done = disturb(&place, &case, "killed", &[], &[], |job| job.signal_rank(rank, "-KILL"));
        assert_eq!(done.code, Some(128 + 9), "{}", done.err);
        let message = format!("process rank {rank} with PID");
        assert_eq!(done.err.matches(&message).count(), 1, "{}", done.err);
        assert!(done.err.contains("exited on signal 9"), "{}", done.err);
        assert!(!done.err.contains("panicked"), "{}", done.err);
        let checkpoints = place.store("killed").list("run=1/policy").expect("it can be listed").folders;
        let newest = checkpoints.iter().filter_map(|name| name.parse().ok()).max();
        judge_resumed(&place, &case, "killed", newest.expect("there are checkpoints"));
    }
}

/// The script of the manual that turns Ctrl-C and SIGTERM into the signal that is passed on, for two ranks.
fn script() -> String {
    let manual = std::fs::read_to_string(root().join("docs/operations.md")).expect("the manual");
    let (_, script) = manual.split_once("#!/bin/bash\n").expect("the manual has the script");
    let (script, _) = script.split_once("```").expect("the script ends");
    let call = "mpiexec -n 64 cobre run";
    assert!(script.contains(call), "{script}");
    let options = "--oversubscribe --allow-run-as-root --bind-to none -n 2";
    script.replace(call, &format!("mpiexec {options} {} run", path_with_mpi().display()))
}

#[test]
fn the_script_of_the_manual_ends_a_job_in_order() {
    for signal in ["-INT", "-TERM"] {
        let (place, case) = (Place::disk(), long());
        let mut arguments = place.arguments(&case.path(), "stopped", &["--threads", "1"]);
        arguments.remove(0); // `run` is part of the script.
        // A shell cannot trap what it was started to ignore, and whatever a script starts in the background is started to
        // ignore Ctrl-C: the tests themselves, where a script runs them so.
        let mut shell = std::process::Command::new("env");
        shell.args(["--default-signal=INT,TERM", "bash", "-c", &script()]);
        let mut job = Job::start(&mut shell, "script".as_ref(), &arguments);
        job.wait_until(|| is_under_way(&place, "stopped"));
        job.signal(signal);
        let done = job.finish();
        assert_eq!(done.code, Some(5), "{signal}: {}", done.err);
        judge_stopped(&place, &case, "stopped");
    }
}
