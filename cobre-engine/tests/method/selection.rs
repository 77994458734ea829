//! Cut selection: bounds stay, bits stay, and what is asked for is done.

use cobre_engine::EngineError;
use cobre_engine::comm::{ThreadRank, on_thread_ranks};
use cobre_engine::cuts::{CutPool, CutSelection, SelectionMethod, SelectionRule, StoredCut};
use cobre_engine::sddp::{Control, StageSelection, TrainingOptions, TrainingStart, TrainingState};
use cobre_engine::test_models::RandomStudy;

use crate::determinism::{cut_bits, studies};
use crate::setting::{control, make_judge, options, train_keeping, train_recording};

const LEVEL_1: SelectionMethod = SelectionMethod::Level1 { tie_tolerance: 1e-10 };
const ONE_EACH: SelectionMethod = SelectionMethod::LimitedMemoryLevel1 { tie_tolerance: 1e-10 };
const DOMINATION: SelectionMethod = SelectionMethod::Domination { domination_tolerance: 1.0 };

fn by(method: SelectionMethod, check_frequency: u32) -> CutSelection {
    CutSelection { rule: Some(SelectionRule { method, check_frequency }), ..CutSelection::default() }
}

/// Every method, a cap, and both together.
fn selections() -> [CutSelection; 5] {
    let capped = CutSelection { max_active_per_stage: Some(9), ..CutSelection::default() };
    [
        by(LEVEL_1, 1),
        by(ONE_EACH, 2),
        by(DOMINATION, 3),
        capped,
        CutSelection { max_active_per_stage: Some(8), row_activity_tolerance: 1e-3, ..by(ONE_EACH, 2) },
    ]
}

fn selecting(n_iterations: u32, forward_passes: usize, cut_selection: CutSelection) -> TrainingOptions {
    TrainingOptions { cut_selection, ..options(n_iterations, forward_passes) }
}

#[test]
fn converged_bounds_are_those_without_selection() {
    let shape = |seed, ar_order| RandomStudy { seed, ar_order, n_stages: 4, ..RandomStudy::default() };
    for (seed, ar_order) in [(820, 0), (821, 1)] {
        let study = shape(seed, ar_order).build();
        let bound = |cut_selection| {
            let options = selecting(80, 4, cut_selection);
            let (result, records) =
                train_recording(&study, &options, control(1), TrainingStart::Fresh).expect("training");
            (result.lower_bound, result.state.policy.n_active_cuts(), records)
        };
        let (expected, n_all, _) = bound(CutSelection::default());
        for method in [LEVEL_1, ONE_EACH, DOMINATION] {
            for check_frequency in [1, 5] {
                let what = format!("study {seed}, {method:?} every {check_frequency}");
                let (found, n_active, records) = bound(by(method, check_frequency));
                assert!((found - expected).abs() <= 1e-6 * expected.abs(), "{what}: {found}, expected {expected}");
                assert!(n_active < n_all, "{what}: {n_active} active cuts of {n_all}");
                for record in &records {
                    let n_out: u32 = record.selection.iter().map(|stage| stage.n_deactivated).sum();
                    let is_check = record.iteration % check_frequency == 0;
                    assert!(is_check || n_out == 0, "{what}: {n_out} cuts left after iteration {}", record.iteration);
                }
            }
        }
    }
}

#[test]
fn cuts_that_come_and_go_add_up() {
    for (study, selection) in studies().iter().zip([selections()[1], selections()[4]]) {
        let options = selecting(12, 3, selection);
        let (_, records, states) = train_keeping(study, &options, control(1), TrainingStart::Fresh);
        let mut n_active = 0;
        for (record, state) in records.iter().zip(&states) {
            n_active = n_active + u64::from(record.cuts_added) - u64::from(record.cuts_removed);
            assert_eq!((record.cuts_active, state.policy.n_active_cuts()), (n_active, n_active));
            let n_stages = study.system.n_stages() - 1;
            assert_eq!(record.cuts_added as usize, 3 * n_stages);
            assert_eq!(record.selection.len(), n_stages);
            for (t, (selection, pool)) in record.selection.iter().zip(&state.policy.pools).enumerate() {
                let n_after = selection.n_active_after_cap().unwrap_or(selection.n_active_after());
                assert_eq!((selection.stage, n_after as usize), (t, pool.n_active()));
                assert_eq!(selection.n_cuts as usize, pool.len());
            }
        }
        assert!(records.iter().map(|record| record.cuts_removed).sum::<u32>() > 0);
    }
}

