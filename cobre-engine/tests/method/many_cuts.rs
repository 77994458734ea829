//! Pools so large that recent cuts are looked at before the others: the bits are those of any other training.

use cobre_engine::Study;
use cobre_engine::comm::{ThreadRank, on_thread_ranks};
use cobre_engine::cuts::CutPool;
use cobre_engine::sddp::{Control, TrainingStart};
use cobre_engine::test_models::RandomStudy;

use crate::setting::{control, options, train_keeping, train_recording};

const ITERATIONS: u32 = 850;
const PASSES: usize = 3;

fn study() -> Study {
    RandomStudy { seed: 840, n_hydros: 6, n_stages: 6, n_openings: 5, ar_order: 2, ..RandomStudy::default() }.build()
}

/// Whether the list of recent cuts is in use: enough active cuts, and few of them made or binding lately.
fn has_recent_cuts(pool: &CutPool) -> bool {
    let newest = pool.origins().last().expect("cuts").iteration;
    let is_recent = |&&id: &&u32| pool.origin(id).iteration.max(pool.activity(id).last_iteration) + 16 > newest;
    let n_recent = pool.active_ids().iter().filter(is_recent).count();
    pool.n_active() >= 1024 && 4 * n_recent < pool.n_active()
}

#[test]
fn the_bits_do_not_depend_on_threads_ranks_and_stops() {
    let (study, options) = (study(), options(ITERATIONS, PASSES));
    let (straight, records, states) = train_keeping(&study, &options, control(1), TrainingStart::Fresh);
    assert!(has_recent_cuts(&straight.state.policy.pools[3]), "recent cuts are not looked for");
    let shared = train_recording(&study, &options, control(2), TrainingStart::Fresh).expect("training");
    assert!(shared.0 == straight && shared.1 == records, "two threads");
    let all = on_thread_ranks(2, |rank: &ThreadRank| {
        let control = Control { communicator: rank, ..control(1) };
        train_recording(&study, &options, control, TrainingStart::Fresh).expect("training").0
    });
    assert!(all.iter().all(|result| *result == straight), "two ranks");
    let stopped = &states[ITERATIONS as usize - 5];
    assert!(has_recent_cuts(&stopped.policy.pools[3]), "recent cuts are not looked for before the stop");
    let start = TrainingStart::Resume(stopped.clone());
    let (resumed, rest, _) = train_keeping(&study, &options, control(1), start);
    assert!(resumed == straight && rest == records[ITERATIONS as usize - 4..], "resumed");
}
