//! Whole runs over a store in which one call fails: training with checkpoints, two buckets of simulation, every commit.
//! Either the run is committed and every file reads back as it was written, or an error is reported, no reader sees a
//! complete run, and another attempt ends with the rows and the policy of the undisturbed one.

use std::sync::atomic::{AtomicUsize, Ordering};

use cobre_data::case::Case;
use cobre_data::output::{Manifest, Run, RunStatus, RunWriter, committed_runs, open_run};
use cobre_data::report::verify;
use cobre_data::runner::{RunError, RunEvents, RunRequest, RunStart, SolverIdentity, run_case};
use cobre_data::store::testing::{Fault, FaultyStore};
use cobre_data::store::{Store, StoreOptions};
use cobre_engine::sddp::{IterationRecord, TrainingOptions, TrainingResult};
use serde_json::json;

use super::case::CaseCopy;
use super::equal::assert_equal;
use crate::setting::{case, control};

const CLAIM: &str = "_meta/claim-1.json";

struct Unwatched;

impl RunEvents for Unwatched {
    fn begun(&mut self, _: &RunWriter) {}
    fn note(&mut self, _: &str) {}
    fn training_starts(&mut self, _: &TrainingOptions, _: u32) {}
    fn iteration(&mut self, _: &IterationRecord) {}
    fn checkpoint(&mut self, _: u32) {}
    fn training_ends(&mut self, _: &TrainingResult) {}
    fn simulation_starts(&mut self, _: usize, _: usize) {}
    fn scenarios(&mut self, _: usize, _: usize) {}
}

/// Runs a case without a clock.
pub(crate) fn attempt(case: &Case, store: &Store, start: RunStart) -> Result<Manifest, RunError> {
    let request = RunRequest {
        case,
        case_path: "case".to_owned(),
        store,
        store_options: &StoreOptions::default(),
        start,
        policy: None,
        solver: SolverIdentity { name: "highs".to_owned(), version: None },
        control: control(1),
    };
    run_case(&request, &mut Unwatched)
}

/// Reads every file of the newest run whole.
fn read_back(store: &Store) -> Run {
    let run = open_run(store, None).unwrap_or_else(|error| panic!("{error}"));
    let verification = verify(&run);
    assert!(verification.damages.is_empty(), "{:?}", verification.damages);
    assert!(verification.files > 40, "{} files", verification.files);
    run
}

/// What a process that starts anew would find: the writer of before is gone.
fn bury_the_writer(store: &Store) {
    let Some(content) = store.get_if_exists(CLAIM).expect("memory answers") else { return };
    let mut claim: serde_json::Value = serde_json::from_slice(&content).expect("a claim");
    claim["released"] = json!(true);
    store.replace(CLAIM, claim.to_string().into_bytes()).expect("memory can be written");
}

/// One fault in one call of a run. Answers whether there was such a call, and whether the run failed.
fn judge(case: &Case, undisturbed: &Run, index: usize, fault: Fault) -> (bool, bool) {
    let whole = Store::memory();
    let faulty = FaultyStore::once(whole.object_store(), index, fault);
    let calls = faulty.clone();
    let store = Store::from_object_store(std::sync::Arc::new(faulty), "faulty://");
    let place = || format!("{fault:?} in call {index}: {:?}", calls.hit());
    let result = attempt(case, &store, RunStart::New { run: None });
    let failed = result.is_err();
    match result {
        Ok(manifest) => {
            assert_eq!(manifest.status, RunStatus::Complete, "{}", place());
            assert_equal(undisturbed, &read_back(&whole));
        }
        Err(error) => {
            assert_eq!(committed_runs(&whole).expect("memory answers"), [0; 0], "{}: {error}", place());
            bury_the_writer(&whole);
            let is_begun = whole.size(CLAIM).expect("memory answers").is_some();
            let start =
                if is_begun { RunStart::Resume { run: Some(1), takeover: false } } else { RunStart::New { run: None } };
            attempt(case, &whole, start).unwrap_or_else(|second| panic!("{}: {error}; then {second}", place()));
            assert_equal(undisturbed, &read_back(&whole));
        }
    }
    (!calls.hit().is_empty(), failed)
}

#[test]
fn a_fault_in_any_call_leaves_a_whole_run_or_one_to_be_resumed() {
    let copy = CaseCopy::small(|config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 2}]);
        config["training"]["selection"]["forward_passes"] = json!(1);
        config["policy"]["checkpointing"]["interval_iterations"] = json!(1);
        config["simulation"]["selection"]["num_scenarios"] = json!(2);
        config["exports"]["results"]["bucket_size"] = json!(1);
    });
    let case = case(std::path::Path::new(&copy.path()));
    let store = Store::memory();
    let counting = FaultyStore::new(store.object_store(), |_| None);
    let calls = counting.clone();
    let watched = Store::from_object_store(std::sync::Arc::new(counting), "faulty://");
    attempt(&case, &watched, RunStart::New { run: None }).unwrap_or_else(|error| panic!("{error}"));
    let undisturbed = read_back(&store);
    assert_eq!(undisturbed.manifest().tables["simulation/costs"].files.len(), 2, "two buckets");
    let n_calls = calls.n_calls();
    assert!(n_calls > 200, "{n_calls} calls");

    // Continuous integration takes every kind of fault in turn; the long tier every kind in every call.
    let all = std::env::var_os("COBRE_ALL_FAULTS").is_some();
    let (next, n_hit, n_failed) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(index) = Some(next.fetch_add(1, Ordering::SeqCst)).filter(|&index| index < n_calls) {
                    let kinds = Fault::ALL.into_iter().enumerate().filter(|&(k, _)| all || k == index % 4);
                    for (_, fault) in kinds {
                        let (hit, failed) = judge(&case, &undisturbed, index, fault);
                        n_hit.fetch_add(usize::from(hit), Ordering::SeqCst);
                        n_failed.fetch_add(usize::from(failed), Ordering::SeqCst);
                    }
                }
            });
        }
    });
    let (n_hit, n_failed) = (n_hit.into_inner(), n_failed.into_inner());
    println!("{n_hit} faults in {n_calls} calls, {n_failed} runs failed and were resumed");
    assert!(2 * n_hit > n_calls && n_failed > 20, "{n_hit} faults, {n_failed} failures in {n_calls} calls");
}
