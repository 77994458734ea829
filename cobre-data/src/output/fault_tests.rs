//! What happens when the disk or the writer thread fails: an error that names the path, and no manifest.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::RecordBatch;
use cobre_engine::sddp::{IterationRecord, RankWork};
use cobre_engine::simulation::{Bucket, OutcomeSink};

use super::{OutputError, ResultOptions, RunStatus, RunSummary, RunWriter, committed_runs, fixture, open_run};
use crate::store::{Fault, Store};

const BUCKETS: [Bucket; 2] =
    [Bucket { index: 0, first_scenario: 0, n_scenarios: 2 }, Bucket { index: 1, first_scenario: 2, n_scenarios: 1 }];

fn record() -> IterationRecord {
    IterationRecord {
        iteration: 1,
        lower_bound: 1.0,
        upper_bound: 2.0,
        upper_bound_std: None,
        cuts_added: 1,
        cuts_removed: 0,
        cuts_active: 1,
        forward_passes: 1,
        lp_solves: 3,
        mean_rows_in_lp: 0.0,
        forward_seconds: 0.0,
        backward_seconds: 0.0,
        selection_seconds: 0.0,
        lower_bound_seconds: 0.0,
        total_seconds: 0.0,
        selection: Vec::new(),
        solver: Vec::new(),
        ranks: vec![RankWork::default()],
    }
}

fn store(root: &Path) -> Store {
    Store::open_path(root).expect("a store")
}

/// A folder in memory where there is one: syncing a real disk a thousand times takes its time.
fn temporary_folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a temporary folder")
}

/// Writes and commits a whole run on a disk with a fault.
fn write_run(root: &Path, fault: Fault) -> Result<(), OutputError> {
    let run = RunWriter::create(&Store::with_disk_fault(root, fault)?, fixture::info())?;
    let system = fixture::buses_only();
    let mut training = run.training_writer(&system)?;
    training.write_iteration(&record())?;
    training.finalize()?;
    let mut writer = run.simulation_sink(&system, &ResultOptions::default())?;
    for bucket in BUCKETS {
        for stage in 0..system.n_stages() {
            writer.write_stage(bucket, stage, fixture::outcomes(&system, bucket, stage, 0))?;
        }
        writer.finish_bucket(bucket, &vec![0.0; bucket.n_scenarios])?;
    }
    writer.finish()?;
    run.commit(RunStatus::Complete, RunSummary::default()).map(|_| ())
}

/// After a failure: the error names a path under the root, and no reader sees a run.
fn expect_no_run(root: &Path, error: &OutputError) {
    assert!(error.to_string().contains(&root.display().to_string()), "{error}");
    assert_eq!(committed_runs(&store(root)).expect("a list of runs"), [0; 0], "{error}");
    assert!(open_run(&store(root), None).is_err());
}

fn expect_complete(root: &Path) {
    let run = open_run(&store(root), None).expect("a run");
    for (name, entry) in &run.manifest().tables {
        let rows: usize = run.read_table(name).expect("a table").iter().map(RecordBatch::num_rows).sum();
        assert_eq!(rows as u64, entry.rows, "{name}");
    }
    assert_eq!(run.manifest().tables["simulation/buses"].rows, 2 * 3 * 5);
}