#[test]
fn a_cap_is_kept_and_spares_the_cuts_of_the_iteration() {
    let study = &studies()[0];
    for cap in [2u32, 7] {
        let capped = CutSelection { max_active_per_stage: Some(cap), ..CutSelection::default() };
        let (_, records, states) = train_keeping(study, &selecting(10, 4, capped), control(1), TrainingStart::Fresh);
        let mut n_evicted = 0;
        for (record, state) in records.iter().zip(&states) {
            n_evicted += record.selection.iter().filter_map(|stage| stage.n_evicted).sum::<u32>();
            assert!(state.visited.is_empty(), "a cap asks for no trial points");
            for (t, pool) in state.policy.pools.iter().enumerate() {
                let of_now = |id: &&u32| pool.origin(**id).iteration == record.iteration;
                let n_now = pool.active_ids().iter().filter(of_now).count();
                let n_active = pool.n_active();
                assert!(n_active <= n_now.max(cap as usize), "stage {t}: {n_active} active cuts, {n_now} of now");
                let evicted = |id: u32| !pool.is_active(id) && pool.origin(id).iteration == record.iteration;
                let earlier = states[record.iteration as usize - 1].policy.pools[t].len();
                assert_eq!(earlier, pool.len());
                // What is inactive at once gave way to a parallel cut of the same iteration.
                for id in (0..pool.len() as u32).filter(|&id| evicted(id)) {
                    let is_twin = |other: &u32| *other > id && is_parallel(pool, id, *other);
                    assert!(pool.active_ids().iter().any(is_twin), "stage {t}: cut {id} was evicted at once");
                }
            }
        }
        assert!(n_evicted > 0, "a cap of {cap} evicts something");
    }
}

fn is_parallel(pool: &CutPool, one: u32, other: u32) -> bool {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    pool.write_coefficients(one, &mut first);
    pool.write_coefficients(other, &mut second);
    first.iter().zip(&second).all(|(a, b)| (a - b).abs() <= 1e-9 * a.abs().max(1.0))
}

#[test]
fn the_bits_do_not_depend_on_threads_and_ranks() {
    let study = &studies()[0];
    for selection in selections() {
        let options = selecting(8, 5, selection);
        let (alone, records) = train_recording(study, &options, control(1), TrainingStart::Fresh).expect("training");
        let shared = train_recording(study, &options, control(2), TrainingStart::Fresh).expect("training");
        assert_eq!((&shared.0, &shared.1), (&alone, &records), "{selection:?}: two threads");
        for (n_ranks, n_threads) in [(2, 1), (3, 2)] {
            let all = on_thread_ranks(n_ranks, |rank: &ThreadRank| {
                let control = Control { communicator: rank, ..control(n_threads) };
                train_recording(study, &options, control, TrainingStart::Fresh).expect("training")
            });
            for (rank, (result, of_rank)) in all.iter().enumerate() {
                let what = format!("{selection:?}, rank {rank} of {n_ranks}");
                assert_eq!(cut_bits(&result.state.policy), cut_bits(&alone.state.policy), "{what}: cuts");
                assert!(*result == alone, "{what}: results differ");
                let of_rank: Vec<&Vec<StageSelection>> = of_rank.iter().map(|record| &record.selection).collect();
                let expected: Vec<_> = records.iter().map(|record| &record.selection).collect();
                assert!(rank > 0 || of_rank == expected, "{what}: selections differ");
            }
        }
    }
}

#[test]
fn a_resumed_training_selects_as_one_that_never_stopped() {
    const N: u32 = 8;
    for (i, study) in studies().iter().enumerate() {
        for selection in selections() {
            let options = selecting(N, 3, selection);
            let (straight, records, states) = train_keeping(study, &options, control(1), TrainingStart::Fresh);
            assert!(straight.state.policy.n_active_cuts() < straight.state.policy.n_cuts());
            for k in [1, 3, 4, 7] {
                let what = format!("study {i}, {selection:?}, resumed after {k}");
                let start = TrainingStart::Resume(states[k - 1].clone());
                let (resumed, rest, later) = train_keeping(study, &options, control(2), start);
                assert_eq!(cut_bits(&resumed.state.policy), cut_bits(&straight.state.policy), "{what}: cuts");
                assert!(resumed == straight, "{what}: results differ");
                assert!(rest == records[k..] && later == states[k..], "{what}: records or states differ");
            }
        }
    }
}

#[test]
fn a_resumed_training_needs_its_trial_points() {
    let study = &studies()[0];
    let options = selecting(4, 3, by(LEVEL_1, 2));
    let (_, _, states) = train_keeping(study, &options, control(1), TrainingStart::Fresh);
    let refused = |change: fn(&mut TrainingState)| {
        let mut state = states[1].clone();
        change(&mut state);
        let result = train_recording(study, &options, control(1), TrainingStart::Resume(state));
        let Err(EngineError::Options { option: "resume", message }) = result else { panic!("{result:?}") };
        message
    };
    assert!(refused(|state| state.visited.clear()).contains("trial points of all iterations"));
    assert!(refused(|state| state.visited.swap(0, 3)).contains("needs 6 trial points"));
    let inactive = refused(|state| {
        let pool = &mut state.policy.pools[0];
        let ids = pool.active_ids().to_vec();
        pool.deactivate(&ids);
    });
    assert!(inactive.contains("an inactive cut stands for a trial point"), "{inactive}");
}

