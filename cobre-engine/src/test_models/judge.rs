use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::solver::certificate::{self, Certificate};
use crate::solver::{Basis, CutRow, CutSource, DualSimplex, Highs, LpModel, LpSolution, LpSolver, LpStatus};

/// Largest relative difference of an objective, and of the bound that a cut is made from at its trial point.
const OBJECTIVE: f64 = 1e-7;
const CUT: f64 = 1e-6;

/// Makes solvers that are dual simplexes of which some problems are solved again by HiGHS, from nothing.
///
/// Such a solver panics where the two disagree: in the status, by more than 10⁻⁷ in the objective, or by more than 10⁻⁶ in
/// the bound that a cut is made from, both relative. HiGHS is given the cut rows that the solver was given or has asked for;
/// whether those of the pool that it has not asked for hold is for others to show.
///
/// ```
/// use std::sync::Arc;
///
/// use cobre_engine::solver::{LpSolver, LpStatus};
/// use cobre_engine::test_models::{Judge, RandomLp, RandomLpSize};
///
/// let judge = Arc::new(Judge::new(1));
/// let mut solver = judge.solver();
/// let lp = RandomLp::new(1, RandomLpSize::SMALL);
/// solver.load(&lp.model, &lp.cuts, None);
/// assert_eq!(solver.solve_lazily(&lp.rhs(0, 0), &lp.cut_rhs, &mut ()), LpStatus::Optimal);
/// assert_eq!(judge.verdicts().n_judged, 1);
/// ```
#[derive(Debug)]
pub struct Judge {
    every: u64,
    n_problems: AtomicU64,
    n_judged: AtomicU64,
    n_infeasible: AtomicU64,
    n_unsure: AtomicU64,
    worst: Mutex<(f64, f64)>,
}

/// What was judged so far, and the worst of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdicts {
    /// Problems met.
    pub n_problems: u64,
    /// Optima that were compared with those of HiGHS.
    pub n_judged: u64,
    /// Problems without a solution; all of them are judged.
    pub n_infeasible: u64,
    /// Optima that HiGHS could not prove of its own, and that were held to their own proof instead.
    pub n_unsure: u64,
    /// Largest relative difference of an objective.
    pub worst_objective: f64,
    /// The same of the bound that a cut is made from.
    pub worst_bound: f64,
}

impl Judge {
    /// A judge of one in `every` problems.
    pub fn new(every: u64) -> Self {
        Self {
            every: every.max(1),
            n_problems: AtomicU64::new(0),
            n_judged: AtomicU64::new(0),
            n_infeasible: AtomicU64::new(0),
            n_unsure: AtomicU64::new(0),
            worst: Mutex::new((0.0, 0.0)),
        }
    }

    /// A solver that is judged here.
    pub fn solver(self: &Arc<Self>) -> Box<dyn LpSolver> {
        Box::new(Judged { inner: DualSimplex::new(), highs: Highs::new(), cuts: Vec::new(), judge: Arc::clone(self) })
    }

    /// What its solvers have met so far.
    pub fn verdicts(&self) -> Verdicts {
        let (worst_objective, worst_bound) = *self.worst.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Verdicts {
            n_problems: read(&self.n_problems),
            n_judged: read(&self.n_judged),
            n_infeasible: read(&self.n_infeasible),
            n_unsure: read(&self.n_unsure),
            worst_objective,
            worst_bound,
        }
    }
}

/// The dual simplex, with HiGHS solving some of its problems again from nothing.
struct Judged {
    inner: DualSimplex,
    highs: Highs,
    cuts: Vec<CutRow>,
    judge: Arc<Judge>,
}

/// Hands on the cuts of a source and remembers them.
struct Recorder<'a> {
    source: &'a mut dyn CutSource,
    rows: Vec<CutRow>,
    rhs: Vec<f64>,
}

impl CutSource for Recorder<'_> {
    fn separate(&mut self, state: &[f64], theta: f64) -> (&[CutRow], &[f64]) {
        let (rows, rhs) = self.source.separate(state, theta);
        self.rows.extend_from_slice(rows);
        self.rhs.extend_from_slice(rhs);
        (rows, rhs)
    }
}

