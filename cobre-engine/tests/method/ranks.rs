//! Several ranks do what one does: the same bits, one end for all, whoever fails or is asked to stop.

use std::sync::atomic::{AtomicU32, Ordering};

use cobre_engine::comm::{Communicator, ThreadRank, on_thread_ranks};
use cobre_engine::sddp::{
    Control, IterationRecord, RankWork, SimulationOptions, StopReason, TrainingError, TrainingObserver,
    TrainingOptions, TrainingResult, TrainingSnapshot, TrainingStart, TrainingState, Wanted, train,
};
use cobre_engine::simulation::{Bucket, OutcomeSink, SimulationError, SimulationResult, StageOutcome, simulate};
use cobre_engine::test_models::RandomStudy;
use cobre_engine::{EngineError, InflowNonNegativity, Study};

use crate::determinism::{cut_bits, studies};
use crate::outcomes::Outcomes;
use crate::rebuilt::with_noise;
use crate::setting::{control, options, train_recording};

/// Numbers of ranks and of threads per rank.
const WORLDS: [(usize, usize); 6] = [(1, 2), (2, 1), (2, 2), (3, 1), (4, 1), (7, 1)];

fn control_of(rank: &ThreadRank, n_threads: usize) -> Control<'_> {
    Control { communicator: rank, ..control(n_threads) }
}

type Trained = (TrainingResult, Vec<IterationRecord>);

fn train_over(
    study: &Study,
    options: &TrainingOptions,
    (n_ranks, n_threads): (usize, usize),
    start: &TrainingStart,
) -> Vec<Trained> {
    on_thread_ranks(n_ranks, |rank| {
        train_recording(study, options, control_of(rank, n_threads), start.clone()).expect("training")
    })
}

/// The records without what tells how many ranks there were.
fn without_ranks(records: &[IterationRecord]) -> Vec<IterationRecord> {
    records.iter().map(|record| IterationRecord { ranks: Vec::new(), ..record.clone() }).collect()
}

/// Asserts that every rank has the result of a training by one, and the first rank its records.
fn assert_all_like(what: &str, alone: &Trained, all: &[Trained]) {
    for (rank, (result, records)) in all.iter().enumerate() {
        assert_eq!(cut_bits(&alone.0.state.policy), cut_bits(&result.state.policy), "{what}, rank {rank}: cuts");
        assert!(alone.0 == *result, "{what}, rank {rank}: results differ");
        if rank == 0 {
            assert!(without_ranks(records) == without_ranks(&alone.1), "{what}: records differ");
        } else {
            assert!(records.is_empty(), "{what}: the observer of rank {rank} saw something");
        }
    }
}

#[test]
fn training_does_not_depend_on_ranks() {
    for (i, study) in studies().iter().enumerate() {
        let options = options(6, 5);
        let alone = train_recording(study, &options, control(1), TrainingStart::Fresh).expect("training");
        assert!(!cut_bits(&alone.0.state.policy).is_empty());
        for world in WORLDS {
            let all = train_over(study, &options, world, &TrainingStart::Fresh);
            assert_all_like(&format!("study {i}, {world:?} ranks and threads"), &alone, &all);
        }
    }
}

#[test]
fn every_rank_tells_its_work() {
    let study = &studies()[0];
    let all = train_over(study, &options(2, 5), (3, 1), &TrainingStart::Fresh);
    for record in &all[0].1 {
        let of = |value: fn(&RankWork) -> u64| record.ranks.iter().map(value).collect::<Vec<_>>();
        assert_eq!(of(|work| u64::from(work.rank)), [0, 1, 2]);
        assert_eq!(of(|work| u64::from(work.n_trajectories)), [2, 2, 1]);
        assert_eq!(of(|work| work.lp_solves).iter().sum::<u64>(), record.lp_solves);
        assert!(of(|work| work.lp_solves).iter().all(|&n| n > 0));
    }
}

/// The state after an iteration, as an observer sees it.
fn state_after(study: &Study, options: &TrainingOptions, n_ranks: usize, iteration: u32) -> TrainingState {
    let states = on_thread_ranks(n_ranks, |rank| {
        let mut state = None;
        let mut keep = |record: &IterationRecord, snapshot: &TrainingSnapshot<'_>| -> Result<(), String> {
            if record.iteration == iteration {
                state = Some(snapshot.to_state());
            }
            Ok(())
        };
        train(study, options, control_of(rank, 1), TrainingStart::Fresh, &mut keep).expect("training");
        state
    });
    states.into_iter().next().flatten().expect("the first rank has seen the iteration")
}

