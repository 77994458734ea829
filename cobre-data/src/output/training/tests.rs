use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, UInt32Type, UInt64Type};
use cobre_engine::cuts::{CutActivity, CutOrigin, CutPool, StoredCut};
use cobre_engine::sddp::{IterationRecord, Phase, RankWork, SolverStatistics, StageSelection};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::super::fixture;
use super::super::manifest::FileRecord;
use super::super::run::{RunFolder, RunWriter};
use super::{RankTimingRecord, TrainingParquetWriter, TrainingTotals, visited_states};
use crate::store::Store;

fn folder(root: &Path) -> RunFolder {
    // The claim is that of a run elsewhere: what is tested here are the files.
    let run = RunWriter::create(&Store::memory(), fixture::info()).expect("a run");
    let attempt = u32::from(root.join("run=1").exists());
    RunFolder { store: Store::open_path(root).expect("a store"), attempt, ..run.folder().clone() }
}

fn record(iteration: u32) -> IterationRecord {
    let work = SolverStatistics { lp_solves: 10, cut_rows: 4, solve_seconds: 0.5, ..SolverStatistics::default() };
    IterationRecord {
        iteration,
        lower_bound: 100.0 + f64::from(iteration),
        upper_bound: 200.0,
        upper_bound_std: Some(3.0),
        cuts_added: 6,
        cuts_removed: 1,
        cuts_active: 6 * u64::from(iteration),
        forward_passes: 2,
        lp_solves: 20,
        mean_rows_in_lp: 0.4,
        forward_seconds: 0.5,
        backward_seconds: 1.5,
        selection_seconds: 0.125,
        lower_bound_seconds: 0.25,
        total_seconds: 2.5,
        selection: Vec::new(),
        solver: vec![(Phase::Forward, 0, work), (Phase::Backward, 1, work)],
        ranks: vec![RankWork {
            n_trajectories: 2,
            lp_solves: 20,
            forward_seconds: 0.5,
            backward_seconds: 1.5,
            lower_bound_seconds: 0.25,
            total_seconds: 2.5,
            ..RankWork::default()
        }],
    }
}

/// States whose values name where they belong.
fn states(iteration: u32, trajectory: u32) -> Vec<Vec<f64>> {
    let value = |t: usize, j: usize| f64::from(iteration * 1000 + trajectory * 100) + (t * 10 + j) as f64;
    (0..3).map(|t| (0..2).map(|j| value(t, j)).collect()).collect()
}

fn write(writer: &mut TrainingParquetWriter, iterations: std::ops::RangeInclusive<u32>) {
    for iteration in iterations {
        writer.write_iteration(&record(iteration)).expect("a record");
        writer.write_rank_timing(&RankTimingRecord::of_ranks(&record(iteration))).expect("a time");
        for trajectory in 0..2 {
            writer.write_visited_states(iteration, trajectory, &states(iteration, trajectory)).expect("states");
        }
    }
}

/// The rows of a table over all its parts.
fn rows(root: &Path, files: &[FileRecord], table: &str) -> RecordBatch {
    let mut batches = Vec::new();
    for file in files.iter().filter(|file| file.table == table) {
        let content = std::fs::File::open(root.join(&file.path)).expect("a file");
        let reader = ParquetRecordBatchReaderBuilder::try_new(content).expect("Parquet").build().expect("a reader");
        batches.extend(reader.map(|batch| batch.expect("rows")));
    }
    concat_batches(&batches[0].schema(), &batches).expect("parts have one schema")
}

const TABLES: [&str; 5] = ["convergence", "iteration_timing", "rank_timing", "solver_iterations", "visited_states"];

fn assert_same_rows(one: (&Path, &[FileRecord]), other: (&Path, &[FileRecord])) {
    for table in TABLES.map(|name| format!("training/{name}")) {
        assert_eq!(rows(one.0, one.1, &table), rows(other.0, other.1, &table), "{table}");
    }
}

