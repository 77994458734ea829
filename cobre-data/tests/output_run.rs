//! The life of a run: numbers, training tables, commit, damage, abort.

mod output_fixture;

use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::{Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, UInt32Array};
use cobre_data::output::{
    Claim, Manifest, OutputError, ResultOptions, RunInfo, RunStatus, RunSummary, RunWriter, committed_runs, open_run,
};
use cobre_data::store::Store;
use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::{IterationRecord, Phase, SolverStatistics};
use cobre_engine::simulation::{Bucket, OutcomeSink};
use cobre_engine::system::{System, SystemParts};
use output_fixture as fixture;

const BUCKET: Bucket = Bucket { index: 0, first_scenario: 0, n_scenarios: 2 };

fn store(root: &Path) -> Store {
    Store::open_path(root).expect("a store")
}

fn record(iteration: u32, lower_bound: f64) -> IterationRecord {
    let work = |seed: u64| SolverStatistics {
        lp_solves: seed,
        solver_calls: seed + 5,
        retries: 1,
        retry_attempts: 2,
        retries_by_level: [0, 1, 0, 0],
        basis_offered: seed - 1,
        simplex_iterations: seed * 1_000_000_000,
        cut_rows: 3,
        solve_seconds: 0.125,
    };
    IterationRecord {
        iteration,
        lower_bound,
        upper_bound: 150.0,
        upper_bound_std: (iteration > 1).then_some(12.5),
        cuts_added: 8,
        cuts_removed: 2,
        cuts_active: 6 * u64::from(iteration),
        forward_passes: 4,
        lp_solves: 99,
        mean_rows_in_lp: 1.75,
        forward_seconds: 0.5,
        backward_seconds: 1.5,
        selection_seconds: 0.125,
        lower_bound_seconds: 0.25,
        total_seconds: 2.5,
        selection: Vec::new(),
        solver: vec![(Phase::Forward, 0, work(10)), (Phase::Forward, 2, work(20)), (Phase::Backward, 1, work(30))],
        ranks: Vec::new(),
    }
}

fn create(root: &Path) -> RunWriter {
    RunWriter::create(&store(root), fixture::info()).expect("a run")
}

fn write_training(run: &RunWriter, system: &System, records: &[IterationRecord]) {
    let mut writer = run.training_writer(system).expect("a writer");
    for record in records {
        writer.write_iteration(record).expect("a record");
    }
    writer.finalize().expect("training tables");
}

fn write_simulation(run: &RunWriter, system: &System) -> Result<(), OutputError> {
    let mut writer = run.simulation_sink(system, &ResultOptions::default())?;
    for stage in 0..system.n_stages() {
        writer.write_stage(BUCKET, stage, fixture::outcomes(system, BUCKET, stage, 0))?;
    }
    writer.finish_bucket(BUCKET, &[1.0, 2.0])?;
    writer.finish().map(|_| ())
}

fn column<'a, A: 'static>(batch: &'a RecordBatch, name: &str) -> &'a A {
    let column = batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name}"));
    column.as_any().downcast_ref().unwrap_or_else(|| panic!("{name} has another type"))
}