#[test]
fn a_training_of_some_ranks_is_resumed_by_others() {
    for (i, study) in studies().iter().enumerate() {
        let options = options(7, 4);
        let alone = train_recording(study, &options, control(1), TrainingStart::Fresh).expect("training");
        for (before, after) in [(1, 2), (2, 1), (3, 2), (5, 3)] {
            let state = state_after(study, &options, before, 3);
            assert_eq!(state.trajectory_bases.len(), 4);
            let all = train_over(study, &options, (after, 1), &TrainingStart::Resume(state));
            for (rank, (result, records)) in all.iter().enumerate() {
                let what = format!("study {i}: {before} ranks, then {after}; rank {rank}");
                assert!(*result == alone.0, "{what}");
                assert!(rank > 0 || without_ranks(records) == without_ranks(&alone.1[3..]), "{what}: records");
            }
        }
    }
}

#[test]
fn a_resumed_training_that_is_complete_ends_at_once_on_all_ranks() {
    let study = &studies()[0];
    let options = options(3, 2);
    let alone = train_recording(study, &options, control(1), TrainingStart::Fresh).expect("training").0;
    let start = TrainingStart::Resume(alone.state.clone());
    for (result, records) in train_over(study, &options, (3, 1), &start) {
        assert!(result == alone && records.is_empty());
    }
}

/// Looks at bases when training ends, and at trial points after the second iteration.
struct Frugal {
    seen: Vec<Option<StopReason>>,
}

impl TrainingObserver for Frugal {
    type Error = String;

    fn wants(&self, iteration: u32, is_last: bool) -> Wanted {
        Wanted { bases: is_last, trial_points: iteration == 2 }
    }

    fn finish_iteration(&mut self, _: &IterationRecord, snapshot: &TrainingSnapshot<'_>) -> Result<(), String> {
        self.seen.push(snapshot.stop_reason());
        assert_eq!(snapshot.n_trajectories(), 4);
        let there = |look: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(look)).is_ok();
        let bases = |m| assert!(snapshot.trajectory_bases(m).iter().all(Option::is_some));
        let points = |m| assert_eq!(snapshot.trial_points(m).len(), snapshot.pools().len() + 1);
        for m in 0..4 {
            assert_eq!(there(&|| bases(m)), snapshot.stop_reason().is_some(), "bases of trajectory {m}");
            assert_eq!(there(&|| points(m)), snapshot.iteration() == 2, "trial points of trajectory {m}");
        }
        Ok(())
    }
}

#[test]
fn of_trajectories_only_what_is_wanted_is_fetched() {
    let study = &studies()[0];
    let seen = on_thread_ranks(2, |rank| {
        let mut observer = Frugal { seen: Vec::new() };
        train(study, &options(3, 4), control_of(rank, 1), TrainingStart::Fresh, &mut observer).expect("training");
        observer.seen
    });
    assert_eq!(seen, [vec![None, None, Some(StopReason::IterationLimit)], vec![]]);
}

#[test]
fn a_request_to_one_rank_ends_training_on_all() {
    let study = &studies()[0];
    for asked in 0..3 {
        let n_calls = AtomicU32::new(0);
        let results = on_thread_ranks(3, |rank| {
            // Asked for the whole time from some moment on, as after a signal.
            let is_asked = rank.rank() == asked;
            let stop = || is_asked && n_calls.fetch_add(1, Ordering::Relaxed) > 20;
            let control = Control { stop_requested: &stop, ..control_of(rank, 1) };
            train(study, &options(500, 4), control, TrainingStart::Fresh, &mut ()).expect("a request is no error")
        });
        assert!(results.iter().all(|result| *result == results[0]), "rank {asked} was asked");
        assert_eq!(results[0].reason, StopReason::Requested);
        assert!(results[0].iterations < 100, "{} iterations", results[0].iterations);
    }
}

/// A study in which one opening of a stage has too little water, and nothing makes up for it.
fn drained() -> Study {
    let non_negativity = InflowNonNegativity::None;
    let shape = RandomStudy { seed: 500, non_negativity, inflow_variation: 0.2, ..RandomStudy::default() };
    with_noise(&shape.build(), |t, k, noise| {
        if (t, k) == (2, 1) {
            noise[0] = -1e4;
        }
    })
}