#[test]
fn every_flush_adds_a_part_and_leaves_the_earlier_ones_alone() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut writer = TrainingParquetWriter::new(folder(root.path()), &fixture::system());
    write(&mut writer, 1..=2);
    let first = writer.flush().expect("parts");
    assert_eq!(first.len(), TABLES.len());
    assert!(first.iter().all(|file| file.path.ends_with("/part-0.parquet")));
    let contents: Vec<Vec<u8>> =
        first.iter().map(|file| std::fs::read(root.path().join(&file.path)).expect("a part")).collect();
    assert_eq!(writer.flush().expect("nothing new"), first);
    write(&mut writer, 3..=3);
    let manifest = writer.finalize().expect("parts");
    assert_eq!(manifest.files[..first.len()], first);
    assert!(manifest.files[first.len()..].iter().all(|file| file.path.ends_with("/part-1.parquet")));
    for (file, content) in first.iter().zip(contents) {
        assert_eq!(std::fs::read(root.path().join(&file.path)).expect("a part"), content);
    }
    let convergence = rows(root.path(), &manifest.files, "training/convergence");
    assert_eq!(convergence["iteration"].as_primitive::<Int32Type>().values(), &[1, 2, 3]);
    let text = serde_json::to_string(&manifest).expect("JSON");
    assert_eq!(serde_json::from_str::<super::TrainingTables>(&text).expect("a manifest"), manifest);
    assert_eq!((manifest.totals.iterations, manifest.totals.lower_bound), (3, Some(103.0)));
    assert_eq!((manifest.totals.cuts_added, manifest.totals.peak_cuts_active), (18, 18));
    assert_eq!((manifest.totals.lp_solves, manifest.totals.cut_rows), (60, 24));
}

#[test]
fn a_resumed_writer_gives_the_rows_of_an_uninterrupted_one() {
    let straight_root = tempfile::tempdir().expect("a temporary folder");
    let mut straight = TrainingParquetWriter::new(folder(straight_root.path()), &fixture::system());
    write(&mut straight, 1..=5);
    let straight = straight.finalize().expect("parts");
    for k in 1..5 {
        let root = tempfile::tempdir().expect("a temporary folder");
        let mut killed = TrainingParquetWriter::new(folder(root.path()), &fixture::system());
        write(&mut killed, 1..=k);
        let (files, totals) = (killed.flush().expect("a checkpoint"), killed.totals().clone());
        // What is written after the last checkpoint is lost, but its files are there.
        write(&mut killed, k + 1..=k + 1);
        let lost = killed.flush().expect("parts that no checkpoint names");
        let lost_path = root.path().join(&lost.last().expect("a part").path);
        let lost_content = std::fs::read(&lost_path).expect("a part");
        drop(killed);
        let folder = folder(root.path());
        let mut resumed = TrainingParquetWriter::resume(folder, &fixture::system(), files, totals).expect("a writer");
        write(&mut resumed, k + 1..=5);
        let resumed = resumed.finalize().expect("parts");
        assert_same_rows((straight_root.path(), &straight.files), (root.path(), &resumed.files));
        assert_eq!(resumed.totals, straight.totals);
        assert_eq!(std::fs::read(lost_path).expect("a part"), lost_content, "a part is never overwritten");
    }
}

#[test]
fn visited_states_come_in_the_order_of_stage_labels() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut writer = TrainingParquetWriter::new(folder(root.path()), &fixture::system());
    writer.stage_ids = vec![30, 10, 20];
    writer.stage_order = vec![1, 2, 0];
    writer.write_visited_states(1, 0, &states(1, 0)).expect("states");
    let files = writer.flush().expect("a part");
    let rows = rows(root.path(), &files, "training/visited_states");
    assert_eq!(rows["stage_id"].as_primitive::<Int32Type>().values(), &[10, 10, 20, 20, 30, 30]);
    assert_eq!(rows["state_index"].as_primitive::<Int32Type>().values(), &[0, 1, 0, 1, 0, 1]);
    let values = rows["value"].as_primitive::<Float64Type>().values();
    assert_eq!(values, &[1010.0, 1011.0, 1020.0, 1021.0, 1000.0, 1001.0]);
}

