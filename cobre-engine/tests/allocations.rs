//! A chain of solves allocates nothing once its like has been solved, and a training little beside its solves.
//!
//! The allocator of this program counts, per thread, what is asked of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::convert::Infallible;
use std::sync::Arc;

use cobre_engine::comm::Local;
use cobre_engine::cuts::CutSelection;
use cobre_engine::sddp::{
    Control, IterationRecord, Phase, StoppingMode, StoppingRule, TrainingOptions, TrainingSnapshot, TrainingStart,
    train,
};
use cobre_engine::solver::{Basis, CutRow, CutSource, DualSimplex, LpSolver, LpStatus};
use cobre_engine::test_models::{RandomLp, RandomLpSize, RandomStudy};

thread_local! {
    /// Allocations and reallocations of this thread. Constant and without a destructor, so that to count is not to
    /// allocate.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn count() {
    // A thread that is ending has no counter, and nobody who reads it.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

#[allow(unsafe_code)]
// SAFETY: every call is handed to the system's allocator as it came, and what that answers is handed back.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`, which is that of `System`.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the layout is the caller's.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc_zeroed`, which is that of `System`.
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the layout is the caller's.
        unsafe { System.alloc_zeroed(layout) }
    }

    // SAFETY: the caller keeps the contract of `GlobalAlloc::realloc`, which is that of `System`.
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: all blocks are the system's, and block, layout and size are the caller's.
        unsafe { System.realloc(block, layout, size) }
    }

    // SAFETY: the caller keeps the contract of `GlobalAlloc::dealloc`, which is that of `System`.
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: all blocks are the system's, and block and layout are the caller's.
        unsafe { System.dealloc(block, layout) }
    }
}

/// How often this thread has asked for memory so far.
fn allocations() -> u64 {
    ALLOCATIONS.with(Cell::get)
}

/// Gives out the most violated of its cuts, one by one.
struct Cuts<'a> {
    rows: &'a [CutRow],
    rhs: &'a [f64],
}

impl CutSource for Cuts<'_> {
    fn separate(&mut self, state: &[f64], theta: f64) -> (&[CutRow], &[f64]) {
        let height =
            |i: usize| self.rows[i].coefficients.iter().zip(state).fold(self.rhs[i], |sum, (beta, x)| sum + beta * x);
        let highest = (0..self.rows.len()).map(|i| (height(i), i)).max_by(|a, b| a.0.total_cmp(&b.0));
        match highest.filter(|&(value, _)| value > theta + 1e-7 * theta.abs().max(1.0)) {
            Some((_, i)) => (&self.rows[i..=i], &self.rhs[i..=i]),
            None => (&[], &[]),
        }
    }
}

/// A stage problem, its right-hand sides by trial point and opening, and the basis of every trial point.
struct Stage {
    lp: RandomLp,
    points: Vec<(Vec<Vec<f64>>, Basis)>,
}

impl Stage {
    fn new(seed: u64, size: RandomLpSize) -> Self {
        let lp = RandomLp::new(seed, size);
        let openings = |point| (0..10).map(|opening| lp.rhs(point, opening)).collect();
        let points = (0..20).map(|point| (openings(point), Basis::default())).collect();
        Self { lp, points }
    }

    /// One pass over all trial points: a chain of openings each, half of the cuts given, the rest looked for.
    fn pass(&mut self, solver: &mut DualSimplex, is_first: bool) -> u64 {
        let given = self.lp.cuts.len() / 2;
        let (rows, rest) = self.lp.cuts.split_at(given);
        let (rhs, rest_rhs) = self.lp.cut_rhs.split_at(given);
        let mut n_solves = 0;
        for (openings, basis) in &mut self.points {
            solver.load(&self.lp.model, rows, (!is_first).then_some(basis));
            let mut source = Cuts { rows: rest, rhs: rest_rhs };
            for opening in openings.iter() {
                // Cuts found on the way are those of one solve; the next begins with those given.
                let status = solver.solve(opening, rhs);
                assert_eq!(status, LpStatus::Optimal);
                assert!(solver.certify(&[], &[], &[]).holds(1e-7));
                n_solves += 1;
            }
            let status = solver.solve_lazily(&openings[0], rhs, &mut source);
            assert_eq!(status, LpStatus::Optimal);
            assert!(!solver.complete_solution().segments.is_empty());
            n_solves += 1;
            if is_first {
                solver.write_basis(basis);
            }
        }
        n_solves
    }
}