#[test]
fn training_tables_hold_the_records() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let run = create(root.path());
    write_training(&run, &fixture::system(), &[record(1, -5.0), record(2, 120.0)]);
    run.commit(RunStatus::Complete, RunSummary::default()).expect("a commit");
    let run = open_run(&store(root.path()), None).expect("a run");

    let batch = &run.read_table("convergence").expect("a table")[0];
    assert_eq!(column::<Int32Array>(batch, "iteration").values(), &[1, 2]);
    assert_eq!(column::<Float64Array>(batch, "lower_bound").values(), &[-5.0, 120.0]);
    let gap: Vec<Option<f64>> = column::<Float64Array>(batch, "gap_percent").iter().collect();
    assert_eq!(gap, [None, Some(25.0)]);
    let std: Vec<Option<f64>> = column::<Float64Array>(batch, "upper_bound_std").iter().collect();
    assert_eq!(std, [None, Some(12.5)]);
    let kind: Vec<Option<&str>> = column::<StringArray>(batch, "upper_bound_kind").iter().collect();
    assert_eq!(kind, [Some("statistical"); 2]);
    assert_eq!(column::<Int64Array>(batch, "cuts_active").values(), &[6, 12]);
    assert_eq!(column::<Int32Array>(batch, "cuts_added").values(), &[8, 8]);
    assert_eq!(column::<Int32Array>(batch, "cuts_removed").values(), &[2, 2]);
    assert_eq!(column::<Int32Array>(batch, "forward_passes").values(), &[4, 4]);
    assert_eq!(column::<Int64Array>(batch, "lp_solves").values(), &[99, 99]);
    assert_eq!(column::<Float64Array>(batch, "mean_rows_in_lp").values(), &[1.75, 1.75]);
    assert_eq!(column::<Int64Array>(batch, "time_total_ms").values(), &[2500, 2500]);

    let batch = &run.read_table("iteration_timing").expect("a table")[0];
    for (name, expected) in [
        ("forward_wall_ms", 500),
        ("backward_wall_ms", 1500),
        ("cut_selection_ms", 125),
        ("lower_bound_ms", 250),
        ("overhead_ms", 125),
    ] {
        assert_eq!(column::<Int64Array>(batch, name).values(), &[expected; 2], "{name}");
    }
    assert_eq!(column::<Int32Array>(batch, "rank").null_count(), 2);

    let batch = &run.read_table("solver_iterations").expect("the only table of that name")[0];
    let phases: Vec<Option<&str>> = column::<StringArray>(batch, "phase").iter().collect();
    assert_eq!(phases, ["forward", "forward", "backward", "forward", "forward", "backward"].map(Some));
    assert_eq!(column::<Int32Array>(batch, "stage_id").values(), &[10, 30, 20, 10, 30, 20]);
    assert_eq!(column::<UInt32Array>(batch, "lp_solves").values(), &[10, 20, 30, 10, 20, 30]);
    assert_eq!(column::<UInt32Array>(batch, "basis_offered").values(), &[9, 19, 29, 9, 19, 29]);
    assert_eq!(column::<Float64Array>(batch, "solve_time_ms").values(), &[125.0; 6]);
    for name in ["scenario_id", "opening_index", "rank", "worker_id"] {
        assert_eq!(column::<Int32Array>(batch, name).null_count(), 6, "{name}");
    }
}

#[test]
fn there_is_no_gap_under_risk_aversion() {
    let system = fixture::buses_only();
    let mut stages = system.stages().to_vec();
    stages[1].risk_measure = RiskMeasure::Cvar { alpha: 0.2, lambda: 0.5 };
    let system = System::new(SystemParts { stages, buses: system.buses().to_vec(), ..SystemParts::default() });
    let root = tempfile::tempdir().expect("a temporary folder");
    let run = create(root.path());
    write_training(&run, &system.expect("a valid system"), &[record(1, 120.0)]);
    run.commit(RunStatus::Complete, RunSummary::default()).expect("a commit");
    let batch = &open_run(&store(root.path()), None).expect("a run").read_table("convergence").expect("a table")[0];
    assert_eq!(column::<Float64Array>(batch, "gap_percent").null_count(), 1);
}

#[test]
fn training_refuses_records_that_do_not_fit() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let run = create(root.path());
    let mut writer = run.training_writer(&fixture::system()).expect("a writer");
    writer.write_iteration(&record(3, 0.0)).expect("a record");
    let error = writer.write_iteration(&record(3, 0.0)).expect_err("the same iteration again").to_string();
    assert!(error.contains("iteration 3 after iteration 3") && error.contains("run=1"), "{error}");
    let mut elsewhere = record(4, 0.0);
    elsewhere.solver[0].1 = 3;
    let error = writer.write_iteration(&elsewhere).expect_err("a stage too far").to_string();
    assert!(error.contains("stage position 3, the study has 3 stages"), "{error}");
    let mut huge = record(4, 0.0);
    huge.solver[0].2.lp_solves = 1 << 32;
    writer.write_iteration(&huge).expect("checked when written");
    let error = writer.finalize().expect_err("a count too large").to_string();
    assert!(error.contains("lp_solves of iteration 4") && error.contains("exceeds 32 bits"), "{error}");
    assert!(run.training_writer(&fixture::system()).is_err(), "a phase has one writer");
}