#[test]
fn given_cuts_stay_under_a_method() {
    let study = &studies()[0];
    let (given, _) = train_recording(study, &options(8, 3), control(1), TrainingStart::Fresh).expect("training");
    let start = TrainingStart::WarmStart(given.state.policy.clone());
    let (warm, records) =
        train_recording(study, &selecting(3, 2, by(LEVEL_1, 1)), control(1), start).expect("training");
    assert!(records[0].lower_bound >= given.lower_bound - 1e-9 * given.lower_bound.abs());
    for (old, new) in given.state.policy.pools.iter().zip(&warm.state.policy.pools) {
        let left: Vec<u32> = old.active_ids().iter().copied().filter(|&id| !new.is_active(id)).collect();
        for id in left {
            assert!(new.active_ids().iter().any(|&other| is_parallel(new, id, other)), "cut {id} has left");
        }
    }
}

#[test]
fn a_cut_is_binding_when_its_dual_is_above_the_tolerance() {
    let study = &studies()[0];
    let n_binding = |row_activity_tolerance| -> u64 {
        let selection = CutSelection { row_activity_tolerance, ..CutSelection::default() };
        let options = selecting(6, 3, selection);
        let (result, _) = train_recording(study, &options, control(1), TrainingStart::Fresh).expect("training");
        let activities = result.state.policy.pools.iter().flat_map(CutPool::activities);
        activities.map(|activity| activity.times_binding).sum()
    };
    // The duals of a solve sum to at most one.
    let (all, some, none) = (n_binding(0.0), n_binding(0.5), n_binding(1.5));
    assert!(all > some && some > 0 && none == 0, "{all}, {some}, {none}");
}

#[test]
fn bases_that_name_cuts_that_have_left_are_started_from() {
    let study = RandomStudy { seed: 822, ..RandomStudy::default() }.build();
    let options = selecting(60, 4, by(LEVEL_1, 1));
    let bound = |control| {
        let (result, records, states) = train_keeping(&study, &options, control, TrainingStart::Fresh);
        let mut n_gone = 0;
        for state in &states {
            for (basis, pool) in state.trajectory_bases.iter().flat_map(|bases| bases.iter().zip(&state.policy.pools)) {
                let named = basis.iter().flat_map(|basis| &basis.cuts);
                n_gone += named.filter(|&&id| !pool.is_active(id)).count();
            }
        }
        let n_retries: u64 = records.iter().flat_map(|record| &record.solver).map(|(_, _, work)| work.retries).sum();
        (result.lower_bound, n_gone, n_retries)
    };
    let (expected, n_gone, n_retries) = bound(control(1));
    assert!(n_gone > 0, "every cut that a basis names is active");
    assert_eq!(n_retries, 0);
    let (found, n_gone, _) = bound(Control { make_solver: &make_judge, ..control(1) });
    assert!(n_gone > 0 && (found - expected).abs() <= 1e-6 * expected.abs(), "{found}, {expected}");
}

#[test]
fn a_policy_is_made_of_its_active_cuts() {
    let study = &studies()[0];
    let options = selecting(10, 3, by(ONE_EACH, 1));
    let (result, _) = train_recording(study, &options, control(1), TrainingStart::Fresh).expect("training");
    for (pool, visited) in result.state.policy.pools.iter().zip(&result.state.visited) {
        let mut coefficients = Vec::new();
        let rows: Vec<(f64, Vec<f64>)> = pool
            .active_ids()
            .iter()
            .map(|&id| {
                pool.write_coefficients(id, &mut coefficients);
                (pool.intercept(id), coefficients.clone())
            })
            .collect();
        let cuts = rows.iter().map(|(intercept, coefficients)| StoredCut {
            intercept: *intercept,
            coefficients,
            origin: cobre_engine::cuts::CutOrigin::GIVEN,
            activity: cobre_engine::cuts::CutActivity::default(),
            is_active: true,
        });
        let alone = CutPool::from_cuts(pool.dimension(), cuts).expect("the active cuts");
        for point in 0..visited.len() {
            let state: Vec<f64> = visited.state(point).collect();
            assert_eq!(alone.future_cost(&state).to_bits(), pool.future_cost(&state).to_bits());
        }
    }
}
