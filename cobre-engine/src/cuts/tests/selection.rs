//! What selection keeps, judged by evaluating every active cut at every point.

use proptest::prelude::*;

use crate::cuts::{
    CutOrigin, CutPool, CutSelection, SelectionMethod, SelectionRule, Standings, VisitedStates, evicted,
};
use crate::error::EngineError;

const DIMENSION: usize = 3;

const LEVEL_1: SelectionMethod = SelectionMethod::Level1 { tie_tolerance: 1e-10 };
const ONE_EACH: SelectionMethod = SelectionMethod::LimitedMemoryLevel1 { tie_tolerance: 1e-10 };
const DOMINATION: SelectionMethod = SelectionMethod::Domination { domination_tolerance: 1.5 };

/// An iteration: new cuts with their intercepts, and the points visited.
#[derive(Debug, Clone)]
struct Step {
    cuts: Vec<(i32, [i32; DIMENSION])>,
    points: Vec<[i32; DIMENSION]>,
    is_check: bool,
    cap: Option<u32>,
}

/// Small whole numbers: their products are exact, ties and parallel cuts are frequent.
fn steps(caps: bool) -> impl Strategy<Value = Vec<Step>> {
    let cut = (-6..6, prop::array::uniform3(-2..3));
    let cap = if caps { prop::option::of(2u32..12).boxed() } else { Just(None).boxed() };
    let step = (
        prop::collection::vec(cut, 1..5),
        prop::collection::vec(prop::array::uniform3(-3..4), 1..5),
        any::<bool>(),
        cap,
    )
        .prop_map(|(cuts, points, is_check, cap)| Step { cuts, points, is_check, cap });
    prop::collection::vec(step, 1..14)
}

fn numbers(values: [i32; DIMENSION]) -> Vec<f64> {
    values.into_iter().map(f64::from).collect()
}

fn margin(method: SelectionMethod, best: f64) -> f64 {
    match method {
        SelectionMethod::Domination { domination_tolerance } => domination_tolerance,
        SelectionMethod::Level1 { tie_tolerance } | SelectionMethod::LimitedMemoryLevel1 { tie_tolerance } => {
            tie_tolerance * best.abs().max(1.0)
        }
    }
}

/// The active cuts with their values at a point.
fn values(pool: &CutPool, point: &[f64]) -> Vec<(f64, u32)> {
    let mut values = Vec::new();
    pool.evaluate(point, &mut values);
    (0..pool.len() as u32).filter(|&id| pool.is_active(id)).map(|id| (values[id as usize], id)).collect()
}

fn best(pool: &CutPool, point: &[f64]) -> f64 {
    values(pool, point).into_iter().map(|(value, _)| value).fold(f64::NEG_INFINITY, f64::max)
}

/// The active cuts that are within the margin of the highest at some point.
fn near_somewhere(method: SelectionMethod, pool: &CutPool, points: &[Vec<f64>]) -> Vec<u32> {
    let is_near = |id: &u32| {
        points.iter().any(|point| {
            let best = best(pool, point);
            values(pool, point).iter().any(|&(value, other)| other == *id && value >= best - margin(method, best))
        })
    };
    pool.active_ids().iter().copied().filter(is_near).collect()
}

struct Run {
    pool: CutPool,
    standings: Standings,
    points: Vec<Vec<f64>>,
}

impl Run {
    fn new(method: SelectionMethod) -> Self {
        let (pool, points) = (CutPool::new(DIMENSION), Vec::new());
        Self { pool, standings: Standings::new(method, DIMENSION), points }
    }

    /// Adds the cuts and points of an iteration.
    fn take(&mut self, iteration: u32, step: &Step) {
        for (m, &(intercept, slopes)) in step.cuts.iter().enumerate() {
            let origin = CutOrigin { iteration, trajectory: m as u32 };
            self.pool.add(f64::from(intercept), &numbers(slopes), origin);
        }
        let points: Vec<Vec<f64>> = step.points.iter().map(|&point| numbers(point)).collect();
        self.standings.update(&self.pool, &points);
        self.points.extend(points);
    }

    /// Ends an iteration as training does; returns the cuts that a method made leave.
    fn select(&mut self, iteration: u32, step: &Step) -> Vec<u32> {
        let rejected = if step.is_check { self.standings.rejected(&self.pool) } else { Vec::new() };
        self.pool.deactivate(&rejected);
        if let Some(cap) = step.cap {
            let evicted = evicted(&self.pool, cap, iteration);
            self.pool.deactivate(&evicted);
        }
        self.standings.note_deactivated(&self.pool);
        rejected
    }
}

