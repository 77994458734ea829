//! Optima that can be worked out by hand, and outcomes that are none.

use super::{Make, assert_close, dense_model, optimum, random_lps};
use crate::solver::{LpStatus, Segment};
use std::sync::Arc;

const INFINITY: f64 = f64::INFINITY;
const TOLERANCE: f64 = 1e-9;

/// A transport problem and a degenerate one.
///
/// # Panics
/// When an optimum is missed.
pub fn known_optima(make: Make<'_>) {
    // Supplies 20 and 30, demands 10, 25 and 15, costs (8 6 10; 9 12 13): the first supply saves most, 6 a unit, at
    // the second demand, so it goes there whole: 20·6 + 5·12 + 10·9 + 15·13.
    let model = dense_model(
        &[
            (8.0, 0.0, INFINITY),
            (6.0, 0.0, INFINITY),
            (10.0, 0.0, INFINITY),
            (9.0, 0.0, INFINITY),
            (12.0, 0.0, INFINITY),
            (13.0, 0.0, INFINITY),
        ],
        &[
            (&[1.0, 1.0, 1.0, 0.0, 0.0, 0.0], -INFINITY, 0.0, &[]),
            (&[0.0, 0.0, 0.0, 1.0, 1.0, 1.0], -INFINITY, 0.0, &[]),
            (&[1.0, 0.0, 0.0, 1.0, 0.0, 0.0], 0.0, INFINITY, &[]),
            (&[0.0, 1.0, 0.0, 0.0, 1.0, 0.0], 0.0, INFINITY, &[]),
            (&[0.0, 0.0, 1.0, 0.0, 0.0, 1.0], 0.0, INFINITY, &[]),
        ],
    );
    let mut solver = make();
    solver.load(&Arc::new(model), &[], None);
    let objective = optimum(&mut *solver, &[20.0, 30.0, 10.0, 25.0, 15.0], &[], "transport");
    assert_close(objective, 465.0, TOLERANCE, "transport");

    // Beale's cycling example: optimum −1/20.
    let model = dense_model(
        &[(-0.75, 0.0, INFINITY), (150.0, 0.0, INFINITY), (-0.02, 0.0, INFINITY), (6.0, 0.0, INFINITY)],
        &[
            (&[0.25, -60.0, -0.04, 9.0], -INFINITY, 0.0, &[]),
            (&[0.5, -90.0, -0.02, 3.0], -INFINITY, 0.0, &[]),
            (&[0.0, 0.0, 1.0, 0.0], -INFINITY, 0.0, &[]),
        ],
    );
    solver.load(&Arc::new(model), &[], None);
    let objective = optimum(&mut *solver, &[0.0, 0.0, 1.0], &[], "Beale");
    assert_close(objective, -0.05, TOLERANCE, "Beale");
}

/// Thermals, deficit and excess of one bus: the cheapest serve first, the marginal one sets the dual.
///
/// # Panics
/// When the dispatch is another one.
pub fn segments_fill_in_order_of_cost(make: Make<'_>) {
    let unit = |cost, lower, upper| Segment { cost, lower, upper, coefficient: 1.0 };
    let segments = [
        unit(30.0, 0.0, 40.0),
        unit(10.0, 5.0, 50.0),
        // In another unit of its own: 2 MW for each unit of the segment, 25 per MW.
        Segment { cost: 50.0, lower: 0.0, upper: 10.0, coefficient: 2.0 },
        unit(1000.0, 0.0, INFINITY),
        Segment { cost: 0.5, lower: 0.0, upper: INFINITY, coefficient: -1.0 },
    ];
    let model = Arc::new(dense_model(&[(1.0, 0.0, 20.0)], &[(&[0.8], 0.0, 0.0, &segments)]));
    let mut solver = make();
    solver.load(&model, &[], None);
    // The hydro column gives 16 at 1.25 per MW.
    for (demand, cost, dual) in [
        (3.0, 50.0 + 0.5 * 2.0, -0.5),
        (40.0, 20.0 + 240.0, 10.0),
        (80.0, 20.0 + 500.0 + 14.0 * 25.0, 25.0),
        (100.0, 20.0 + 500.0 + 500.0 + 14.0 * 30.0, 30.0),
        (200.0, 20.0 + 500.0 + 500.0 + 1200.0 + 74.0 * 1000.0, 1000.0),
    ] {
        let place = format!("demand {demand}");
        let objective = optimum(&mut *solver, &[demand], &[], &place);
        assert_close(objective, cost, TOLERANCE, &place);
        assert_close(solver.solution().row_duals[0], dual, TOLERANCE, &place);
    }
}