#[test]
fn the_manifest_tells_the_whole_run() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let run = create(root.path());
    let claim: Claim =
        serde_json::from_slice(&fs::read(root.path().join("_meta/claim-1.json")).expect("a claim")).expect("JSON");
    assert_eq!((claim.run_id.as_str(), claim.process.pid), (run.run_id(), std::process::id()));
    write_training(&run, &fixture::system(), &[record(1, 1.0)]);
    write_simulation(&run, &fixture::system()).expect("simulation tables");
    let summary = RunSummary {
        lower_bound: Some(120.5),
        upper_bound_mean: Some(f64::NAN),
        iterations: Some(1),
        stop_reason: Some("iteration_limit".into()),
        n_scenarios: Some(2),
        ..RunSummary::default()
    };
    let written = run.commit(RunStatus::Complete, summary).expect("a commit");
    let path = root.path().join("_meta/run-1.json");
    let manifest = Manifest::read(&store(root.path()), "_meta/run-1.json").expect("a manifest");
    assert_eq!(manifest.run_id, claim.run_id);
    assert_eq!(manifest.started_at, claim.started_at);
    assert_eq!(manifest.status, RunStatus::Complete);
    assert_eq!(manifest.info, fixture::info());
    assert_eq!(manifest.summary.lower_bound, Some(120.5));
    assert_eq!(manifest.summary.upper_bound_mean, None, "not a number is nothing");
    assert_eq!(manifest.tables, written.tables);
    let hydros = &manifest.tables["simulation/hydros"];
    assert_eq!((hydros.rows, hydros.files.len()), (2 * 2 * 5, 1));
    assert_eq!(hydros.partition_by, ["scenario_bucket"]);
    assert_eq!(hydros.files[0].path, "run=1/simulation/hydros/scenario_bucket=0/part-0.parquet");
    assert_eq!(hydros.files[0].partition["scenario_bucket"], 0);
    assert!(!root.path().join("_meta/claim-1.json").exists(), "the claim ends with the commit");
    // Both phases have solver statistics: the plain name is not enough.
    let run = open_run(&store(root.path()), Some(1)).expect("a run");
    let error = run.table_files("solver_iterations").expect_err("two such tables").to_string();
    assert!(error.contains("training/solver_iterations"), "{error}");

    let later = fs::read_to_string(&path).expect("text").replace("\"format_version\": 2", "\"format_version\": 3");
    fs::write(&path, later).expect("a later version");
    let error = open_run(&store(root.path()), None).expect_err("a later version").to_string();
    assert!(error.contains("format version 3 found") && error.contains("run-1.json"), "{error}");
}

#[test]
fn every_run_has_a_number_of_its_own() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut numbers: Vec<u32> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    (0..5)
                        .map(|_| {
                            let run = create(root.path());
                            let number = run.run();
                            run.commit(RunStatus::Complete, RunSummary::default()).expect("a commit");
                            number
                        })
                        .collect::<Vec<u32>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    numbers.sort_unstable();
    assert_eq!(numbers, committed_runs(&store(root.path())).expect("runs"));
    assert_eq!(numbers.len(), 40);
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    // A folder, a claim or a manifest alone makes a number taken.
    let highest = numbers[39];
    fs::create_dir(root.path().join(format!("run={}", highest + 3))).expect("a folder");
    assert_eq!(create(root.path()).run(), highest + 4);
    fs::write(root.path().join(format!("_meta/claim-{}.json", highest + 9)), "{}").expect("a claim");
    assert_eq!(create(root.path()).run(), highest + 10);
    // Unfinished runs are invisible.
    let newest = open_run(&store(root.path()), None).expect("a run").manifest().run;
    assert_eq!(newest, highest);
    let error = open_run(&store(root.path()), Some(highest + 4)).expect_err("not committed").to_string();
    assert!(error.contains("is not committed"), "{error}");
}

#[test]
fn an_aborted_run_leaves_nothing() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let run = create(root.path());
    write_training(&run, &fixture::system(), &[record(1, 1.0)]);
    run.abort().expect("an abort");
    assert!(!root.path().join("run=1").exists());
    assert_eq!(fs::read_dir(root.path().join("_meta")).expect("a folder").count(), 0);
}