proptest! {
    #[test]
    fn what_is_kept_is_what_all_cuts_and_points_say(
        steps in steps(true),
        method in prop_oneof![Just(LEVEL_1), Just(DOMINATION)],
    ) {
        let mut run = Run::new(method);
        for (step, iteration) in steps.iter().zip(1..) {
            run.take(iteration, step);
            let kept = near_somewhere(method, &run.pool, &run.points);
            let before: Vec<f64> = run.points.iter().map(|point| best(&run.pool, point)).collect();
            let rejected = run.standings.rejected(&run.pool);
            let stays: Vec<u32> =
                run.pool.active_ids().iter().copied().filter(|id| !rejected.contains(id)).collect();
            prop_assert_eq!(stays, kept, "iteration {}", iteration);
            run.select(iteration, &Step { cap: None, ..step.clone() });
            for (point, before) in run.points.iter().zip(before) {
                prop_assert_eq!(best(&run.pool, point), before);
            }
            run.select(iteration, &Step { is_check: false, ..step.clone() });
        }
    }

    #[test]
    fn a_point_keeps_the_oldest_of_equals(steps in steps(true)) {
        let mut run = Run::new(ONE_EACH);
        for (step, iteration) in steps.iter().zip(1..) {
            run.take(iteration, step);
            let before: Vec<f64> = run.points.iter().map(|point| best(&run.pool, point)).collect();
            let first = run.points.len() - step.points.len();
            for (point, &cut) in run.points.iter().zip(run.standings.visited().cuts()).skip(first) {
                let values = values(&run.pool, point);
                let limit = best(&run.pool, point) - margin(ONE_EACH, best(&run.pool, point));
                prop_assert_eq!(values.iter().find(|(value, _)| *value >= limit).map(|(_, id)| *id), Some(cut));
            }
            run.select(iteration, &Step { cap: None, ..step.clone() });
            let mut kept = run.standings.visited().cuts().to_vec();
            kept.sort_unstable();
            kept.dedup();
            if step.is_check {
                prop_assert_eq!(run.pool.active_ids(), kept);
            }
            for (point, before) in run.points.iter().zip(before) {
                prop_assert!(best(&run.pool, point) >= before - margin(ONE_EACH, before));
            }
            run.select(iteration, &Step { is_check: false, ..step.clone() });
        }
    }

    #[test]
    fn a_cut_takes_over_a_point_only_when_it_is_higher(steps in steps(false)) {
        // Points and cuts as they come, one cut per point: what the method says, word for word.
        let mut run = Run::new(ONE_EACH);
        let mut holders: Vec<(f64, u32)> = Vec::new();
        for (step, iteration) in steps.iter().zip(1..) {
            let (n_cuts, n_points) = (run.pool.len(), run.points.len());
            // Slopes of their own, so that no cut replaces another.
            let intercepts = step.cuts.iter().map(|cut| cut.0);
            let slope = |i: usize| [iteration as i32, i as i32, (iteration as i32 * 7 + i as i32) % 5];
            let cuts = intercepts.enumerate().map(|(i, intercept)| (intercept, slope(i))).collect();
            run.take(iteration, &Step { cuts, ..step.clone() });
            for (holder, point) in holders.iter_mut().zip(&run.points) {
                for (value, id) in values(&run.pool, point).into_iter().filter(|(_, id)| *id as usize >= n_cuts) {
                    if value > holder.0 + margin(ONE_EACH, value) {
                        *holder = (value, id);
                    }
                }
            }
            for point in &run.points[n_points..] {
                let best = best(&run.pool, point);
                let oldest = values(&run.pool, point).into_iter().find(|(value, _)| *value == best);
                holders.extend(oldest);
            }
            let ids: Vec<u32> = holders.iter().map(|holder| holder.1).collect();
            prop_assert_eq!(run.standings.visited().cuts(), &ids[..]);
            run.select(iteration, step);
        }
    }

    #[test]
    fn what_is_remembered_can_be_stored(
        steps in steps(true),
        method in prop_oneof![Just(LEVEL_1), Just(ONE_EACH), Just(DOMINATION)],
        shift in 0.0..1.0f64,
    ) {
        let mut run = Run::new(method);
        for (step, iteration) in steps.iter().zip(1..) {
            run.take(iteration, step);
            run.select(iteration, step);
            // Numbers that are rounded, so that the bits tell in which order they were added.
            run.pool.add(shift, &[shift / 3.0, -shift * 0.7, 1.0 / (3.0 + shift)], CutOrigin::GIVEN);
            run.standings.update(&run.pool, &[vec![shift * 1.7, shift + 0.1, -shift / 0.3]]);
            let visited = run.standings.visited();
            let mut stored = VisitedStates::new(DIMENSION);
            for (i, &cut) in visited.cuts().iter().enumerate() {
                stored.push(&visited.state(i).collect::<Vec<_>>(), cut);
            }
            let again = Standings::resume(method, stored, &run.pool).expect("active cuts");
            prop_assert_eq!(&again, &run.standings, "iteration {}", iteration);
        }
    }
}

