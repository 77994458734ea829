//! Chains: what follows from what.

use super::{Make, assert_close, optimum, random_lps};
use crate::solver::{Basis, LpSolution, LpSolver};
use crate::test_models::RandomLp;

const N_OPENINGS: u64 = 10;

/// A whole chain with cuts added on the way; its solutions in order.
fn solve_chain(solver: &mut dyn LpSolver, lp: &RandomLp, basis: Option<&Basis>, trial_point: u64) -> Vec<LpSolution> {
    let half = lp.cuts.len() / 2;
    let mut solutions = Vec::new();
    solver.load(&lp.model, &lp.cuts[..half], basis);
    for opening in 0..N_OPENINGS {
        if opening == 4 {
            solver.add_cut_rows(&lp.cuts[half..]);
        }
        let n_cuts = if opening < 4 { half } else { lp.cuts.len() };
        let place = format!("trial point {trial_point}, opening {opening}");
        optimum(solver, &lp.rhs(trial_point, opening), &lp.cut_rhs[..n_cuts], &place);
        solutions.push(solver.complete_solution().clone());
    }
    solutions
}

/// The bits of a solution: `==` would take 0.0 for −0.0.
fn bits(solution: &LpSolution) -> Vec<u64> {
    let parts = [&solution.columns, &solution.segments, &solution.row_duals, &solution.cut_duals];
    let mut bits: Vec<u64> = parts.into_iter().flatten().map(|value| value.to_bits()).collect();
    bits.extend([solution.objective.to_bits(), solution.simplex_iterations]);
    bits
}

/// Chains interleaved on one solver, with failures and recoveries between them, give the bits of fresh solvers.
///
/// # Panics
/// When a bit differs.
pub fn a_chain_sees_no_other_chain(make: Make<'_>) {
    let lps: Vec<RandomLp> = random_lps(200..208).map(|(_, lp)| lp).collect();
    let mut shared = make();
    for round in 0..3u64 {
        for (place, lp) in lps.iter().enumerate() {
            let mut basis = Basis::default();
            let mut source = make();
            solve_chain(&mut *source, lp, None, round);
            source.write_basis(&mut basis);
            for start in [None, Some(&basis)] {
                let alone = solve_chain(&mut *make(), lp, start, round + 10);
                let among = solve_chain(&mut *shared, lp, start, round + 10);
                for (opening, (one, other)) in alone.iter().zip(&among).enumerate() {
                    assert!(
                        bits(one) == bits(other),
                        "problem {place}, round {round}, opening {opening}, warm start {}: another solution",
                        start.is_some()
                    );
                }
            }
            // Something for the next chain to trip over.
            match (place + round as usize) % 3 {
                0 => {
                    shared.solve(&vec![f64::NAN; lp.model.n_rows()], &lp.cut_rhs);
                }
                1 => {
                    shared.recover((round + 1) as u32 % 3);
                }
                _ => {}
            }
        }
    }
}

/// The basis of an optimum, written and loaded again, is optimal at once.
///
/// # Panics
/// When a solver iterates from it, or finds another objective.
pub fn a_round_trip_of_the_basis_costs_no_iteration(make: Make<'_>) {
    for (seed, lp) in random_lps(60..84) {
        let place = format!("seed {seed}");
        let mut solver = make();
        solver.load(&lp.model, &lp.cuts, None);
        let mut basis = Basis::default();
        for opening in 0..3 {
            let rhs = lp.rhs(seed, opening);
            let expected = optimum(&mut *solver, &rhs, &lp.cut_rhs, &place);
            solver.write_basis(&mut basis);
            assert_eq!(basis.columns.len(), lp.model.n_columns(), "{place}");
            assert_eq!(basis.segments.len(), lp.model.segments.len(), "{place}");
            assert_eq!(basis.rows.len(), lp.model.n_rows(), "{place}");
            let mut other = make();
            other.load(&lp.model, &lp.cuts, Some(&basis));
            let found = optimum(&mut *other, &rhs, &lp.cut_rhs, &place);
            assert_eq!(other.solution().simplex_iterations, 0, "{place}, opening {opening}");
            assert_close(found, expected, 1e-10, &place);
            let mut again = Basis::default();
            other.write_basis(&mut again);
            assert_eq!(again, basis, "{place}, opening {opening}");
        }
    }
}

/// Along a chain, right-hand sides that moved give the optimum that a cold solve gives.
///
/// # Panics
/// When they do not.
pub fn hot_solves_equal_cold_solves(make: Make<'_>) {
    for (seed, lp) in random_lps(500..524) {
        let mut hot = make();
        hot.load(&lp.model, &lp.cuts, None);
        for trial_point in 0..3 {
            for opening in 0..N_OPENINGS {
                let place = format!("seed {seed}, trial point {trial_point}, opening {opening}");
                // The cuts move too, as they do with inflow lags.
                let lift = 5.0 * opening as f64;
                let cut_rhs: Vec<f64> = lp.cut_rhs.iter().map(|r| r + lift).collect();
                let rhs = lp.rhs(trial_point, opening);
                let found = optimum(&mut *hot, &rhs, &cut_rhs, &place);
                let mut cold = make();
                cold.load(&lp.model, &lp.cuts, None);
                assert_close(found, optimum(&mut *cold, &rhs, &cut_rhs, &place), 1e-10, &place);
            }
        }
    }
}
