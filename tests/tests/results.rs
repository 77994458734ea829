//! Results that are held in memory are those of a run that wrote while it computed, and so is what is written of them.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{Array, RecordBatch};
use arrow::compute::concat_batches;
use cobre_data::case::Case;
use cobre_data::output::{
    MemoryTables, Run, RunInfo, RunStatus, Simulated, SimulationCollector, SimulationOutput, Trained,
    TrainingCollector, TrainingOutput, collect_dictionaries, collect_stochastic, committed_runs, open_run,
    write_results,
};
use cobre_data::report::verify;
use cobre_data::runner::{RunStart, SolverIdentity, run_info};
use cobre_data::store::Store;
use cobre_data::store::testing::{Fault, FaultyStore};
use cobre_engine::sddp::{StopReason, TrainingResult, TrainingStart, train};
use cobre_engine::simulation::{SimulationResult, simulate};
use serde_json::{Value, json};

use crate::recovery::case::CaseCopy;
use crate::recovery::equal::assert_equal;
use crate::recovery::faults::attempt;
use crate::setting::{case, control};

fn info(case: &Case) -> RunInfo {
    let solver = SolverIdentity { name: "highs".to_owned(), version: None };
    run_info(case, "case", None, &solver, 1, 1)
}

/// Everything that comes of a case, in memory.
struct Results {
    trained: TrainingResult,
    training: TrainingOutput,
    simulated: SimulationResult,
    simulation: SimulationOutput,
}

impl Results {
    fn compute(case: &Case) -> Self {
        let options = case.training.as_ref().expect("the case is trained");
        let mut collector = TrainingCollector::new(case);
        let trained = train(&case.study, options, control(1), TrainingStart::Fresh, &mut collector)
            .unwrap_or_else(|error| panic!("{error:?}"));
        let training = collector.finish(&trained.state.policy.pools).expect("training tables");
        let (simulated, simulation) = simulate_in_memory(case, &trained);
        Self { trained, training, simulated, simulation }
    }

    fn trained(&self) -> Trained<'_> {
        Trained { state: &self.trained.state, reason: self.trained.reason, output: &self.training }
    }

    fn simulated(&self) -> Simulated<'_> {
        Simulated { result: &self.simulated, output: &self.simulation }
    }

    /// The tables of all phases of a run.
    fn tables(&self, case: &Case) -> MemoryTables {
        let mut tables = self.training.tables.clone();
        tables.extend(self.simulation.tables.clone());
        tables.extend(collect_dictionaries(&case.study).expect("dictionaries").tables);
        if case.exports.stochastic {
            tables.extend(collect_stochastic(case).expect("the process").tables);
        }
        tables
    }
}

fn simulate_in_memory(case: &Case, trained: &TrainingResult) -> (SimulationResult, SimulationOutput) {
    let mut collector =
        SimulationCollector::start(&case.study.system, &case.exports.results).expect("the tables can be kept");
    let options = case.simulation.as_ref().expect("the case is simulated");
    let policy = &trained.state.policy;
    let simulated = simulate(&case.study, policy, options, control(1), &[], &mut collector, &mut |_| {})
        .unwrap_or_else(|error| panic!("{error:?}"));
    (simulated, collector.finish().expect("simulation tables"))
}

/// Cases whose runs have everything: checkpoints, states, several buckets, blocks, cut selection.
fn copies() -> [CaseCopy; 2] {
    let small = CaseCopy::small(|config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 5}]);
        config["simulation"]["selection"]["num_scenarios"] = json!(50);
        config["exports"]["stochastic"] = json!(true);
    });
    let with_blocks = CaseCopy::of("toy", |config: &mut Value| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 4}]);
        config["training"]["cut_selection"] = json!({"selection": {"method": "level1", "check_frequency": 2}});
        config["simulation"]["selection"]["num_scenarios"] = json!(20);
        config["exports"] = json!({"results": {"bucket_size": 8}});
    });
    [small, with_blocks]
}

fn read(copy: &CaseCopy) -> Case {
    case(Path::new(&copy.path()))
}

/// What `run_case` makes of a case without a clock.
fn run(case: &Case) -> Run {
    let store = Store::memory();
    attempt(case, &store, RunStart::New { run: None }).unwrap_or_else(|error| panic!("{error}"));
    open_run(&store, None).expect("a run")
}

fn whole(batches: &[RecordBatch]) -> Option<RecordBatch> {
    let schema = batches.first()?.schema();
    Some(concat_batches(&schema, batches).expect("one schema"))
}

