//! Tables of a real training that dies after a checkpoint and is resumed.

use std::path::Path;

use arrow::array::AsArray;
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Float64Type, Int32Type};
use cobre_engine::Study;
use cobre_engine::comm::Local;
use cobre_engine::cuts::CutSelection;
use cobre_engine::sddp::{
    Control, IterationRecord, StoppingMode, StoppingRule, TrainingOptions, TrainingResult, TrainingSnapshot,
    TrainingStart, TrainingState, train,
};
use cobre_engine::solver::{DualSimplex, LpSolver};
use cobre_engine::test_models::RandomStudy;

use super::{FileRecord, RankTimingRecord, TrainingParquetWriter, TrainingTotals, folder, rows};

const ITERATIONS: u32 = 6;

fn make_solver() -> Box<dyn LpSolver> {
    Box::new(DualSimplex::new())
}

fn study() -> Study {
    RandomStudy { n_hydros: 3, ar_order: 1, ..RandomStudy::default() }.build()
}

/// What a checkpoint after an iteration would hold.
struct Checkpoint {
    state: TrainingState,
    files: Vec<FileRecord>,
    totals: TrainingTotals,
}

/// Trains up to `limit` and writes all tables; `checkpoint_at`: the iteration after which a checkpoint is made.
fn run(
    study: &Study,
    writer: &mut TrainingParquetWriter,
    start: TrainingStart,
    limit: u32,
    checkpoint_at: u32,
) -> (TrainingResult, Option<Checkpoint>) {
    let options = TrainingOptions {
        cut_selection: CutSelection::default(),
        forward_passes: 2,
        stopping_rules: vec![StoppingRule::IterationLimit { limit }],
        stopping_mode: StoppingMode::Any,
        seed: 5,
    };
    let control = Control {
        n_threads: 1,
        make_solver: &make_solver,
        clock: &|| 0.0,
        stop_requested: &|| false,
        communicator: &Local,
    };
    let mut checkpoint = None;
    let mut observer = |record: &IterationRecord, snapshot: &TrainingSnapshot<'_>| {
        writer.write_iteration(record)?;
        writer.write_rank_timing(&RankTimingRecord::of_ranks(record))?;
        writer.write_trial_points(snapshot)?;
        if record.iteration == checkpoint_at {
            let (files, totals) = (writer.flush()?, writer.totals().clone());
            checkpoint = Some(Checkpoint { state: snapshot.to_state(), files, totals });
        }
        Ok::<(), super::super::OutputError>(())
    };
    let result = train(study, &options, control, start, &mut observer);
    let result = result.unwrap_or_else(|error| panic!("{error:?}"));
    writer.write_cut_activity(&result.state.policy.pools).expect("a part");
    (result, checkpoint)
}

fn writer(root: &Path, study: &Study) -> TrainingParquetWriter {
    TrainingParquetWriter::new(folder(root), &study.system)
}

#[test]
fn a_resumed_training_gives_the_tables_of_an_uninterrupted_one() {
    let study = study();
    let straight_root = tempfile::tempdir().expect("a temporary folder");
    let mut straight = writer(straight_root.path(), &study);
    run(&study, &mut straight, TrainingStart::Fresh, ITERATIONS, 0);
    let straight = straight.finalize().expect("parts");
    for k in 1..ITERATIONS {
        let root = tempfile::tempdir().expect("a temporary folder");
        let mut killed = writer(root.path(), &study);
        let (_, checkpoint) = run(&study, &mut killed, TrainingStart::Fresh, k + 1, k);
        drop(killed);
        let Checkpoint { state, files, totals } = checkpoint.expect("a checkpoint");
        let resumed = TrainingParquetWriter::resume(folder(root.path()), &study.system, files, totals);
        let mut resumed = resumed.expect("a writer");
        run(&study, &mut resumed, TrainingStart::Resume(state), ITERATIONS, 0);
        let resumed = resumed.finalize().expect("parts");
        for name in super::TABLES.into_iter().chain(["cut_activity"]).map(|name| format!("training/{name}")) {
            let expected = rows(straight_root.path(), &straight.files, &name);
            let found = rows(root.path(), &resumed.files, &name);
            assert!(expected.num_rows() > 0, "{name}");
            assert_eq!(found, expected, "{name}, resumed after iteration {k}");
        }
        assert_eq!(resumed.totals, straight.totals);
    }
}

#[test]
fn visited_states_are_the_outgoing_states_of_their_stages() {
    let study = study();
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut writer = writer(root.path(), &study);
    let mut last = Vec::new();
    let mut observer = |_: &IterationRecord, snapshot: &TrainingSnapshot<'_>| {
        last = snapshot.trial_points(1).to_vec();
        writer.write_trial_points(snapshot)
    };
    let options = TrainingOptions {
        cut_selection: CutSelection::default(),
        forward_passes: 2,
        stopping_rules: vec![StoppingRule::IterationLimit { limit: 2 }],
        stopping_mode: StoppingMode::Any,
        seed: 5,
    };
    let control = Control {
        n_threads: 1,
        make_solver: &make_solver,
        clock: &|| 0.0,
        stop_requested: &|| false,
        communicator: &Local,
    };
    train(&study, &options, control, TrainingStart::Fresh, &mut observer).unwrap_or_else(|error| panic!("{error:?}"));
    let files = writer.flush().expect("a part");
    let all = rows(root.path(), &files, "training/visited_states");
    let ids = |name: &str| all[name].as_primitive::<Int32Type>().clone();
    let (iterations, trajectories, stages) = (ids("iteration"), ids("forward_pass"), ids("stage_id"));
    assert_eq!(all.num_rows(), 2 * 2 * study.system.n_stages() * last[0].len());
    for (t, stage) in study.system.stages().iter().enumerate() {
        let wanted = (0..all.num_rows())
            .map(|i| Some((iterations.value(i), trajectories.value(i), stages.value(i)) == (2, 1, stage.id)));
        let of_stage = filter_record_batch(&all, &wanted.collect()).expect("rows");
        assert_eq!(of_stage["value"].as_primitive::<Float64Type>().values(), last[t + 1].as_slice());
    }
}