#[test]
fn chains_that_were_solved_before_allocate_nothing() {
    let sizes = [
        RandomLpSize::SMALL,
        RandomLpSize { n_hydros: 40, n_buses: 6, n_blocks: 3, n_thermals: 6, n_cuts: 60 },
        RandomLpSize { n_hydros: 3, n_buses: 1, n_blocks: 1, n_thermals: 4, n_cuts: 0 },
    ];
    let mut stages: Vec<Stage> = sizes.into_iter().enumerate().map(|(i, size)| Stage::new(i as u64, size)).collect();
    let mut solver = DualSimplex::new();
    for stage in &mut stages {
        stage.pass(&mut solver, true);
        stage.pass(&mut solver, false);
    }
    let before = allocations();
    let mut n_solves = 0;
    for stage in &mut stages {
        n_solves += stage.pass(&mut solver, false);
    }
    let n_allocations = allocations() - before;
    assert_eq!(n_solves, 3 * 20 * 11);
    assert_eq!(n_allocations, 0, "{n_allocations} allocations in {n_solves} solves");
}

/// Allocations and stage problems solved in a training of so many iterations, on this thread.
fn count_training(study: &cobre_engine::Study, iterations: u32) -> (u64, u64) {
    let options = TrainingOptions {
        forward_passes: 6,
        stopping_rules: vec![StoppingRule::IterationLimit { limit: iterations }],
        stopping_mode: StoppingMode::Any,
        seed: 3,
        cut_selection: CutSelection::default(),
    };
    let control = Control {
        n_threads: 1,
        make_solver: &|| Box::new(DualSimplex::new()),
        clock: &|| 0.0,
        stop_requested: &|| false,
        communicator: &Local,
    };
    let mut n_solves = 0;
    let mut observer = |record: &IterationRecord, _: &TrainingSnapshot<'_>| -> Result<(), Infallible> {
        let phases = [Phase::Forward, Phase::Backward, Phase::LowerBound];
        n_solves += phases.into_iter().map(|phase| record.phase_statistics(phase).lp_solves).sum::<u64>();
        Ok(())
    };
    let before = allocations();
    train(study, &options, control, TrainingStart::Fresh, &mut observer).expect("training");
    (allocations() - before, n_solves)
}

#[test]
fn further_openings_of_a_trial_point_allocate_nothing() {
    let of_iterations = |n_openings| {
        let study =
            RandomStudy { n_hydros: 5, n_stages: 6, n_openings, n_blocks: 2, ar_order: 1, ..Default::default() };
        let study = study.build();
        let (short, long) = (count_training(&study, 40), count_training(&study, 80));
        (long.0 - short.0, long.1 - short.1)
    };
    let (few, many) = (of_iterations(12), of_iterations(36));
    println!("{} allocations in {} solves, {} in {}", few.0, few.1, many.0, many.1);
    let n_solves = many.1 - few.1;
    assert!(n_solves > 10_000, "{n_solves} further solves");
    // What a trajectory keeps of a stage is shared by its openings; the list of binding cuts is a little longer.
    let per_solve = many.0.saturating_sub(few.0) as f64 / n_solves as f64;
    assert!(per_solve < 0.1, "{per_solve:.4} allocations per further solve");
    assert!(few.0 as f64 / (few.1 as f64) < 1.0, "{} allocations in {} solves", few.0, few.1);
}

#[test]
fn what_is_allocated_is_counted() {
    let before = allocations();
    let kept = (Arc::new(1), vec![0u8; 100]);
    assert_eq!(allocations() - before, 2);
    assert_eq!((*kept.0, kept.1.len()), (1, 100));
}
