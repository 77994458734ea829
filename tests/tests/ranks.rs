//! Runs by several ranks, as threads of this process: the files of one, owned by the first.

use arrow::array::RecordBatch;
use cobre_data::output::{Manifest, Run, RunStatus, RunWriter, open_run};
use cobre_data::runner::{RunError, RunEvents, RunRequest, RunStart, SolverIdentity, run_case};
use cobre_data::store::{Store, StoreOptions};
use cobre_engine::comm::{Communicator, Local, on_thread_ranks};
use cobre_engine::sddp::{Control, IterationRecord, TrainingOptions, TrainingResult};
use serde_json::json;

use crate::recovery::case::CaseCopy;
use crate::recovery::equal::assert_equal;
use crate::recovery::kill::Place;
use crate::recovery::stopped::selection;
use crate::setting::{case, control};

/// Counts what it sees.
#[derive(Default)]
struct Seen {
    begun: usize,
    iterations: usize,
    scenarios: usize,
    notes: Vec<String>,
}

impl RunEvents for Seen {
    fn begun(&mut self, _: &RunWriter) {
        self.begun += 1;
    }
    fn note(&mut self, message: &str) {
        self.notes.push(message.to_owned());
    }
    fn training_starts(&mut self, _: &TrainingOptions, _: u32) {}
    fn iteration(&mut self, _: &IterationRecord) {
        self.iterations += 1;
    }
    fn checkpoint(&mut self, _: u32) {}
    fn training_ends(&mut self, _: &TrainingResult) {}
    fn simulation_starts(&mut self, _: usize, _: usize) {}
    fn scenarios(&mut self, done: usize, _: usize) {
        self.scenarios = done;
    }
}

/// Runs a case as one rank.
fn run_as(
    communicator: &dyn Communicator,
    folder: &CaseCopy,
    root: &str,
    start: RunStart,
) -> (Result<Manifest, RunError>, Seen) {
    let store = Store::open_path(root.as_ref()).expect("a store");
    let case = case(folder.path().as_ref());
    let request = RunRequest {
        case: &case,
        case_path: folder.path(),
        store: &store,
        store_options: &StoreOptions::default(),
        start,
        policy: None,
        solver: SolverIdentity { name: "highs".to_owned(), version: None },
        control: Control { communicator, ..control(1) },
    };
    let mut seen = Seen::default();
    (run_case(&request, &mut seen), seen)
}

const NEW: RunStart = RunStart::New { run: None };

fn open(root: &str) -> Run {
    open_run(&Store::open_path(root.as_ref()).expect("a store"), None).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn runs_of_several_ranks_hold_the_bits_of_one() {
    judge(&CaseCopy::small(|_| ()), &[2, 3, 5]);
}

#[test]
fn files_of_several_ranks_by_stage_are_those_of_one() {
    judge(&CaseCopy::small(|config| config["exports"]["results"]["partition_by"] = json!("stage_id")), &[3]);
}

#[test]
fn several_ranks_select_the_cuts_that_one_selects() {
    for method in ["level1", "lml1"] {
        judge(&CaseCopy::small(|config| config["training"]["cut_selection"] = selection(method)), &[3]);
    }
}

fn judge(case: &CaseCopy, sizes: &[usize]) {
    let place = Place::disk();
    let (alone, _) = run_as(&Local, case, &place.root("alone"), NEW);
    alone.expect("a run");
    for &size in sizes {
        let root = place.root(&size.to_string());
        let ends = on_thread_ranks(size, |rank| run_as(rank, case, &root, NEW));
        for (rank, (manifest, seen)) in ends.into_iter().enumerate() {
            let manifest = manifest.expect("a run");
            assert_eq!((manifest.status, manifest.info.ranks), (RunStatus::Complete, size));
            let expected = if rank == 0 { (1, 15, 160) } else { (0, 0, 0) };
            assert_eq!((seen.begun, seen.iterations, seen.scenarios), expected, "events of rank {rank}");
        }
        let (one, several) = (open(&place.root("alone")), open(&root));
        assert_equal(&one, &several);
        let names = |run: &Run| -> Vec<String> {
            let tables = run.manifest().tables.iter().filter(|(name, _)| name.starts_with("simulation/"));
            tables.flat_map(|(_, table)| table.files.iter().map(|file| file.path.clone())).collect()
        };
        assert!(names(&one).len() > 50 && names(&one) == names(&several), "{:?}", names(&several));
        let times = open(&root).read_table("rank_timing").expect("the table is there");
        assert_eq!(times.iter().map(RecordBatch::num_rows).sum::<usize>(), 15 * size);
    }
}

#[test]
fn a_policy_is_read_by_the_first_rank_for_all() {
    let (place, case) = (Place::disk(), CaseCopy::small(|_| ()));
    let (alone, _) = run_as(&Local, &case, &place.root("run"), NEW);
    let mean = alone.expect("a run").summary.simulation_mean;
    for mode in ["resume", "simulate", "warm_start"] {
        case.change(|config| match mode {
            "simulate" => config["training"]["enabled"] = json!(false),
            _ => config["policy"]["mode"] = json!(mode),
        });
        for end in on_thread_ranks(3, |rank| run_as(rank, &case, &place.root("run"), NEW)) {
            let manifest = end.0.unwrap_or_else(|error| panic!("{mode}: {error}"));
            assert_eq!(manifest.status, RunStatus::Complete, "{mode}");
            assert!(mode == "warm_start" || manifest.summary.simulation_mean == mean, "{mode}");
        }
        case.change(|config| {
            config["training"]["enabled"] = json!(true);
            config["policy"]["mode"] = json!("fresh");
        });
    }
}

#[test]
fn what_the_first_rank_cannot_do_is_the_end_of_all() {
    let (place, case) = (Place::disk(), CaseCopy::small(|_| ()));
    let start = RunStart::Resume { run: Some(7), takeover: false };
    let ends = on_thread_ranks(3, |rank| run_as(rank, &case, &place.root("run"), start).0);
    let messages: Vec<String> = ends.into_iter().map(|end| end.expect_err("there is no run 7").to_string()).collect();
    assert!(messages[0].starts_with("there is no run 7"), "{messages:?}");
    assert!(messages[1..].iter().all(|message| message.starts_with("rank 0: there is no run 7")), "{messages:?}");
}
