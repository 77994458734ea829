//! Proof that a solution is optimal, from the original columns and the duals alone.
//!
//! For any row duals `y` (cut duals `µ ≥ 0`) the Lagrangian `y·b + µ·r + Σ_j min_{l ≤ x ≤ u} d_j·x` is a lower bound
//! of the optimum (Neumaier and Shcherbina 2004), whatever a solver's tolerances left in them. Cuts are built from
//! this bound, so a cut can be a little weak but never wrong.

use super::{CutRow, LpModel, LpSolution};

/// What a check of a solution found. Residuals are relative to the size of the data they are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Certificate {
    /// Largest violation of a row or bound.
    pub primal_residual: f64,
    /// Largest reduced cost of a variable that is not at the bound its sign asks for, or dual of a row that is not at
    /// the end its sign asks for.
    pub dual_residual: f64,
    /// The Lagrangian bound; −∞ when a wrong sign towards an infinite bound exceeds the tolerance.
    pub dual_bound: f64,
}

impl Certificate {
    /// Whether both residuals are at most `tolerance` and the bound is one.
    ///
    /// The distance between objective and bound is no part of it: it is at most the dual residual times the ranges of
    /// the variables, which may be large where the objective is small.
    pub fn holds(&self, tolerance: f64) -> bool {
        self.primal_residual <= tolerance && self.dual_residual <= tolerance && self.dual_bound.is_finite()
    }
}

/// A value this close to a bound, relative, is at it.
const AT_BOUND: f64 = 1e-7;

/// Reduced costs smaller than this, relative to the terms they are a difference of, count as zero towards an
/// infinite bound.
const ZERO: f64 = 1e-9;

/// Checks `solution` for the right-hand sides of its solve.
pub fn check(model: &LpModel, cuts: &[CutRow], rhs: &[f64], cut_rhs: &[f64], solution: &LpSolution) -> Certificate {
    let mut ledger = Ledger { primal: 0.0, dual: 0.0, bound: 0.0, certain: true };
    let x = &solution.columns;
    let y = &solution.row_duals;
    let mut activity = vec![0.0; model.n_rows()];
    let mut magnitude = vec![1.0; model.n_rows()];
    let mut state_cost = vec![(0.0, 0.0); model.columns.len()];
    if let Some(theta) = model.theta {
        for (cut, &mu) in cuts.iter().zip(&solution.cut_duals) {
            if mu == 0.0 {
                continue;
            }
            state_cost[theta].0 += mu;
            state_cost[theta].1 += mu.abs();
            for (&column, &beta) in model.state_columns.iter().zip(&cut.coefficients) {
                state_cost[column].0 -= mu * beta;
                state_cost[column].1 += (mu * beta).abs();
            }
        }
    }
    for (j, column) in model.columns.iter().enumerate() {
        let mut reduced = column.cost - state_cost[j].0;
        let mut scale = 1.0f64.max(column.cost.abs()) + state_cost[j].1;
        for (row, value) in model.entries(j) {
            reduced -= y[row] * value;
            scale += (y[row] * value).abs();
            activity[row] += value * x[j];
            magnitude[row] += (value * x[j]).abs();
        }
        ledger.fold(reduced, scale, column.lower, column.upper, x[j]);
    }
    for row in 0..model.n_rows() {
        let range = model.segment_starts[row]..model.segment_starts[row + 1];
        for (segment, &value) in model.segments[range.clone()].iter().zip(&solution.segments[range]) {
            let reduced = segment.cost - y[row] * segment.coefficient;
            let scale = 1.0f64.max(segment.cost.abs()) + (y[row] * segment.coefficient).abs();
            activity[row] += segment.coefficient * value;
            magnitude[row] += (segment.coefficient * value).abs();
            ledger.fold(reduced, scale, segment.lower, segment.upper, value);
        }
        // The row's own logical: activity − b ∈ [low, high] with cost −y.
        let (low, high) = model.row_ranges[row];
        let slack = activity[row] - rhs[row];
        ledger.primal = ledger.primal.max((low - slack).max(slack - high) / (magnitude[row] + rhs[row].abs()));
        ledger.bound += y[row] * rhs[row];
        if low != high || low != 0.0 {
            let end = if y[row] > 0.0 { low } else { high };
            if end.is_finite() {
                if (slack - end).abs() > AT_BOUND * (magnitude[row] + rhs[row].abs()) {
                    ledger.dual = ledger.dual.max(y[row].abs());
                }
                ledger.bound += y[row] * end;
            } else if y[row].abs() > ZERO {
                ledger.dual = ledger.dual.max(y[row].abs());
                ledger.certain = false;
            } else {
                ledger.bound -= (y[row] * slack).abs();
            }
        }
    }
    if let Some(theta) = model.theta {
        for ((cut, &r), &mu) in cuts.iter().zip(cut_rhs).zip(&solution.cut_duals) {
            let mut slack = x[theta] - r;
            let mut size = 1.0 + x[theta].abs() + r.abs();
            for (&column, &beta) in model.state_columns.iter().zip(&cut.coefficients) {
                slack -= beta * x[column];
                size += (beta * x[column]).abs();
            }
            ledger.primal = ledger.primal.max(-slack / size);
            if mu >= 0.0 {
                if slack.abs() > AT_BOUND * size {
                    ledger.dual = ledger.dual.max(mu);
                }
                ledger.bound += mu * r;
            } else if mu < -ZERO {
                ledger.dual = ledger.dual.max(-mu);
                ledger.certain = false;
            } else {
                ledger.bound += mu * (r + slack);
            }
        }
    }
    Certificate {
        primal_residual: ledger.primal,
        dual_residual: ledger.dual,
        dual_bound: if ledger.certain { ledger.bound } else { f64::NEG_INFINITY },
    }
}

