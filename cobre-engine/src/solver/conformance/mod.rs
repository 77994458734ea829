//! Conformance suite of [`LpSolver`]: what every solver of the toolkit must pass.
//!
//! Each property is a function that takes a maker of solvers and panics, with the place, where the property fails.
//! A solver's own tests call [`run`], or the properties one by one.

mod chains;
mod cuts;
mod duals;
mod optima;

pub use chains::{
    a_chain_sees_no_other_chain, a_round_trip_of_the_basis_costs_no_iteration, hot_solves_equal_cold_solves,
};
pub use cuts::{a_basis_that_names_lost_cuts_is_mended, lazy_cuts_give_the_optimum_of_all_cuts};
pub use duals::{duals_are_finite_differences, random_optima_are_certified};
pub use optima::{
    infeasible_and_unbounded_are_statuses, known_optima, range_rows_hold_on_both_sides, recovery_finds_the_optimum,
    segments_fill_in_order_of_cost,
};

use super::{LpColumn, LpModel, LpSolver, LpStatus, Segment};
use crate::test_models::{RandomLp, RandomLpSize};

/// Makes a fresh solver.
pub type Make<'a> = &'a dyn Fn() -> Box<dyn LpSolver>;

/// Checks every property.
///
/// # Panics
/// At the first property that does not hold.
pub fn run(make: Make<'_>) {
    known_optima(make);
    segments_fill_in_order_of_cost(make);
    range_rows_hold_on_both_sides(make);
    infeasible_and_unbounded_are_statuses(make);
    recovery_finds_the_optimum(make);
    lazy_cuts_give_the_optimum_of_all_cuts(make);
    a_basis_that_names_lost_cuts_is_mended(make);
    duals_are_finite_differences(make);
    random_optima_are_certified(make);
    a_chain_sees_no_other_chain(make);
    a_round_trip_of_the_basis_costs_no_iteration(make);
    hot_solves_equal_cold_solves(make);
}

/// A model from dense rows: `(entries, low, high, segments)`.
fn dense_model(columns: &[(f64, f64, f64)], rows: &[(&[f64], f64, f64, &[Segment])]) -> LpModel {
    let mut model = LpModel { column_starts: vec![0], segment_starts: vec![0], ..LpModel::default() };
    for (j, &(cost, lower, upper)) in columns.iter().enumerate() {
        model.columns.push(LpColumn { cost, lower, upper });
        for (i, (entries, ..)) in rows.iter().enumerate() {
            if entries[j] != 0.0 {
                model.entry_rows.push(i as u32);
                model.entry_values.push(entries[j]);
            }
        }
        model.column_starts.push(model.entry_rows.len());
    }
    for &(_, low, high, segments) in rows {
        model.row_ranges.push((low, high));
        model.segments.extend_from_slice(segments);
        model.segment_starts.push(model.segments.len());
    }
    model
}

/// Problems of several shapes, from the seeds given.
fn random_lps(seeds: std::ops::Range<u64>) -> impl Iterator<Item = (u64, RandomLp)> {
    seeds.map(|seed| {
        let size = match seed % 4 {
            0 => RandomLpSize::SMALL,
            1 => RandomLpSize { n_hydros: 1, n_buses: 1, n_blocks: 1, n_thermals: 2, n_cuts: 3 },
            2 => RandomLpSize { n_hydros: 7, n_buses: 2, n_blocks: 2, n_thermals: 5, n_cuts: 40 },
            _ => RandomLpSize { n_hydros: 3, n_buses: 3, n_blocks: 1, n_thermals: 3, n_cuts: 0 },
        };
        (seed, RandomLp::new(seed, size))
    })
}

/// Solves and returns the objective.
fn optimum(solver: &mut dyn LpSolver, rhs: &[f64], cut_rhs: &[f64], place: &str) -> f64 {
    let status = solver.solve(rhs, cut_rhs);
    assert_eq!(status, LpStatus::Optimal, "{place}");
    solver.solution().objective
}

fn assert_close(found: f64, expected: f64, tolerance: f64, place: &str) {
    let error = (found - expected).abs() / expected.abs().max(1.0);
    assert!(error <= tolerance, "{place}: found {found}, expected {expected}, relative error {error:e}");
}