#[test]
fn tables_in_memory_are_those_of_a_run() {
    for copy in copies() {
        let case = read(&copy);
        let (run, results) = (run(&case), Results::compute(&case));
        let tables = results.tables(&case);
        let expected: Vec<&str> = run.manifest().tables.keys().map(String::as_str).collect();
        assert_eq!(tables.names().collect::<Vec<_>>(), expected);
        let mut n_compared = 0;
        for (name, table) in tables.iter() {
            let (expected, found) = (whole(&run.read_table(name).expect("a table")), whole(table.batches()));
            let (Some(expected), Some(found)) = (expected, found) else {
                assert_eq!((run.manifest().tables[name].rows, table.n_rows()), (0, 0), "{name}");
                continue;
            };
            assert_eq!(expected.schema(), found.schema(), "{name}");
            assert_eq!(expected.num_rows(), found.num_rows(), "{name}");
            // Arrow compares the bits of values, and no values where there are none.
            for (a, b) in expected.columns().iter().zip(found.columns()) {
                assert!(a.to_data() == b.to_data(), "{name} differs");
            }
            n_compared += 1;
        }
        assert!(n_compared >= 18, "only {n_compared} tables have rows");
    }
}

#[test]
fn dictionaries_in_memory_are_those_of_a_run() {
    let [copy, _] = copies();
    let case = read(&copy);
    let run = run(&case);
    let mut documents = collect_dictionaries(&case.study).expect("dictionaries").documents;
    documents.extend(collect_stochastic(&case).expect("the process").documents);
    let names: Vec<&str> = documents.keys().map(String::as_str).collect();
    let expected = ["codes.json", "entities.csv", "state_dictionary.json", "variables.csv"];
    assert_eq!(names[..4], expected.map(|name| format!("dictionaries/{name}")));
    for (path, content) in &documents {
        let written = run.store().get(&format!("run=1/{path}")).unwrap_or_else(|error| panic!("{error}"));
        if path.ends_with("codes.json") {
            let without_time = |content: &[u8]| {
                let mut codes: Value = serde_json::from_slice(content).expect("JSON");
                codes["generated_at"].take();
                codes
            };
            assert_eq!(without_time(content), without_time(&written));
        } else {
            assert!(content == &written, "{path} differs");
        }
    }
}

/// The content of the table files of a run, its identity left out.
fn table_files(run: &Run) -> BTreeMap<String, Vec<u8>> {
    let run_id = run.manifest().run_id.as_bytes();
    let read = |path: &str| {
        let mut content = run.store().get(path).expect("a file").to_vec();
        let at = content.windows(run_id.len()).position(|bytes| bytes == run_id).expect("the identity");
        content[at..at + run_id.len()].fill(b'-');
        content
    };
    let files = run.manifest().tables.values().flat_map(|table| &table.files);
    files.map(|file| (file.path.clone(), read(&file.path))).collect()
}

#[test]
fn results_in_memory_are_written_as_a_run_writes_them() {
    for copy in copies() {
        let case = read(&copy);
        let (ran, results) = (run(&case), Results::compute(&case));
        let store = Store::memory();
        write_results(&store, info(&case), &case, Some(results.trained()), Some(results.simulated())).expect("a run");
        let wrote = open_run(&store, None).expect("a run");
        assert_equal(&ran, &wrote);
        assert_eq!(ran.manifest().info, wrote.manifest().info);
        assert!(verify(&wrote).damages.is_empty());
        let (expected, found) = (table_files(&ran), table_files(&wrote));
        assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
        for (path, content) in &expected {
            assert!(content == &found[path], "{path} differs");
        }
        let documents = |run: &Run| run.manifest().documents.iter().map(|file| file.path.clone()).collect::<Vec<_>>();
        assert_eq!(documents(&ran), documents(&wrote));
    }
}

#[test]
fn a_simulation_is_written_without_a_training() {
    let [copy, _] = copies();
    let case = read(&copy);
    let results = Results::compute(&case);
    let store = Store::memory();
    let manifest = write_results(&store, info(&case), &case, None, Some(results.simulated())).expect("a run");
    assert_eq!((manifest.policy, manifest.summary.n_scenarios), (None, Some(50)));
    assert!(!manifest.tables.contains_key("training/convergence"));
    assert_eq!(manifest.tables["simulation/costs"].rows, 50 * 12);
}