struct Ledger {
    primal: f64,
    dual: f64,
    bound: f64,
    certain: bool,
}

impl Ledger {
    /// Adds the Lagrangian term `min_{lower ≤ x ≤ upper} cost·x` of a variable that takes `value`.
    fn fold(&mut self, cost: f64, scale: f64, lower: f64, upper: f64, value: f64) {
        self.primal = self.primal.max((lower - value).max(value - upper) / (1.0 + value.abs()));
        let end = if cost > 0.0 { lower } else { upper };
        if end.is_finite() {
            if (value - end).abs() > AT_BOUND * (1.0 + end.abs()) {
                self.dual = self.dual.max(cost.abs() / scale);
            }
            self.bound += cost * end;
        } else if cost.abs() > ZERO * scale {
            self.dual = self.dual.max(cost.abs() / scale);
            self.certain = false;
        } else {
            // A rounding residue: the term is of the size of the residue times the value the variable takes.
            self.bound -= (cost * value).abs();
        }
    }
}

#[cfg(all(test, feature = "highs"))]
mod tests {
    use super::{Certificate, check};
    use crate::solver::{CutRow, Highs, LpModel, LpSolution, LpSolver, LpStatus};
    use crate::test_models::{RandomLp, RandomLpSize, SplitMix64};
    use std::sync::Arc;

    struct Solved {
        lp: RandomLp,
        rhs: Vec<f64>,
        solution: LpSolution,
    }

    impl Solved {
        fn new(seed: u64) -> Self {
            let lp = RandomLp::new(seed, RandomLpSize::SMALL);
            let rhs = lp.rhs(seed, 0);
            let solution = solve(&lp.model, &lp.cuts, &rhs, &lp.cut_rhs);
            Self { lp, rhs, solution }
        }

        /// The check of the solution after a change to it.
        fn check_with(&self, change: impl FnOnce(&mut LpSolution)) -> Certificate {
            let mut changed = self.solution.clone();
            change(&mut changed);
            check(&self.lp.model, &self.lp.cuts, &self.rhs, &self.lp.cut_rhs, &changed)
        }

        /// How far the bound is below the optimum, relative.
        fn gap(&self, found: Certificate) -> f64 {
            (self.solution.objective - found.dual_bound) / self.solution.objective.abs().max(1.0)
        }
    }

    fn solve(model: &Arc<LpModel>, cuts: &[CutRow], rhs: &[f64], cut_rhs: &[f64]) -> LpSolution {
        let mut solver = Highs::new();
        solver.load(model, cuts, None);
        assert_eq!(solver.solve(rhs, cut_rhs), LpStatus::Optimal);
        solver.solution().clone()
    }

    #[test]
    fn an_optimum_is_certified() {
        for seed in 0..8 {
            let solved = Solved::new(seed);
            let found = solved.check_with(|_| {});
            assert!(found.primal_residual < 1e-9 && found.dual_residual < 1e-12, "seed {seed}: {found:?}");
            assert!(solved.gap(found).abs() < 1e-10, "seed {seed}: {found:?}");
        }
    }