#[test]
fn many_visited_states_are_written_before_the_flush() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut writer = TrainingParquetWriter::new(folder(root.path()), &fixture::system());
    let dimension = visited_states::MAX_VALUES / 4;
    for trajectory in 0..5 {
        writer.write_visited_states(1, trajectory, &vec![vec![f64::from(trajectory); dimension]; 3]).expect("states");
        assert!(writer.states.n_values() < visited_states::MAX_VALUES);
    }
    let files = writer.flush().expect("parts");
    let rows_of = |file: &FileRecord| (file.rows / dimension as u64, file.path.clone());
    let path = |k: u32| format!("run=1/training/visited_states/part-{k}.parquet");
    assert_eq!(files.iter().map(rows_of).collect::<Vec<_>>(), [(6, path(0)), (6, path(1)), (3, path(2))]);
}

#[test]
fn the_times_of_ranks_are_rows() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut writer = TrainingParquetWriter::new(folder(root.path()), &fixture::system());
    let of_rank =
        |rank, idle_seconds| RankTimingRecord { rank, idle_seconds, ..RankTimingRecord::of_ranks(&record(1))[0] };
    writer.write_rank_timing(&[of_rank(0, 0.0), of_rank(1, 0.125)]).expect("times");
    let error = writer.write_rank_timing(&[of_rank(1, 0.0)]).expect_err("rank 1 again").to_string();
    assert!(error.contains("rank 1 of iteration 1 after rank 1 of 1"), "{error}");
    let files = writer.flush().expect("a part");
    let rows = rows(root.path(), &files, "training/rank_timing");
    assert_eq!(rows["rank"].as_primitive::<Int32Type>().values(), &[0, 1]);
    assert_eq!(rows["idle_time_ms"].as_primitive::<Int64Type>().values(), &[0, 125]);
    assert_eq!(rows["lp_solves"].as_primitive::<Int64Type>().values(), &[20, 20]);
    assert_eq!(rows["total_time_ms"].as_primitive::<Int64Type>().values(), &[2500, 2500]);
    assert_eq!(rows["rank"].null_count(), 0);
}

#[test]
fn what_does_not_fit_is_refused() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut writer = TrainingParquetWriter::new(folder(root.path()), &fixture::system());
    writer.write_visited_states(2, 1, &states(2, 1)).expect("states");
    let error = writer.write_visited_states(2, 1, &states(2, 1)).expect_err("the same again").to_string();
    assert!(error.contains("trajectory 1 of iteration 2 after 1 of 2"), "{error}");
    let error = writer.write_visited_states(3, 0, &states(3, 0)[..2]).expect_err("a stage too few").to_string();
    assert!(error.contains("2 states, the study has 3 stages"), "{error}");
    let ragged = vec![vec![0.0; 2], vec![0.0; 2], vec![0.0; 1]];
    let error = writer.write_visited_states(3, 0, &ragged).expect_err("a short state").to_string();
    assert!(error.contains("states of 2 and of 1 components"), "{error}");

    let mut files = writer.flush().expect("a part");
    files[0].path = files[0].path.replace("run=1", "run=2");
    let other =
        TrainingParquetWriter::resume(folder(root.path()), &fixture::system(), files, TrainingTotals::default());
    let error = other.err().expect("a part of another run").to_string();
    assert!(error.contains("no part of the table training/visited_states of run=1"), "{error}");
}

#[test]
fn the_retry_histogram_has_rows_where_there_were_retries() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut writer = TrainingParquetWriter::new(folder(root.path()), &fixture::system());
    writer.write_iteration(&record(1)).expect("a record");
    let first = writer.flush().expect("parts");
    assert!(first.iter().all(|file| file.table != "training/retry_histogram"), "no retries, no file");
    let mut retried = record(2);
    retried.solver[1].2.retries = 4;
    retried.solver[1].2.retries_by_level = [3, 0, 1, 0];
    writer.write_iteration(&retried).expect("a record");
    let files = writer.flush().expect("parts");
    let rows = rows(root.path(), &files, "training/retry_histogram");
    assert_eq!(rows["iteration"].as_primitive::<UInt32Type>().values(), &[2, 2]);
    assert_eq!(rows["phase"].as_string::<i32>().iter().collect::<Vec<_>>(), [Some("backward"); 2]);
    assert_eq!(rows["stage_id"].as_primitive::<Int32Type>().values(), &[20, 20]);
    assert_eq!(rows["retry_level"].as_primitive::<UInt32Type>().values(), &[0, 2]);
    assert_eq!(rows["count"].as_primitive::<UInt64Type>().values(), &[3, 1]);
    assert_eq!(writer.totals().lp_retries, 4);
}

