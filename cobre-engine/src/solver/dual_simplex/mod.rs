//! A bounded dual simplex made for stage problems.
//!
//! What it makes use of (Kostina 2002 for the long step, Forrest and Goldfarb 1992 for steepest edges):
//!
//! * Every column with one entry is part of the convex piecewise-linear cost of its row's logical, so the basis and the
//!   ratio test know rows and coupling columns only.
//! * A cut row is in the basis only while the cut is tight. The other cuts of the chain are looked at once the rest is
//!   optimal; violated ones enter, and those that end up slack leave.
//! * The inverse of a basis is explicit as long as it is small, and so are the norms that steepest-edge pricing needs; a
//!   large basis is factored (see [`inverse`]).
//! * A solve starts from the optimum of the one before: only right-hand sides have moved, so the basis is dual feasible
//!   and a few steps of the dual simplex are enough.
//!
//! At every optimum the rows and the prices are checked against the original columns; see [`verify`].

mod explicit;
mod factors;
#[cfg(feature = "highs")]
mod fallback;
mod form;
mod hot_cuts;
mod inverse;
mod lines;
mod markowitz;
mod perturbation;
mod piecewise;
mod places;
mod primal;
mod ratio;
mod scattered;
mod start;
mod step;
#[cfg(test)]
mod tests;
mod variables;
mod verify;
mod write;

use super::certificate::Certificate;
use super::dump;
use super::{Basis, CutRow, CutSource, LpModel, LpSolution, LpSolver, LpStatus};
use form::{Cache, Form};
use hot_cuts::HotCuts;
use inverse::{Inverse, Sparse};
use lines::Lines;
use markowitz::Columns;
use primal::PrimalEnd;
use ratio::RatioTest;
use std::sync::Arc;
use step::Step;
use variables::Variables;
use verify::Verdict;

/// A row or bound may be violated by this much, relative to the value.
const PRIMAL: f64 = 1e-9;
/// A price may lie this far outside of its slopes, relative to them.
const DUAL: f64 = 1e-9;
/// Steps of a solve without a gain after which the costs are perturbed.
const PATIENCE: u32 = 50;

/// How often a solve has the inverse made anew for what it cannot be.
const MOST_REFACTORED: u32 = 3;

/// Codes of [`LpStatus::Failed`].
mod failure {
    /// Some right-hand side is not a number.
    pub(super) const NO_NUMBER: i32 = 1;
    /// The step limit was reached.
    pub(super) const STEP_LIMIT: i32 = 2;
    /// No basis passed the check of residuals.
    pub(super) const RESIDUALS: i32 = 3;
    /// The basis cannot be made dual feasible.
    pub(super) const NOT_DUAL_FEASIBLE: i32 = 4;
}

/// The specialised dual simplex.
pub struct DualSimplex {
    cache: Cache,
    model: Arc<LpModel>,
    form: Arc<Form>,
    cuts: HotCuts,
    lines: Lines,
    vars: Variables,
    inverse: Inverse,
    /// Variable at every position of the basis.
    basic: Vec<u32>,
    /// Value, ends of the piece and slope of the piece of the variable at every position; whole groups of lanes.
    x: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
    cost: Vec<f64>,
    /// Cuts in the basis: slot of row `n_rows + i`.
    row_slots: Vec<u32>,
    /// Right-hand sides of the rows of the model.
    rhs: Vec<f64>,
    ratio: RatioTest,
    scratch: Scratch,
    solution: LpSolution,
    segments_written: bool,
    certificate: Certificate,
    /// Steps not yet taken.
    iterations: u64,
    /// Steps since the inverse was made anew.
    updates: u32,
    /// Steps of this solve that moved no price.
    still: u32,
    /// How many of them there are before the costs are perturbed.
    patience: u32,
    is_perturbed: bool,
    /// How often they were in this solve.
    n_perturbed: u32,
    has_data: bool,
}

/// Working space.
#[derive(Default)]
struct Scratch {
    /// Row of the leaving variable.
    rho: Sparse,
    /// Column of the entering variable, or the change of all basic variables; over positions.
    alpha: Vec<f64>,
    /// Right-hand side less the nonbasic part, over rows.
    residual: Sparse,
    /// Values of the columns; whole groups of lanes.
    columns: Vec<f64>,
    /// Over rows of the LP.
    prices: Vec<f64>,
    activity: Vec<f64>,
    magnitude: Vec<f64>,
    /// Rows of [`Lines`] and their factors.
    named: Sparse,
    touched: Vec<u32>,
    state: Vec<f64>,
    /// Sum of the cuts, each times its price or its entry in the row of the leaving variable.
    cut_slope: Vec<f64>,
    /// What the prices of basic variables lack, over positions.
    missing: Vec<f64>,
    entries: Vec<f64>,
    vector: Vec<f64>,
    /// Positions that wait for a column while an inverse is made.
    free: Vec<bool>,
    /// One for each of those, zero for the others; whole groups of lanes.
    open: Vec<f64>,
    /// Columns in the order in which they enter it.
    order: Vec<(u32, u32)>,
    /// Columns of a basis that is factored, and their positions.
    columns_of_basis: Columns,
    taken: Vec<u32>,
    /// Over variables: what is known of the basic ones while a basis is factored anew.
    kept: Vec<f64>,
}

