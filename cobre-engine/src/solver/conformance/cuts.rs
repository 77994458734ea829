//! Cut rows that come and go.

use super::{Make, assert_close, optimum, random_lps};
use crate::solver::{Basis, LpStatus};

/// Cut rows added one after the other, while any is violated, lead to the optimum of all cuts at once.
///
/// # Panics
/// When they do not.
pub fn lazy_cuts_give_the_optimum_of_all_cuts(make: Make<'_>) {
    let mut n_added = 0;
    for (seed, lp) in random_lps(0..24) {
        let place = format!("seed {seed}");
        let mut all = make();
        all.load(&lp.model, &lp.cuts, None);
        let expected = optimum(&mut *all, &lp.rhs(0, 0), &lp.cut_rhs, &place);

        let Some(theta) = lp.model.theta else { continue };
        let mut lazy = make();
        lazy.load(&lp.model, &[], None);
        let mut waiting: Vec<usize> = (0..lp.cuts.len()).collect();
        let mut cut_rhs = Vec::new();
        let mut objective = optimum(&mut *lazy, &lp.rhs(0, 0), &cut_rhs, &place);
        loop {
            let x = &lazy.solution().columns;
            let violation = |&cut: &usize| {
                let height: f64 =
                    lp.cuts[cut].coefficients.iter().zip(&lp.model.state_columns).map(|(beta, &j)| beta * x[j]).sum();
                lp.cut_rhs[cut] + height - x[theta]
            };
            let worst = (0..waiting.len())
                .max_by(|&a, &b| violation(&waiting[a]).total_cmp(&violation(&waiting[b])))
                .filter(|&place| violation(&waiting[place]) > 1e-7);
            let Some(worst) = worst else { break };
            let cut = waiting.remove(worst);
            lazy.add_cut_rows(std::slice::from_ref(&lp.cuts[cut]));
            cut_rhs.push(lp.cut_rhs[cut]);
            n_added += 1;
            let next = optimum(&mut *lazy, &lp.rhs(0, 0), &cut_rhs, &place);
            assert!(next >= objective - 1e-7 * objective.abs().max(1.0), "{place}: a cut lowered the optimum");
            objective = next;
            assert_eq!(lazy.solution().cut_duals.len(), cut_rhs.len());
        }
        assert_close(objective, expected, 1e-9, &place);
    }
    assert!(n_added > 20, "the problems hardly need their cuts ({n_added} added)");
}

/// A basis may name cuts that are not loaded, and may come from another set of cuts: the chain starts all the same.
///
/// # Panics
/// When it fails, or finds another optimum.
pub fn a_basis_that_names_lost_cuts_is_mended(make: Make<'_>) {
    let mut n_lost = 0;
    for (seed, lp) in random_lps(100..124) {
        let place = format!("seed {seed}");
        let mut solver = make();
        solver.load(&lp.model, &lp.cuts, None);
        optimum(&mut *solver, &lp.rhs(0, 0), &lp.cut_rhs, &place);
        let mut basis = Basis::default();
        solver.write_basis(&mut basis);
        for kept in [0, lp.cuts.len() / 2] {
            let known = |id: &u32| lp.cuts[..kept].iter().any(|cut| cut.id == *id);
            n_lost += basis.cuts.iter().filter(|id| !known(id)).count();
            let mut cold = make();
            cold.load(&lp.model, &lp.cuts[..kept], None);
            let expected = optimum(&mut *cold, &lp.rhs(0, 0), &lp.cut_rhs[..kept], &place);
            let mut warm = make();
            warm.load(&lp.model, &lp.cuts[..kept], Some(&basis));
            let found = optimum(&mut *warm, &lp.rhs(0, 0), &lp.cut_rhs[..kept], &place);
            assert_close(found, expected, 1e-9, &place);
            // What is written afterwards is whole again.
            let mut mended = Basis::default();
            warm.write_basis(&mut mended);
            warm.load(&lp.model, &lp.cuts[..kept], Some(&mended));
            assert_eq!(warm.solve(&lp.rhs(0, 0), &lp.cut_rhs[..kept]), LpStatus::Optimal, "{place}");
            assert_eq!(warm.solution().simplex_iterations, 0, "{place}");
        }
        // Cuts that the basis never saw enter as slack.
        let mut few = make();
        few.load(&lp.model, &lp.cuts[..lp.cuts.len() / 2], None);
        optimum(&mut *few, &lp.rhs(0, 0), &lp.cut_rhs[..lp.cuts.len() / 2], &place);
        few.write_basis(&mut basis);
        let mut more = make();
        more.load(&lp.model, &lp.cuts, Some(&basis));
        let expected = optimum(&mut *solver, &lp.rhs(0, 0), &lp.cut_rhs, &place);
        assert_close(optimum(&mut *more, &lp.rhs(0, 0), &lp.cut_rhs, &place), expected, 1e-9, &place);
    }
    assert!(n_lost > 10, "the bases hardly name a cut ({n_lost} lost)");
}
