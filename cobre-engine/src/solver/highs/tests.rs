use super::{Highs, raw::Raw, version};
use crate::solver::conformance::{self, Make};
use crate::solver::{LpSolver, LpStatus};
use crate::test_models::{RandomLp, RandomLpSize};
use std::ffi::CString;

const MAKE: Make<'static> = &|| Box::new(Highs::new());

#[test]
fn known_optima() {
    conformance::known_optima(MAKE);
    conformance::segments_fill_in_order_of_cost(MAKE);
    conformance::range_rows_hold_on_both_sides(MAKE);
}

#[test]
fn outcomes_and_recovery() {
    conformance::infeasible_and_unbounded_are_statuses(MAKE);
    conformance::recovery_finds_the_optimum(MAKE);
}

#[test]
fn lazy_cuts() {
    conformance::lazy_cuts_give_the_optimum_of_all_cuts(MAKE);
}

#[test]
fn lost_cuts() {
    conformance::a_basis_that_names_lost_cuts_is_mended(MAKE);
}

#[test]
fn duals() {
    conformance::duals_are_finite_differences(MAKE);
}

#[test]
fn certificates() {
    conformance::random_optima_are_certified(MAKE);
}

#[test]
fn chains_see_no_other_chain() {
    conformance::a_chain_sees_no_other_chain(MAKE);
}

#[test]
fn basis_round_trip() {
    conformance::a_round_trip_of_the_basis_costs_no_iteration(MAKE);
}

#[test]
fn hot_equals_cold() {
    conformance::hot_solves_equal_cold_solves(MAKE);
}

#[test]
fn the_version_is_that_of_the_bundled_source() {
    assert!(version().starts_with("1.15"), "{}", version());
}

#[test]
fn an_instance_moves_to_another_thread() {
    let lp = RandomLp::new(3, RandomLpSize::SMALL);
    let mut solver = Highs::new();
    solver.load(&lp.model, &lp.cuts, None);
    assert_eq!(solver.solve(&lp.rhs(0, 0), &lp.cut_rhs), LpStatus::Optimal);
    let mut other = Highs::new();
    let here = |solver: &mut Highs| {
        solver.load(&lp.model, &lp.cuts, None);
        assert_eq!(solver.solve(&lp.rhs(0, 1), &lp.cut_rhs), LpStatus::Optimal);
        solver.solution().clone()
    };
    let there = std::thread::scope(|scope| scope.spawn(|| here(&mut solver)).join());
    assert_eq!(there.ok(), Some(here(&mut other)));
}

#[test]
fn a_right_hand_side_that_is_no_number_does_not_spoil_the_chain() {
    let lp = RandomLp::new(4, RandomLpSize::SMALL);
    let mut solver = Highs::new();
    solver.load(&lp.model, &lp.cuts, None);
    assert_eq!(solver.solve(&lp.rhs(0, 0), &lp.cut_rhs), LpStatus::Optimal);
    let mut bad = lp.rhs(0, 0);
    bad[2] = f64::NAN;
    assert!(matches!(solver.solve(&bad, &lp.cut_rhs), LpStatus::Failed(_)));
    assert_eq!(solver.recover(0), None, "nothing can be recovered from no data");
    assert_eq!(solver.solve(&lp.rhs(0, 0), &lp.cut_rhs), LpStatus::Optimal);
}

#[test]
fn a_dump_read_by_another_reader_has_the_same_optimum() {
    for seed in 0..6 {
        let lp = RandomLp::new(seed, RandomLpSize { n_cuts: 5 * seed as usize, ..RandomLpSize::SMALL });
        let mut solver = Highs::new();
        solver.load(&lp.model, &lp.cuts, None);
        assert_eq!(solver.solve(&lp.rhs(0, 0), &lp.cut_rhs), LpStatus::Optimal);
        let path = std::env::temp_dir().join(format!("cobre-dump-{}-{seed}.lp", std::process::id()));
        std::fs::write(&path, solver.dump()).expect("the dump can be written");
        let mut reader = Raw::new();
        super::options::configure(&mut reader).expect("the options are known");
        let found = reader
            .solve_file(&CString::new(path.to_str().expect("the path is text")).expect("the path has no zero byte"));
        std::fs::remove_file(&path).expect("the dump can be removed");
        let expected = solver.solution().objective;
        let found = found.expect("the file has an optimum");
        assert!((found - expected).abs() <= 1e-9 * expected.abs(), "seed {seed}: {found} against {expected}");
    }
}
