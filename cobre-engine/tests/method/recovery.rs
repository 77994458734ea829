//! Solves that need the recovery ladder: the step that helped is counted, and results stay what they are.

use std::sync::Arc;

use cobre_engine::sddp::{Control, RETRY_LEVELS, SolverStatistics, TrainingStart};
use cobre_engine::solver::certificate::Certificate;
use cobre_engine::solver::{Basis, CutRow, Highs, LpModel, LpSolution, LpSolver, LpStatus};
use cobre_engine::test_models::RandomStudy;
use cobre_engine::{EngineError, Study};

use crate::setting::{control, options, train_recording, train_with};

const GAVE_UP: LpStatus = LpStatus::Failed(-9);

/// HiGHS that gives up every fifth solve until the step of the ladder whose turn it is.
struct Reluctant {
    inner: Highs,
    n_solves: u32,
    /// Number of steps that take turns; beyond [`RETRY_LEVELS`] some never help.
    n_levels: u32,
}

impl Reluctant {
    fn helpful_step(&self) -> u32 {
        self.n_solves / 5 % self.n_levels
    }
}

impl LpSolver for Reluctant {
    fn name(&self) -> &'static str {
        "reluctant"
    }
    fn model(&self) -> &Arc<LpModel> {
        self.inner.model()
    }
    fn load(&mut self, model: &Arc<LpModel>, cuts: &[CutRow], basis: Option<&Basis>) {
        self.inner.load(model, cuts, basis);
    }
    fn add_cut_rows(&mut self, cuts: &[CutRow]) {
        self.inner.add_cut_rows(cuts);
    }
    fn solve(&mut self, rhs: &[f64], cut_rhs: &[f64]) -> LpStatus {
        let status = self.inner.solve(rhs, cut_rhs);
        self.n_solves += 1;
        if self.n_solves.is_multiple_of(5) { GAVE_UP } else { status }
    }
    fn recover(&mut self, attempt: u32) -> Option<LpStatus> {
        let status = self.inner.recover(attempt)?;
        Some(if attempt == self.helpful_step() { status } else { GAVE_UP })
    }
    fn solution(&self) -> &LpSolution {
        self.inner.solution()
    }
    fn take_iterations(&mut self) -> u64 {
        self.inner.take_iterations()
    }
    fn complete_solution(&mut self) -> &LpSolution {
        self.inner.complete_solution()
    }
    fn certify(&mut self, cuts: &[CutRow], rhs: &[f64], cut_rhs: &[f64]) -> Certificate {
        self.inner.certify(cuts, rhs, cut_rhs)
    }
    fn write_basis(&self, basis: &mut Basis) {
        self.inner.write_basis(basis);
    }
    fn dump(&self) -> String {
        self.inner.dump()
    }
}

fn study() -> Study {
    RandomStudy { seed: 860, ar_order: 1, n_blocks: 2, ..RandomStudy::default() }.build()
}

#[test]
fn the_step_that_solved_a_problem_is_counted() {
    let study = study();
    let make = || -> Box<dyn LpSolver> { Box::new(Reluctant { inner: Highs::new(), n_solves: 0, n_levels: 4 }) };
    let control = Control { make_solver: &make, ..control(1) };
    let (result, records) =
        train_recording(&study, &options(40, 3), control, TrainingStart::Fresh).expect("every solve can be recovered");
    let (plain, plain_records) = train_with(&study, 40, 3, 1).expect("training");
    let (bound, expected) = (result.lower_bound, plain.lower_bound);
    // A problem that is solved in another way may end at other optimal duals, and so with another cut: the bounds meet once
    // they have converged.
    assert!((bound - expected).abs() < 1e-9 * expected.abs(), "{bound} is not {expected}");
    let mut total = SolverStatistics::default();
    for (_, _, work) in records.iter().flat_map(|record| &record.solver) {
        assert_eq!(work.retries, work.retries_by_level.iter().sum::<u64>());
        total.add(work);
    }
    assert!(total.retries_by_level.iter().all(|count| *count > 0), "{:?}", total.retries_by_level);
    let steps: u64 = total.retries_by_level.iter().zip(1..).map(|(count, steps)| steps * count).sum();
    // Some problems need the ladder again, after cuts were added.
    assert!(total.retry_attempts >= steps, "{} attempts, {steps} steps", total.retry_attempts);
    for (_, _, work) in plain_records.iter().flat_map(|record| &record.solver) {
        assert_eq!((work.retries, work.retries_by_level), (0, [0; RETRY_LEVELS]));
    }
}

#[test]
fn a_solve_that_no_step_helps_is_an_error() {
    let make = || -> Box<dyn LpSolver> {
        Box::new(Reluctant { inner: Highs::new(), n_solves: 0, n_levels: RETRY_LEVELS as u32 + 1 })
    };
    let control = Control { make_solver: &make, ..control(1) };
    let ended = train_recording(&study(), &options(4, 3), control, TrainingStart::Fresh);
    let Err(EngineError::StageProblem { status, dump, .. }) = ended else { panic!("expected a failure: {ended:?}") };
    assert_eq!(status, GAVE_UP);
    assert!(dump.contains("minimize") || dump.contains("Minimize"), "{dump}");
}
