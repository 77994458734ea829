//! Results that are held in memory and written at once are those of a run that wrote while it computed.

use std::collections::BTreeMap;
use std::convert::Infallible;

use cobre_data::case::Case;
use cobre_data::output::{
    RunInfo, ScenarioOutcome, SimulationOutput, TrainingOutput, committed_runs, open_run, write_results,
};
use cobre_data::report::verify;
use cobre_data::store::Store;
use cobre_data::store::testing::{Fault, FaultyStore};
use cobre_engine::simulation::{Bucket, OutcomeSink, StageOutcome, simulate};

use crate::program::cobre;
use crate::recovery::case::CaseCopy;
use crate::recovery::equal::assert_equal;
use crate::setting::{case, control, train_recording};

/// Keeps every outcome.
#[derive(Default)]
struct Memory {
    scenarios: Vec<ScenarioOutcome>,
}

impl OutcomeSink for Memory {
    type Error = Infallible;

    fn write_stage(&mut self, bucket: Bucket, stage: usize, outcomes: Vec<StageOutcome>) -> Result<(), Infallible> {
        if stage == 0 {
            self.scenarios.extend((0..bucket.n_scenarios).map(|i| ScenarioOutcome {
                scenario: bucket.first_scenario + i,
                stages: Vec::new(),
                discounted_cost: 0.0,
            }));
        }
        for (scenario, outcome) in self.scenarios[bucket.first_scenario..].iter_mut().zip(outcomes) {
            scenario.stages.push(outcome);
        }
        Ok(())
    }

    fn finish_bucket(&mut self, bucket: Bucket, discounted_costs: &[f64]) -> Result<(), Infallible> {
        for (scenario, &cost) in self.scenarios[bucket.first_scenario..].iter_mut().zip(discounted_costs) {
            scenario.discounted_cost = cost;
        }
        Ok(())
    }
}

fn info(case: &Case) -> RunInfo {
    RunInfo {
        engine_version: env!("CARGO_PKG_VERSION").to_owned(),
        case_hash: case.case_hash.clone(),
        study_hash: case.study_hash.clone(),
        simulation_hash: String::new(),
        case_path: "memory".to_owned(),
        solver_name: "highs".to_owned(),
        solver_version: None,
        threads: 1,
        ranks: 1,
        options: BTreeMap::new(),
    }
}

fn compute(case: &Case) -> (TrainingOutput, SimulationOutput) {
    let options = case.training.as_ref().expect("the case is trained");
    let (trained, records) = train_recording(&case.study, options, 1);
    let mut memory = Memory::default();
    let simulation = case.simulation.as_ref().expect("the case is simulated");
    simulate(&case.study, &trained.state.policy, simulation, control(1), &[], &mut memory, &mut |_| {})
        .unwrap_or_else(|error| panic!("{error:?}"));
    let training = TrainingOutput { records, state: trained.state, reason: trained.reason };
    (training, SimulationOutput { scenarios: memory.scenarios })
}

#[test]
fn results_in_memory_are_written_as_a_run_writes_them() {
    let copy = CaseCopy::small(|config| config["exports"]["states"] = false.into());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().display().to_string();
    let done = cobre(&["run", &copy.path(), "--output", &root, "--quiet"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let case = case(std::path::Path::new(&copy.path()));
    let (training, simulation) = compute(&case);
    let store = Store::open_path(folder.path()).expect("a store");
    let written = write_results(&store, info(&case), &case, &training, Some(simulation)).expect("a run");
    assert_eq!(written.run, 2);
    let (ran, wrote) = (open_run(&store, Some(1)).expect("a run"), open_run(&store, Some(2)).expect("a run"));
    assert_equal(&ran, &wrote);
}

#[test]
fn outputs_that_do_not_fit_the_case_leave_no_run() {
    let copy = CaseCopy::small(|_| ());
    let case = case(std::path::Path::new(&copy.path()));
    let (training, mut simulation) = compute(&case);
    simulation.scenarios[7].stages.pop();
    let store = Store::memory();
    let error = write_results(&store, info(&case), &case, &training, Some(simulation)).expect_err("a stage is missing");
    assert!(error.to_string().contains("scenario 7 has 11 stages, the study has 12"), "{error}");
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
    let (training, simulation) = compute(&case);
    let (mut n_written, mut n_failed) = (0, 0);
    for fault in Fault::ALL {
        for index in 0.. {
            let context = format!("{fault:?} at call {index}");
            let clean = Store::memory();
            let faulty = FaultyStore::once(clean.object_store(), index, fault);
            let store = Store::from_object_store(std::sync::Arc::new(faulty.clone()), "faulty");
            match write_results(&store, info(&case), &case, &training, Some(simulation.clone())) {
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