/// A row between two values holds at either, and its dual takes the sign of the side.
///
/// # Panics
/// When it does not.
pub fn range_rows_hold_on_both_sides(make: Make<'_>) {
    let model = Arc::new(dense_model(&[(1.0, -50.0, 50.0), (3.0, -10.0, 0.0)], &[(&[1.0, -1.0], -2.0, 4.0, &[])]));
    let mut solver = make();
    solver.load(&model, &[], None);
    // minimise x + 3z: x falls and z falls until x − z = b − 2 or z reaches its bound.
    let objective = optimum(&mut *solver, &[7.0], &[], "lower side");
    assert_close(objective, -5.0 - 30.0, TOLERANCE, "lower side");
    assert_close(solver.solution().row_duals[0], 1.0, TOLERANCE, "lower side");
    // With b = −60 the upper side x − z ≤ −56 binds at x = −50, z = … which is out of z's bounds: infeasible.
    assert_eq!(solver.solve(&[-60.0], &[]), LpStatus::Infeasible);
    // With b = −50 it binds: x − z ≤ −46, so z ≥ −4 at x = −50.
    let objective = optimum(&mut *solver, &[-50.0], &[], "upper side");
    assert_close(objective, -50.0 - 12.0, TOLERANCE, "upper side");
    assert_close(solver.solution().row_duals[0], -3.0, TOLERANCE, "upper side");
}

/// A problem without a point, and one without a bound, are outcomes; the chain goes on after them.
///
/// # Panics
/// When a status is another one.
pub fn infeasible_and_unbounded_are_statuses(make: Make<'_>) {
    let model = Arc::new(dense_model(&[(1.0, 0.0, 10.0), (2.0, 0.0, 10.0)], &[(&[1.0, 1.0], 0.0, INFINITY, &[])]));
    let mut solver = make();
    solver.load(&model, &[], None);
    assert_eq!(solver.solve(&[30.0], &[]), LpStatus::Infeasible);
    let objective = optimum(&mut *solver, &[15.0], &[], "after an infeasible solve");
    assert_close(objective, 20.0, TOLERANCE, "after an infeasible solve");
    assert_eq!(solver.solve(&[30.0], &[]), LpStatus::Infeasible);
    assert_close(solver.solution().objective, 20.0, TOLERANCE, "the last optimum stays");

    let model =
        Arc::new(dense_model(&[(-1.0, 0.0, INFINITY), (1.0, 0.0, INFINITY)], &[(&[1.0, -1.0], -INFINITY, 5.0, &[])]));
    solver.load(&model, &[], None);
    let objective = optimum(&mut *solver, &[0.0], &[], "bounded");
    assert_close(objective, -5.0, TOLERANCE, "bounded");
    let model =
        Arc::new(dense_model(&[(-2.0, 0.0, INFINITY), (1.0, 0.0, INFINITY)], &[(&[1.0, -1.0], -INFINITY, 5.0, &[])]));
    solver.load(&model, &[], None);
    assert_eq!(solver.solve(&[0.0], &[]), LpStatus::Unbounded);
    assert!(matches!(solver.solve(&[f64::NAN], &[]), LpStatus::Failed(_)), "not a number is no right-hand side");
}

/// Every step of the ladder finds the optimum of a good problem, says so of a bad one, and leaves the chain usable.
///
/// # Panics
/// When it does not.
pub fn recovery_finds_the_optimum(make: Make<'_>) {
    for (seed, lp) in random_lps(300..308) {
        let mut solver = make();
        solver.load(&lp.model, &lp.cuts, None);
        let first = optimum(&mut *solver, &lp.rhs(0, 0), &lp.cut_rhs, &format!("seed {seed}"));
        let mut attempt = 0;
        while let Some(status) = solver.recover(attempt) {
            let place = format!("seed {seed}, step {attempt}");
            assert_eq!(status, LpStatus::Optimal, "{place}");
            assert_close(solver.solution().objective, first, TOLERANCE, &place);
            let next = optimum(&mut *solver, &lp.rhs(0, 1), &lp.cut_rhs, &place);
            let mut cold = make();
            cold.load(&lp.model, &lp.cuts, None);
            assert_close(next, optimum(&mut *cold, &lp.rhs(0, 1), &lp.cut_rhs, &place), TOLERANCE, &place);
            optimum(&mut *solver, &lp.rhs(0, 0), &lp.cut_rhs, &place);
            attempt += 1;
        }
        assert!(attempt > 0, "a solver needs at least one step of recovery");
    }
    let model = Arc::new(dense_model(&[(1.0, 0.0, 10.0), (2.0, 0.0, 10.0)], &[(&[1.0, 1.0], 0.0, INFINITY, &[])]));
    let mut solver = make();
    solver.load(&model, &[], None);
    assert_eq!(solver.solve(&[30.0], &[]), LpStatus::Infeasible);
    let mut attempt = 0;
    while let Some(status) = solver.recover(attempt) {
        assert_eq!(status, LpStatus::Infeasible, "step {attempt}");
        attempt += 1;
    }
}