impl Judged {
    fn compare(&mut self, status: LpStatus, rhs: &[f64], cut_rhs: &[f64]) {
        let is_drawn = self.judge.n_problems.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.judge.every);
        if matches!(status, LpStatus::Failed(_)) || (!is_drawn && status == LpStatus::Optimal) {
            return;
        }
        let model = Arc::clone(self.inner.model());
        self.highs.load(&model, &self.cuts, None);
        let mut judged = self.highs.solve(rhs, cut_rhs);
        let mut step = 0;
        while (judged != status || !self.highs_is_sure(judged, rhs, cut_rhs))
            && let Some(next) = self.highs.recover(step)
        {
            judged = next;
            step += 1;
        }
        if step > 0 && judged == LpStatus::Optimal && !self.highs_is_sure(judged, rhs, cut_rhs) {
            // Tolerances of HiGHS leave more than what is judged by; what remains is the proof below.
            self.judge.n_unsure.fetch_add(1, Ordering::Relaxed);
            let proof = certificate::check(&model, &self.cuts, rhs, cut_rhs, self.inner.complete_solution());
            let objective = self.inner.solution().objective;
            let gap = (objective - proof.dual_bound).abs() / objective.abs().max(1.0);
            assert!(proof.holds(1e-9) && gap <= 1e-9, "objective {objective}, {proof:?}");
            return;
        }
        if status != LpStatus::Optimal {
            assert_eq!(judged, status, "{}", self.inner.dump());
            self.judge.n_infeasible.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let verdict = self.inner.certify(&[], &[], &[]);
        assert_eq!(judged, LpStatus::Optimal, "the optimum is {verdict:?}; {}", self.inner.dump());
        let expected = self.highs.solution().objective;
        let size = expected.abs().max(1.0);
        let own = self.inner.certify(&self.cuts, rhs, cut_rhs);
        let solution = self.inner.complete_solution();
        let objective = (solution.objective - expected).abs() / size;
        let bound = (own.dual_bound - expected).abs() / size;
        // The proof of the solver is checked with code of its own.
        let proof = certificate::check(&model, &self.cuts, rhs, cut_rhs, solution);
        assert!(proof.holds(1e-7), "{proof:?}");
        assert!((proof.dual_bound - expected).abs() <= CUT * size, "bound {} of {expected}", proof.dual_bound);
        assert!(objective <= OBJECTIVE, "objective {} where HiGHS finds {expected}", solution.objective);
        assert!(bound <= CUT, "bound {} where HiGHS finds {expected}", own.dual_bound);
        self.judge.n_judged.fetch_add(1, Ordering::Relaxed);
        let mut worst = self.judge.worst.lock().unwrap_or_else(PoisonError::into_inner);
        *worst = (worst.0.max(objective), worst.1.max(bound));
    }

    /// Whether the optimum of HiGHS is proven within a tenth of what it judges by.
    fn highs_is_sure(&mut self, status: LpStatus, rhs: &[f64], cut_rhs: &[f64]) -> bool {
        if status != LpStatus::Optimal {
            return true;
        }
        let proof = self.highs.certify(&self.cuts, rhs, cut_rhs);
        let objective = self.highs.solution().objective;
        let gap = (objective - proof.dual_bound).abs() / objective.abs().max(1.0);
        proof.primal_residual <= OBJECTIVE / 10.0 && gap <= OBJECTIVE / 10.0
    }
}

impl LpSolver for Judged {
    fn name(&self) -> &'static str {
        "judged"
    }
    fn model(&self) -> &Arc<LpModel> {
        self.inner.model()
    }
    fn load(&mut self, model: &Arc<LpModel>, cuts: &[CutRow], basis: Option<&Basis>) {
        self.cuts = cuts.to_vec();
        self.inner.load(model, cuts, basis);
    }
    fn add_cut_rows(&mut self, cuts: &[CutRow]) {
        self.cuts.extend_from_slice(cuts);
        self.inner.add_cut_rows(cuts);
    }
    fn solve(&mut self, rhs: &[f64], cut_rhs: &[f64]) -> LpStatus {
        self.inner.solve(rhs, cut_rhs)
    }
    fn solve_lazily(&mut self, rhs: &[f64], cut_rhs: &[f64], source: &mut dyn CutSource) -> LpStatus {
        let mut recorder = Recorder { source, rows: Vec::new(), rhs: cut_rhs.to_vec() };
        let status = self.inner.solve_lazily(rhs, cut_rhs, &mut recorder);
        let Recorder { rows, rhs: all_rhs, .. } = recorder;
        self.cuts.extend(rows);
        self.compare(status, rhs, &all_rhs);
        status
    }
    fn recover(&mut self, attempt: u32) -> Option<LpStatus> {
        self.inner.recover(attempt)
    }
    fn solution(&self) -> &LpSolution {
        self.inner.solution()
    }
    fn complete_solution(&mut self) -> &LpSolution {
        self.inner.complete_solution()
    }
    fn certify(&mut self, cuts: &[CutRow], rhs: &[f64], cut_rhs: &[f64]) -> Certificate {
        self.inner.certify(cuts, rhs, cut_rhs)
    }
    fn take_iterations(&mut self) -> u64 {
        self.inner.take_iterations()
    }
    fn write_basis(&self, basis: &mut Basis) {
        self.inner.write_basis(basis);
    }
    fn dump(&self) -> String {
        self.inner.dump()
    }
}