impl Default for DualSimplex {
    fn default() -> Self {
        Self::new()
    }
}

impl DualSimplex {
    /// A solver that has no model yet.
    pub fn new() -> Self {
        let model = Arc::new(LpModel { column_starts: vec![0], segment_starts: vec![0], ..LpModel::default() });
        let mut cache = Cache::default();
        let form = cache.get(&model);
        Self {
            cache,
            model,
            form,
            cuts: HotCuts::default(),
            lines: Lines::default(),
            vars: Variables::default(),
            inverse: Inverse::default(),
            basic: Vec::new(),
            x: Vec::new(),
            low: Vec::new(),
            high: Vec::new(),
            cost: Vec::new(),
            row_slots: Vec::new(),
            rhs: Vec::new(),
            ratio: RatioTest::default(),
            scratch: Scratch::default(),
            solution: LpSolution::default(),
            segments_written: false,
            certificate: Certificate { primal_residual: 0.0, dual_residual: 0.0, dual_bound: f64::NEG_INFINITY },
            iterations: 0,
            updates: 0,
            still: 0,
            patience: PATIENCE,
            is_perturbed: false,
            n_perturbed: 0,
            has_data: false,
        }
    }

    /// Number of rows in the basis.
    #[inline]
    fn size(&self) -> usize {
        self.basic.len()
    }

    /// The logical of a row of the LP.
    #[inline]
    fn logical(&self, row: usize) -> usize {
        let form = &self.form;
        match row.checked_sub(form.n_rows) {
            None => form.logicals + row,
            Some(i) => form.cut_logicals + self.row_slots[i] as usize,
        }
    }

    /// Adds a cut, out of the basis; returns its slot.
    fn push_cut(&mut self, cut: &CutRow) -> usize {
        let slot = self.cuts.push(cut);
        self.lines.push(&self.form, &cut.coefficients);
        self.vars.fit_cuts(&self.form, slot + 1);
        self.ratio.fit(self.vars.len());
        slot
    }

    /// Runs the dual simplex until an optimum is verified, under the cuts of the chain and those of `source`.
    fn optimise(&mut self, source: &mut dyn CutSource) -> LpStatus {
        let limit = 1000 + 40 * (self.size() + self.form.n_columns);
        let mut refactored = 0;
        if self.is_perturbed {
            // The solve before found no optimum.
            self.restore_costs();
            self.compute_values();
        }
        (self.still, self.n_perturbed) = (0, 0);
        self.solution.simplex_iterations = 0;
        for _ in 0..limit {
            if self.updates >= self.inverse.most_updates() {
                self.refactor();
                self.compute_values();
            }
            let trouble = match self.choose_leaving() {
                Some(position) => match self.step(position) {
                    Step::Done => false,
                    // An inverse that has drifted proves nothing.
                    Step::Infeasible if self.updates == 0 || refactored == MOST_REFACTORED => {
                        return LpStatus::Infeasible;
                    }
                    Step::Infeasible | Step::Unstable => true,
                },
                None if self.is_perturbed => {
                    self.restore_costs();
                    self.compute_values();
                    false
                }
                None if self.activate_violated(source) => false,
                None => match self.verify() {
                    Verdict::Optimal => return LpStatus::Optimal,
                    Verdict::Changed => false,
                    Verdict::Inaccurate => true,
                    Verdict::NotDualFeasible => match self.mend_prices() {
                        PrimalEnd::DualFeasible | PrimalEnd::Infeasible => false,
                        PrimalEnd::Unbounded if self.updates == 0 || refactored == MOST_REFACTORED => {
                            return LpStatus::Unbounded;
                        }
                        PrimalEnd::GaveUp if self.updates == 0 => {
                            return LpStatus::Failed(failure::NOT_DUAL_FEASIBLE);
                        }
                        PrimalEnd::Unbounded | PrimalEnd::GaveUp => true,
                    },
                },
            };
            if trouble {
                refactored += 1;
                if refactored > MOST_REFACTORED {
                    return LpStatus::Failed(failure::RESIDUALS);
                }
                self.refactor();
                self.compute_values();
            }
        }
        LpStatus::Failed(failure::STEP_LIMIT)
    }
}