#[test]
fn cut_selection_has_one_row_per_iteration_and_stage() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut writer = TrainingParquetWriter::new(folder(root.path()), &fixture::system());
    let stage = |stage, n_deactivated, n_evicted| StageSelection {
        stage,
        n_cuts: 20,
        n_active_before: 12,
        n_deactivated,
        n_evicted,
        seconds: 0.0015,
    };
    writer.write_iteration(&record(1)).expect("a record without selection");
    let selection = vec![stage(0, 2, None), stage(1, 0, Some(5))];
    writer.write_iteration(&IterationRecord { selection, ..record(2) }).expect("a record");
    let beyond = IterationRecord { selection: vec![stage(9, 0, None)], ..record(3) };
    let error = writer.write_iteration(&beyond).expect_err("no such stage").to_string();
    assert!(error.contains("stage position 9"), "{error}");
    let manifest = writer.finalize().expect("parts");
    let rows = rows(root.path(), &manifest.files, "training/cut_selection");
    let ids = |name: &str| rows[name].as_primitive::<Int32Type>().iter().collect::<Vec<_>>();
    assert_eq!(ids("iteration"), [Some(2); 2]);
    assert_eq!(ids("stage_id"), [Some(10), Some(20)]);
    assert_eq!(ids("cuts_populated"), [Some(20); 2]);
    assert_eq!(ids("cuts_active_before"), [Some(12); 2]);
    assert_eq!(ids("cuts_deactivated"), [Some(2), Some(0)]);
    assert_eq!(ids("cuts_reactivated"), [Some(0); 2]);
    assert_eq!(ids("cuts_active_after"), [Some(10), Some(12)]);
    assert_eq!(ids("budget_evicted"), [None, Some(5)]);
    assert_eq!(ids("active_after_budget"), [None, Some(7)]);
    assert_eq!(rows["selection_time_ms"].as_primitive::<Float64Type>().values(), &[1.5; 2]);
}

#[test]
fn cut_activity_has_one_row_per_cut() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut writer = TrainingParquetWriter::new(folder(root.path()), &fixture::system());
    let made = CutOrigin { iteration: 4, trajectory: 1 };
    let cut = |intercept, origin, times_binding, last_iteration| StoredCut {
        intercept,
        coefficients: &[-1.0],
        origin,
        activity: CutActivity { times_binding, last_iteration },
        is_active: true,
    };
    let pool = CutPool::from_cuts(1, [cut(10.0, CutOrigin::GIVEN, 0, 0), cut(20.0, made, 7, 5)]).expect("a pool");
    let pools = [pool, CutPool::from_cuts(1, [cut(30.0, made, 0, 0)]).expect("a pool"), CutPool::new(1)];
    let error = writer.write_cut_activity(&pools[..2]).expect_err("a stage too few").to_string();
    assert!(error.contains("2 pools of cuts, the study has 3 stages"), "{error}");
    writer.write_iteration(&record(5)).expect("a record");
    writer.write_cut_activity(&pools).expect("a part");
    let manifest = writer.finalize().expect("parts");
    assert!(manifest.files.iter().any(|file| file.table == "training/convergence"));
    let rows = rows(root.path(), &manifest.files, "training/cut_activity");
    let ids = |name: &str| rows[name].as_primitive::<Int32Type>().iter().collect::<Vec<_>>();
    assert_eq!(ids("stage_id"), [Some(10), Some(10), Some(20)]);
    assert_eq!(ids("cut_id"), [Some(0), Some(1), Some(0)]);
    assert_eq!(ids("iteration"), [None, Some(4), Some(4)]);
    assert_eq!(ids("forward_pass"), [None, Some(1), Some(1)]);
    assert_eq!(ids("last_binding_iteration"), [None, Some(5), None]);
    assert_eq!(rows["intercept"].as_primitive::<Float64Type>().values(), &[10.0, 20.0, 30.0]);
    assert_eq!(rows["times_binding"].as_primitive::<UInt64Type>().values(), &[0, 7, 0]);
}

mod resumed;