    #[test]
    fn a_changed_primal_value_is_detected() {
        for seed in 0..8 {
            let solved = Solved::new(seed);
            let theta = solved.lp.model.theta.expect("the problem has a cost-to-go");
            // Every other column has an entry in a balance row, so it can move in neither direction.
            for j in (0..solved.lp.model.n_columns()).filter(|&j| j != theta) {
                for step in [-0.5, 0.5] {
                    let found = solved.check_with(|solution| solution.columns[j] += step);
                    assert!(found.primal_residual > 1e-6, "seed {seed}, column {j}: {found:?}");
                    // The bound is made of duals alone.
                    assert!(solved.gap(found).abs() < 1e-10, "seed {seed}, column {j}: {found:?}");
                }
            }
            let found = solved.check_with(|solution| solution.columns[theta] -= 1.0 + solution.columns[theta].abs());
            assert!(found.primal_residual > 1e-6, "seed {seed}, cost-to-go: {found:?}");
            let found = solved.check_with(|solution| solution.segments[0] = -1.0);
            assert!(found.primal_residual > 1e-6, "seed {seed}, segment below its bound: {found:?}");
        }
    }

    #[test]
    fn a_changed_dual_is_detected() {
        let (mut n_detected, mut n_changed) = (0, 0);
        for seed in 0..8 {
            let solved = Solved::new(seed);
            for row in 0..solved.rhs.len() {
                for factor in [0.8, 1.2] {
                    if solved.solution.row_duals[row].abs() < 1e-3 {
                        continue;
                    }
                    let found = solved.check_with(|solution| solution.row_duals[row] *= factor);
                    // Whatever the duals, the bound does not exceed the optimum.
                    assert!(solved.gap(found) > -1e-10, "seed {seed}, row {row}: {found:?}");
                    n_changed += 1;
                    n_detected += usize::from(solved.gap(found) > 1e-7);
                }
            }
        }
        // Where the primal solution is degenerate, other duals can be as good.
        assert!(n_changed > 100 && n_detected * 10 >= n_changed * 9, "{n_detected} of {n_changed}");
    }

    #[test]
    fn a_dual_of_the_wrong_sign_is_detected() {
        for seed in 0..8 {
            let solved = Solved::new(seed);
            let refused = |what: &str, found: Certificate, least: f64| {
                assert_eq!(found.dual_bound, f64::NEG_INFINITY, "seed {seed}, {what}: {found:?}");
                assert!(found.dual_residual >= least, "seed {seed}, {what}: {found:?}");
            };
            refused("cut", solved.check_with(|solution| solution.cut_duals[0] = -0.5), 0.5);
            // A row without an upper end cannot push down.
            let open = solved.lp.model.row_ranges.iter().position(|range| range.1 == f64::INFINITY);
            let open = open.expect("an outflow without a maximum");
            refused("open row", solved.check_with(|solution| solution.row_duals[open] = -2.0), 2.0);
            // Spillage without a limit earns money where water is worth less than nothing.
            refused("open column", solved.check_with(|solution| solution.row_duals[0] = 1e4), 1e-3);
        }
    }

    /// The same problem with an end to everything.
    fn bounded(model: &LpModel) -> LpModel {
        let mut model = model.clone();
        for column in &mut model.columns {
            column.upper = column.upper.min(1e7);
        }
        for segment in &mut model.segments {
            segment.upper = segment.upper.min(1e5);
        }
        for range in &mut model.row_ranges {
            range.1 = range.1.min(1e6);
        }
        model
    }

    #[test]
    fn any_duals_give_a_bound_below_the_optimum() {
        for seed in 0..8 {
            let lp = RandomLp::new(seed, RandomLpSize::SMALL);
            let (model, rhs) = (Arc::new(bounded(&lp.model)), lp.rhs(seed, 1));
            let optimal = solve(&model, &lp.cuts, &rhs, &lp.cut_rhs);
            let mut random = SplitMix64::new(seed);
            let mut nearest = f64::INFINITY;
            for trial in 0..100 {
                // From a small change of the optimal duals to duals that have nothing to do with them.
                let size = 10f64.powi(-6 + trial / 10);
                let mut guess = optimal.clone();
                guess.row_duals.iter_mut().for_each(|y| *y += random.uniform(-size, size));
                guess.cut_duals.iter_mut().for_each(|mu| *mu = (*mu + random.uniform(-size, size)).max(0.0));
                let found = check(&model, &lp.cuts, &rhs, &lp.cut_rhs, &guess);
                assert!(found.dual_bound.is_finite(), "seed {seed}, trial {trial}: {found:?}");
                let gap = (optimal.objective - found.dual_bound) / optimal.objective;
                assert!(gap > -1e-10, "seed {seed}, trial {trial}: bound above {} in {found:?}", optimal.objective);
                nearest = nearest.min(gap);
            }
            assert!(nearest < 1e-2, "seed {seed}: no bound came nearer than {nearest:e}");
        }
    }
}