impl LpSolver for DualSimplex {
    fn name(&self) -> &'static str {
        "dual_simplex"
    }

    fn model(&self) -> &Arc<LpModel> {
        &self.model
    }

    /// # Panics
    /// When the basis or a cut row has another shape than the model.
    fn load(&mut self, model: &Arc<LpModel>, cuts: &[CutRow], basis: Option<&Basis>) {
        if !Arc::ptr_eq(&self.model, model) {
            self.form = self.cache.get(model);
            self.model = Arc::clone(model);
            self.inverse.choose(self.form.n_rows);
        }
        self.cuts.reset(self.form.state_columns.len());
        self.lines.reset(&self.form);
        for cut in cuts {
            self.cuts.push(cut);
            self.lines.push(&self.form, &cut.coefficients);
        }
        self.has_data = false;
        self.rhs.clear();
        self.rhs.resize(self.form.n_rows, 0.0);
        self.start(basis);
    }

    /// # Panics
    /// When a cut row has another shape than the model.
    fn add_cut_rows(&mut self, cuts: &[CutRow]) {
        for cut in cuts {
            self.push_cut(cut);
        }
    }

    fn solve(&mut self, rhs: &[f64], cut_rhs: &[f64]) -> LpStatus {
        self.solve_lazily(rhs, cut_rhs, &mut ())
    }

    /// # Panics
    /// When there is not one right-hand side per row and per cut row.
    fn solve_lazily(&mut self, rhs: &[f64], cut_rhs: &[f64], source: &mut dyn CutSource) -> LpStatus {
        assert_eq!(rhs.len(), self.form.n_rows, "a solve needs one right-hand side per row");
        assert_eq!(cut_rhs.len(), self.cuts.len(), "a solve needs one right-hand side per cut row");
        self.has_data =
            rhs.iter().all(|b| b.is_finite()) && cut_rhs.iter().all(|&r| r.is_finite() || r == f64::NEG_INFINITY);
        if !self.has_data {
            return LpStatus::Failed(failure::NO_NUMBER);
        }
        if !self.form.can_fold {
            return LpStatus::Unbounded;
        }
        self.rhs.copy_from_slice(rhs);
        self.cuts.set_rhs(cut_rhs);
        self.compute_values();
        let status = self.optimise(source);
        if status == LpStatus::Optimal {
            self.write_solution();
            self.drop_slack_cuts();
        }
        status
    }

    /// Steps: 0 a cold start; 1 HiGHS, where the build has it.
    fn recover(&mut self, attempt: u32) -> Option<LpStatus> {
        if !self.has_data {
            return None;
        }
        match attempt {
            0 if self.form.can_fold => {
                self.start(None);
                self.compute_values();
                let status = self.optimise(&mut ());
                if status == LpStatus::Optimal {
                    self.write_solution();
                    self.drop_slack_cuts();
                }
                Some(status)
            }
            0 => Some(LpStatus::Unbounded),
            #[cfg(feature = "highs")]
            1 => Some(self.ask_highs()),
            _ => None,
        }
    }

    fn solution(&self) -> &LpSolution {
        &self.solution
    }

    fn take_iterations(&mut self) -> u64 {
        std::mem::take(&mut self.iterations)
    }

    fn complete_solution(&mut self) -> &LpSolution {
        if !self.segments_written {
            self.write_segments();
        }
        &self.solution
    }

    fn certify(&mut self, _: &[CutRow], _: &[f64], _: &[f64]) -> Certificate {
        self.certificate
    }

    fn write_basis(&self, basis: &mut Basis) {
        self.write_statuses(basis);
    }

    fn dump(&self) -> String {
        let (cuts, n_rows) = (&self.cuts, self.form.n_rows);
        let mut entries = Vec::new();
        for slot in 0..cuts.len() {
            entries.extend(cuts.coefficients(slot).iter().map(|beta| -beta));
            entries.push(1.0);
        }
        let range = |end: fn(&(f64, f64)) -> f64, open: f64| {
            let rows = self.model.row_ranges.iter().zip(&self.rhs).map(move |(range, b)| b + end(range));
            let cuts = (0..cuts.len()).map(move |slot| if open > 0.0 { open } else { cuts.rhs(slot) });
            rows.chain(cuts).collect::<Vec<f64>>()
        };
        debug_assert_eq!(self.rhs.len(), n_rows);
        let (lower, upper) = (range(|range| range.0, 0.0), range(|range| range.1, f64::INFINITY));
        dump::text(&self.model, &cuts.ids, &entries, &lower, &upper)
    }
}