#[test]
fn a_training_goes_on_in_memory() {
    let [copy, _] = copies();
    let case = read(&copy);
    let whole_training = Results::compute(&case);
    copy.change(|config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 3}]);
    });
    let half = Results::compute(&read(&copy));
    let mut collector = TrainingCollector::resume(&case, &half.training).expect("tables to go on from");
    let start = TrainingStart::Resume(half.trained.state.clone());
    let options = case.training.as_ref().expect("the case is trained");
    let trained =
        train(&case.study, options, control(1), start, &mut collector).unwrap_or_else(|error| panic!("{error:?}"));
    let output = collector.finish(&trained.state.policy.pools).expect("training tables");
    assert_eq!(output.totals, whole_training.training.totals);
    for (name, table) in output.tables.iter() {
        let expected = whole_training.training.tables.get(name).expect("the same tables");
        assert_eq!(whole(table.batches()), whole(expected.batches()), "{name}");
    }
}

#[test]
fn a_stopped_training_becomes_a_partial_run() {
    let [_, copy] = copies();
    let case = read(&copy);
    let mut results = Results::compute(&case);
    results.trained.reason = StopReason::Requested;
    let store = Store::memory();
    let manifest = write_results(&store, info(&case), &case, Some(results.trained()), None).expect("a run");
    assert_eq!(manifest.status, RunStatus::Partial);
    let done = attempt(&case, &store, RunStart::Resume { run: None, takeover: false });
    let done = done.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((done.run, done.status), (1, RunStatus::Complete));
}

#[test]
fn a_policy_that_does_not_fit_the_case_leaves_no_run() {
    let [copy, other] = copies().map(|copy| read(&copy));
    let results = Results::compute(&other);
    let store = Store::memory();
    let error = write_results(&store, info(&copy), &copy, Some(results.trained()), None).expect_err("another system");
    assert!(error.to_string().contains("policy"), "{error}");
    assert!(committed_runs(&store).expect("runs").is_empty());
    assert!(store.list_all("").expect("files").is_empty(), "nothing is left behind");
}

/// Every run that a reader of the store sees is whole.
fn assert_readable(store: &Store, context: &str) {
    for number in committed_runs(store).expect("the store answers") {
        let run = open_run(store, Some(number)).unwrap_or_else(|error| panic!("{context}: {error}"));
        let found = verify(&run);
        assert!(found.files > 30 && found.damages.is_empty(), "{context}: {:?}", found.damages);
        for (name, entry) in &run.manifest().tables {
            let rows: usize = run
                .read_table(name)
                .unwrap_or_else(|error| panic!("{context}: {error}"))
                .iter()
                .map(arrow::array::RecordBatch::num_rows)
                .sum();
            assert_eq!(rows as u64, entry.rows, "{context}: {name}");
        }
    }
}

#[test]
fn a_store_that_fails_at_any_call_holds_a_whole_run_or_none() {
    let copy = CaseCopy::of("toy", |config| {
        config["training"]["stopping_rules"] = serde_json::json!([{"type": "iteration_limit", "limit": 2}]);
        config["simulation"]["selection"]["num_scenarios"] = 6.into();
        config["exports"] = serde_json::json!({"stochastic": true, "results": {"bucket_size": 4}});
    });
    let case = case(std::path::Path::new(&copy.path()));
    let results = Results::compute(&case);
    let (mut n_written, mut n_failed) = (0, 0);
    for fault in Fault::ALL {
        for index in 0.. {
            let context = format!("{fault:?} at call {index}");
            let clean = Store::memory();
            let faulty = FaultyStore::once(clean.object_store(), index, fault);
            let store = Store::from_object_store(std::sync::Arc::new(faulty.clone()), "faulty");
            match write_results(&store, info(&case), &case, Some(results.trained()), Some(results.simulated())) {
                Ok(manifest) => {
                    n_written += 1;
                    let committed = committed_runs(&clean).expect("the store answers");
                    assert!(committed.contains(&manifest.run), "{context}: {committed:?}");
                }
                Err(_) => n_failed += 1,
            }
            assert_readable(&clean, &context);
            if faulty.hit().is_empty() {
                break; // The run has fewer calls than that.
            }
        }
    }
    println!("{n_written} runs were written, {n_failed} were not");
    assert!(n_failed > 100, "{n_failed} runs failed");
    assert!(n_written > 50, "{n_written} runs were written in spite of a fault");
}