#[test]
fn a_stage_problem_that_fails_on_a_rank_is_the_error_of_all() {
    let study = drained();
    let run = |control: Control<'_>| {
        train_recording(&study, &options(3, 6), control, TrainingStart::Fresh).expect_err("no water")
    };
    let alone = run(control(1));
    assert!(matches!(alone, EngineError::StageProblem { .. }), "{alone}");
    for n_ranks in [2, 3, 6] {
        let errors = on_thread_ranks(n_ranks, |rank| run(control_of(rank, 1)));
        assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
        let EngineError::StageProblem { stage_id, dump, .. } = &errors[0] else { panic!("{}", errors[0]) };
        let EngineError::StageProblem { stage_id: expected, .. } = &alone else { panic!("{alone}") };
        assert_eq!(stage_id, expected);
        assert!(dump.to_lowercase().contains("subject to"), "the problem came without its text: {dump:?}");
    }
}

#[test]
fn options_that_are_refused_are_refused_on_all_ranks() {
    let study = &studies()[0];
    let ended = on_thread_ranks(2, |rank| {
        train_recording(study, &options(3, 0), control_of(rank, 1), TrainingStart::Fresh).expect_err("no trajectory")
    });
    assert!(matches!(ended[0], EngineError::Options { option: "forward_passes", .. }), "{ended:?}");
    assert!(ended[1].to_string().contains("trajectory"), "{ended:?}");
}

#[test]
fn an_observer_that_fails_ends_training_on_all_ranks() {
    let study = &studies()[0];
    // In the middle, and at the last iteration.
    for fails_at in [1, 2, 4] {
        let ends = on_thread_ranks(3, |rank| {
            let mut observer = |record: &IterationRecord, _: &TrainingSnapshot<'_>| {
                if record.iteration == fails_at { Err("disk full".to_owned()) } else { Ok(()) }
            };
            train(study, &options(4, 4), control_of(rank, 1), TrainingStart::Fresh, &mut observer)
        });
        assert!(matches!(&ends[0], Err(TrainingError::Observer(error)) if error == "disk full"), "{:?}", ends[0]);
        for end in &ends[1..] {
            let Err(TrainingError::Engine(EngineError::OtherRank { rank: 0, .. })) = end else { panic!("{end:?}") };
        }
    }
}

fn simulation_options(n_scenarios: usize, bucket_size: usize) -> SimulationOptions {
    SimulationOptions { n_scenarios, bucket_size, seed: 11 }
}

fn trained() -> (Study, TrainingResult) {
    let study = studies()[1].clone();
    let result = train_recording(&study, &options(5, 3), control(1), TrainingStart::Fresh).expect("training").0;
    (study, result)
}

#[test]
fn simulation_does_not_depend_on_ranks() {
    let (study, trained) = trained();
    let policy = &trained.state.policy;
    let options = simulation_options(150, 20);
    let mut whole = Outcomes::default();
    let alone = simulate(&study, policy, &options, control(1), &[], &mut whole, &mut |_| {}).expect("simulation");
    let costs = whole.scenario_costs();
    for n_earlier in [0, 40, 140, 150] {
        for (n_ranks, n_threads) in WORLDS {
            let what = format!("{n_ranks} ranks with {n_threads} threads, {n_earlier} scenarios before");
            let all: Vec<(SimulationResult, Outcomes, Vec<usize>)> = on_thread_ranks(n_ranks, |rank| {
                let (mut outcomes, mut done) = (Outcomes::default(), Vec::new());
                let control = control_of(rank, n_threads);
                let result =
                    simulate(&study, policy, &options, control, &costs[..n_earlier], &mut outcomes, &mut |n| {
                        done.push(n);
                    });
                (result.expect("simulation"), outcomes, done)
            });
            let mut found = Outcomes::default();
            for (rank, (result, outcomes, done)) in all.into_iter().enumerate() {
                assert_eq!(result.mean_cost.to_bits(), alone.mean_cost.to_bits(), "{what}");
                assert_eq!(result.std_cost.map(f64::to_bits), alone.std_cost.map(f64::to_bits), "{what}");
                assert_eq!((result.n_scenarios, result.stopped), (150, false), "{what}");
                assert!(n_earlier > 0 || result.solver == alone.solver, "{what}: work");
                assert!(done.is_sorted() && done.last().is_none_or(|&last| last == 150), "{what}: {done:?}");
                for (bucket, _) in &outcomes.costs {
                    assert_eq!((bucket.index - n_earlier / 20) % n_ranks, rank, "{what}: bucket {}", bucket.index);
                }
                found.stages.extend(outcomes.stages);
                found.costs.extend(outcomes.costs);
            }
            found.stages.sort_by_key(|(bucket, stage, _)| (bucket.index, *stage));
            found.costs.sort_by_key(|(bucket, _)| bucket.index);
            let n_buckets = n_earlier / 20 + usize::from(n_earlier == 150);
            assert!(found.costs == whole.costs[n_buckets..], "{what}: costs");
            assert!(found.stages == whole.stages[n_buckets * study.system.n_stages()..], "{what}: outcomes");
        }
    }
}