fn refused(damage: impl Fn(&Path, PathBuf)) -> String {
    let root = tempfile::tempdir().expect("a temporary folder");
    let run = create(root.path());
    write_simulation(&run, &fixture::system()).expect("simulation tables");
    damage(root.path(), root.path().join("run=1/simulation/buses/scenario_bucket=0/part-0.parquet"));
    let error = run.commit(RunStatus::Complete, RunSummary::default()).expect_err("a damaged run").to_string();
    assert!(open_run(&store(root.path()), None).is_err(), "{error}");
    error
}

#[test]
fn commit_refuses_damaged_files() {
    let error = refused(|_, path| {
        let mut content = fs::read(&path).expect("a file");
        let middle = content.len() / 2;
        content[middle] ^= 1;
        fs::write(&path, content).expect("a damaged file");
    });
    assert!(error.contains("buses/scenario_bucket=0/part-0.parquet") && error.contains("SHA-256"), "{error}");
    let error = refused(|_, path| {
        let content = fs::read(&path).expect("a file");
        fs::write(&path, &content[1..]).expect("a damaged file");
    });
    assert!(error.contains("buses/scenario_bucket=0/part-0.parquet") && error.contains("bytes found"), "{error}");
    let error = refused(|_, path| fs::remove_file(path).expect("a file"));
    assert!(error.contains("buses/scenario_bucket=0/part-0.parquet"), "{error}");
}

#[test]
fn commit_never_overwrites_a_manifest() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let run = create(root.path());
    let path = root.path().join("_meta/run-1.json");
    fs::write(&path, "somebody else's").expect("a file");
    let error = run.commit(RunStatus::Complete, RunSummary::default()).expect_err("a file in the way").to_string();
    assert!(error.contains("run-1.json") && error.contains("another writer has committed"), "{error}");
    assert_eq!(fs::read_to_string(&path).expect("a file"), "somebody else's");
}

#[test]
fn a_file_in_the_way_is_an_error_that_names_it() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let file = root.path().join("file");
    fs::write(&file, "").expect("a file");
    for place in [file.clone(), file.join("below")] {
        let error =
            RunWriter::create(&store(&place), fixture::info()).err().expect("no folder can be here").to_string();
        assert!(error.contains(&file.display().to_string()), "{error}");
    }
    for (in_the_way, is_named) in [
        ("run=1/simulation", "simulation"),
        ("run=1/simulation/costs/scenario_bucket=0/part-0.parquet", "part-0.parquet"),
    ] {
        let root = tempfile::tempdir().expect("a temporary folder");
        let run = create(root.path());
        let path = root.path().join(in_the_way);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(&path, "in the way").expect("a file");
        let error = write_simulation(&run, &fixture::system()).expect_err("a file in the way").to_string();
        assert!(error.contains(is_named) && error.contains(&root.path().display().to_string()), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("a file"), "in the way");
        assert!(run.commit(RunStatus::Complete, RunSummary::default()).is_err());
    }
}

#[test]
fn no_scenarios_are_a_run_without_simulation_files() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let run = create(root.path());
    let writer = run.simulation_sink(&fixture::system(), &ResultOptions::default()).expect("a writer");
    assert!(writer.finish().expect("nothing to write").files.is_empty());
    run.commit(RunStatus::Complete, RunSummary::default()).expect("a commit");
    let run = open_run(&store(root.path()), None).expect("a run");
    assert_eq!(run.manifest().tables.len(), 13);
    assert!(run.manifest().tables.values().all(|table| table.files.is_empty() && table.rows == 0));
    assert!(run.read_table("costs").expect("a known table").is_empty());
    assert!(run.read_table("cost").is_err());
}

#[test]
fn a_dropped_writer_ends_and_blocks_the_commit() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let run = create(root.path());
    let system = fixture::system();
    let mut writer = run.simulation_sink(&system, &ResultOptions::default()).expect("a writer");
    writer.write_stage(BUCKET, 0, fixture::outcomes(&system, BUCKET, 0, 0)).expect("a stage");
    drop(writer);
    let error = run.commit(RunStatus::Complete, RunSummary::default()).expect_err("tables are missing").to_string();
    assert!(error.contains("was not finished"), "{error}");
    assert!(open_run(&store(root.path()), None).is_err());
}
