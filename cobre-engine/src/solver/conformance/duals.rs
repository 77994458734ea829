//! Duals: what cuts are made of.

use super::{Make, optimum, random_lps};
use crate::solver::{LpStatus, certificate};

/// Openings per random problem.
const N_OPENINGS: u64 = 10;

/// Along a right-hand side the optimum is convex and its slope is the dual: the duals lie between the differences
/// to either side.
///
/// # Panics
/// When one does not.
pub fn duals_are_finite_differences(make: Make<'_>) {
    const STEP: f64 = 1e-3;
    for (seed, lp) in random_lps(40..52) {
        let mut solver = make();
        solver.load(&lp.model, &lp.cuts, None);
        let rhs = lp.rhs(0, 0);
        let place = format!("seed {seed}");
        let objective = optimum(&mut *solver, &rhs, &lp.cut_rhs, &place);
        let solution = solver.solution().clone();
        // Differences of objectives of this size carry rounding of this size.
        let noise = 1e-9 + 1e-12 * objective.abs() / STEP;
        for row in 0..rhs.len() + lp.cut_rhs.len() {
            let mut moved = |step: f64| {
                let (mut rhs, mut cut_rhs) = (rhs.clone(), lp.cut_rhs.clone());
                match row.checked_sub(rhs.len()) {
                    None => rhs[row] += step,
                    Some(cut) => cut_rhs[cut] += step,
                }
                (optimum(&mut *solver, &rhs, &cut_rhs, &place) - objective) / step
            };
            let (left, right) = (moved(-STEP), moved(STEP));
            let dual = match row.checked_sub(rhs.len()) {
                None => solution.row_duals[row],
                Some(cut) => solution.cut_duals[cut],
            };
            let slack = noise + 1e-6 * dual.abs();
            assert!(
                left - slack <= dual && dual <= right + slack,
                "seed {seed}, row {row}: dual {dual} is not between the slopes {left} and {right}"
            );
        }
    }
}

/// Optima of random problems, cold and hot, carry their proof: residuals below 1e-9, dual bound within 1e-10.
///
/// # Panics
/// When one does not.
pub fn random_optima_are_certified(make: Make<'_>) {
    for (seed, lp) in random_lps(1000..1060) {
        let mut solver = make();
        solver.load(&lp.model, &lp.cuts, None);
        for opening in 0..N_OPENINGS {
            let rhs = lp.rhs(seed, opening);
            assert_eq!(solver.solve(&rhs, &lp.cut_rhs), LpStatus::Optimal, "seed {seed}, opening {opening}");
            let own = solver.certify(&lp.cuts, &rhs, &lp.cut_rhs);
            let solution = solver.complete_solution();
            let proof = certificate::check(&lp.model, &lp.cuts, &rhs, &lp.cut_rhs, solution);
            let difference = (own.dual_bound - proof.dual_bound).abs() / proof.dual_bound.abs().max(1.0);
            assert!(difference < 1e-10, "seed {seed}, opening {opening}: {own:?} of the solver, {proof:?}");
            let gap = (proof.dual_bound - solution.objective).abs() / solution.objective.abs().max(1.0);
            assert!(
                proof.primal_residual < 1e-9 && proof.dual_residual < 1e-9 && gap < 1e-10,
                "seed {seed}, opening {opening}: {proof:?}, objective {}",
                solution.objective
            );
        }
    }
}