#[test]
fn a_request_to_one_rank_ends_simulation_on_all_after_a_round() {
    let (study, trained) = trained();
    for asked in 0..3 {
        let done_before = AtomicU32::new(0);
        let results = on_thread_ranks(3, |rank| {
            let is_asked = rank.rank() == asked;
            let stop = || is_asked && done_before.load(Ordering::Relaxed) > 0;
            let control = Control { stop_requested: &stop, ..control_of(rank, 1) };
            let options = simulation_options(100, 2);
            let mut first = |n: usize| {
                if is_asked {
                    done_before.store(n as u32, Ordering::Relaxed);
                }
            };
            let policy = &trained.state.policy;
            simulate(&study, policy, &options, control, &[], &mut Outcomes::default(), &mut first).expect("no error")
        });
        for result in &results {
            assert_eq!((result.stopped, result.n_scenarios), (true, 12), "rank {asked} was asked in the second round");
        }
    }
}

/// Reports every bucket it was given, keeps the reports of all ranks, and fails where it is told to.
#[derive(Default)]
struct Reporting {
    new: Vec<u8>,
    received: Vec<(usize, Vec<u8>)>,
    fails_at_bucket: Option<usize>,
    fails_at_report: Option<u8>,
}

impl OutcomeSink for Reporting {
    type Error = String;

    fn write_stage(&mut self, _: Bucket, _: usize, _: Vec<StageOutcome>) -> Result<(), String> {
        Ok(())
    }

    fn finish_bucket(&mut self, bucket: Bucket, _: &[f64]) -> Result<(), String> {
        self.new.push(bucket.index as u8);
        if self.fails_at_bucket == Some(bucket.index) { Err("disk full".into()) } else { Ok(()) }
    }

    fn take_report(&mut self) -> Result<Vec<u8>, String> {
        Ok(std::mem::take(&mut self.new))
    }

    fn receive_report(&mut self, rank: usize, report: &[u8]) -> Result<(), String> {
        self.received.push((rank, report.to_vec()));
        if self.fails_at_report.is_some_and(|at| report.contains(&at)) { Err("no commit".into()) } else { Ok(()) }
    }
}

#[test]
fn reports_of_all_ranks_come_in_the_order_of_the_buckets() {
    let (study, trained) = trained();
    let received = on_thread_ranks(3, |rank| {
        let (mut sink, options) = (Reporting::default(), simulation_options(25, 5));
        let policy = &trained.state.policy;
        simulate(&study, policy, &options, control_of(rank, 1), &[], &mut sink, &mut |_| {}).expect("simulation");
        sink.received
    });
    let expected = [(0, vec![0]), (1, vec![1]), (2, vec![2]), (0, vec![3]), (1, vec![4]), (2, vec![])];
    assert!(received.iter().all(|received| *received == expected), "{received:?}");
}

#[test]
fn a_sink_that_fails_ends_simulation_on_all_ranks() {
    let (study, trained) = trained();
    // Bucket 4 of rank 1, and a report to it; bucket 9 in the last round, which has no bucket for ranks 1 and 2.
    let cases = [(1, Some(4), None), (1, None, Some(4)), (0, Some(9), None), (1, None, Some(9))];
    for (failing, bucket, report) in cases {
        let ends = on_thread_ranks(3, |rank| {
            let fails = rank.rank() == failing;
            let mut sink = Reporting {
                fails_at_bucket: bucket.filter(|_| fails),
                fails_at_report: report.filter(|_| fails),
                ..Reporting::default()
            };
            let (policy, options) = (&trained.state.policy, simulation_options(50, 5));
            simulate(&study, policy, &options, control_of(rank, 1), &[], &mut sink, &mut |_| {})
        });
        let text = if bucket.is_some() { "disk full" } else { "no commit" };
        for (rank, end) in ends.iter().enumerate() {
            match end {
                Err(SimulationError::Sink(error)) => assert_eq!((rank, error.as_str()), (failing, text)),
                Err(SimulationError::Engine(EngineError::OtherRank { rank: of, message })) => {
                    assert_eq!((*of, message.as_str()), (failing, text));
                    assert_ne!(rank, failing);
                }
                other => panic!("rank {rank}: {other:?}"),
            }
        }
    }
}