#[test]
fn a_point_that_names_an_inactive_cut_is_refused() {
    let mut pool = CutPool::new(1);
    pool.add(1.0, &[0.0], CutOrigin::GIVEN);
    pool.add(1.0, &[1.0], CutOrigin::GIVEN);
    pool.deactivate(&[0]);
    for (cut, is_known) in [(0, false), (1, true), (2, false)] {
        let mut visited = VisitedStates::new(1);
        visited.push(&[0.5], cut);
        assert_eq!(Standings::resume(ONE_EACH, visited, &pool).is_some(), is_known, "cut {cut}");
    }
}

#[test]
fn given_cuts_are_not_judged() {
    let mut pool = CutPool::new(1);
    pool.add(-100.0, &[0.0], CutOrigin::GIVEN);
    for (intercept, trajectory) in [(-50.0, 0), (1.0, 1)] {
        pool.add(intercept, &[0.5], CutOrigin { iteration: 1, trajectory });
    }
    pool.add(-60.0, &[-0.5], CutOrigin { iteration: 1, trajectory: 2 });
    let mut standings = Standings::new(LEVEL_1, 1);
    standings.update(&pool, &[vec![1.0]]);
    assert_eq!(standings.rejected(&pool), [3]);
}

#[test]
fn a_cap_evicts_what_was_binding_longest_ago() {
    let mut pool = CutPool::new(1);
    for i in 0..6u32 {
        pool.add(1.0, &[f64::from(i)], CutOrigin { iteration: 1 + i / 2, trajectory: i % 2 });
    }
    pool.count_binding(3, &[(0, 1)]);
    pool.count_binding(2, &[(1, 9)]);
    // Cut 1 was binding in iteration 2, cuts 2 and 3 are of it, cut 0 was binding in iteration 3; 4 and 5 are new.
    assert_eq!(evicted(&pool, 6, 3), [0u32; 0]);
    assert_eq!(evicted(&pool, 5, 3), [1]);
    assert_eq!(evicted(&pool, 3, 3), [1, 2, 3]);
    assert_eq!(evicted(&pool, 1, 3), [1, 2, 3, 0]);
    pool.deactivate(&[1]);
    assert_eq!(evicted(&pool, 4, 3), [2]);
}

#[test]
fn settings_without_a_meaning_are_refused() {
    let rule = |method, check_frequency| CutSelection {
        rule: Some(SelectionRule { method, check_frequency }),
        ..CutSelection::default()
    };
    let bad = [
        (CutSelection { row_activity_tolerance: -1.0, ..CutSelection::default() }, "dual"),
        (CutSelection { row_activity_tolerance: f64::NAN, ..CutSelection::default() }, "dual"),
        (CutSelection { max_active_per_stage: Some(0), ..CutSelection::default() }, "cap"),
        (rule(LEVEL_1, 0), "iteration"),
        (rule(SelectionMethod::Level1 { tie_tolerance: -1e-9 }, 1), "tolerance"),
        (rule(SelectionMethod::LimitedMemoryLevel1 { tie_tolerance: f64::INFINITY }, 1), "tolerance"),
        (rule(SelectionMethod::Domination { domination_tolerance: f64::NAN }, 1), "tolerance"),
    ];
    for (selection, word) in bad {
        let Err(EngineError::Options { option, message }) = selection.check() else { panic!("{selection:?}") };
        assert!(option == "cut_selection" && message.contains(word), "{message}");
    }
    for method in [LEVEL_1, ONE_EACH, DOMINATION] {
        assert_eq!(rule(method, 5).check(), Ok(()));
    }
}