#[test]
fn any_failing_operation_leaves_a_whole_run_or_none() {
    let mut n_failures = 0;
    let mut failed = std::collections::BTreeSet::new();
    for failing in 0.. {
        let root = temporary_folder();
        let (done, last) = (Arc::new(AtomicUsize::new(0)), Arc::new(std::sync::Mutex::new("")));
        let (count, seen) = (Arc::clone(&done), Arc::clone(&last));
        let fault: Fault = Arc::new(move |operation, _, _| {
            if count.fetch_add(1, Ordering::SeqCst) == failing {
                *seen.lock().expect("no panic while locked") = operation;
                return Err(io::Error::other("broken wire"));
            }
            Ok(())
        });
        match write_run(root.path(), fault) {
            Ok(()) => expect_complete(root.path()),
            Err(error) => {
                n_failures += 1;
                failed.insert(*last.lock().expect("no panic while locked"));
                assert!(error.to_string().contains("broken wire"), "{error}");
                expect_no_run(root.path(), &error);
            }
        }
        if done.load(Ordering::SeqCst) <= failing {
            break; // The run has fewer operations than that.
        }
    }
    assert!(n_failures > 50, "{n_failures}");
    let operations = ["create", "create the folder", "link", "sync", "sync the folder", "write"];
    assert_eq!(failed.into_iter().collect::<Vec<_>>(), operations);
}

#[test]
fn a_disk_that_fills_up_is_an_error_with_a_hint() {
    let mut budget = 1usize;
    loop {
        let root = temporary_folder();
        let left = AtomicUsize::new(budget);
        let fault: Fault = Arc::new(move |_, _, bytes| {
            left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(bytes))
                .map(|_| ())
                .map_err(|_| io::ErrorKind::StorageFull.into())
        });
        match write_run(root.path(), fault) {
            Ok(()) => return expect_complete(root.path()),
            Err(error) => {
                assert!(matches!(error, OutputError::IoError { .. }), "{error}");
                assert!(error.to_string().contains("the disk is full"), "{error}");
                expect_no_run(root.path(), &error);
                assert!(budget < 1 << 24, "a small run must fit");
                budget *= 3;
            }
        }
    }
}

#[test]
fn a_read_only_disk_is_an_error_with_a_hint() {
    let root = temporary_folder();
    let error = write_run(root.path(), Arc::new(|_, _, _| Err(io::ErrorKind::ReadOnlyFilesystem.into())))
        .expect_err("nothing can be written");
    assert!(error.to_string().contains("cannot be written, check its permissions"), "{error}");
    expect_no_run(root.path(), &error);
}

#[test]
fn a_panic_below_the_writer_is_an_error() {
    let root = temporary_folder();
    let fault: Fault = Arc::new(|operation, path, _| {
        assert!(operation != "sync" || !path.ends_with("buses/scenario_bucket=1/part-0.parquet"), "a bad day");
        Ok(())
    });
    let error = write_run(root.path(), fault).expect_err("the store panics");
    assert!(error.to_string().contains("panicked: a bad day"), "{error}");
    expect_no_run(root.path(), &error);
}

#[test]
fn a_failed_writer_says_so_every_time_and_blocks_the_commit() {
    let root = temporary_folder();
    let fault: Fault =
        Arc::new(|_, path, _| if path.ends_with("costs") { Err(io::Error::other("broken wire")) } else { Ok(()) });
    let store = Store::with_disk_fault(root.path(), fault).expect("a store");
    let run = RunWriter::create(&store, fixture::info()).expect("a run");
    let system = fixture::system();
    let mut writer = run.simulation_sink(&system, &ResultOptions::default()).expect("a writer");
    let mut errors = Vec::new();
    for bucket in (0..50).map(|k| Bucket { index: k, first_scenario: k, n_scenarios: 1 }) {
        for stage in 0..system.n_stages() {
            errors.extend(writer.write_stage(bucket, stage, fixture::outcomes(&system, bucket, stage, 0)).err());
        }
        errors.extend(writer.finish_bucket(bucket, &[0.0]).err());
    }
    let first = errors.first().expect("the writer fails");
    assert!(first.to_string().contains("broken wire"), "{first}");
    assert!(errors[1..].iter().all(|error| error.to_string().contains("has failed before")));
    assert!(errors.len() > 100, "a failed writer takes no more");
    assert!(writer.finish().is_err());
    let error = run.commit(RunStatus::Partial, RunSummary::default()).expect_err("tables are missing");
    assert!(error.to_string().contains("simulation tables was not finished"), "{error}");
    expect_no_run(root.path(), &error);
}
