//! The gradient of a stage value against differences of stage values.

use cobre_engine::InflowNonNegativity;
use cobre_engine::subproblem::{Chain, Frame, Truncation, build_stage_problems};
use cobre_engine::test_models::RandomStudy;

use crate::setting::{make_solver, train_with};
use crate::states::States;

/// States that are tried per stage.
const N_STATES: usize = 8;
/// Step in hm³ or m³/s.
const STEP: f64 = 0.01;

/// Compares gradients at random states of every stage, under the cuts of a trained policy. In every component the
/// slopes to the left and to the right must enclose the gradient (the stage value is convex); where they agree, all
/// three must.
fn judge(name: &str, shape: &RandomStudy, truncation: Truncation) {
    let study = shape.build();
    let (result, _) = train_with(&study, 12, 3, 1).expect("training");
    let policy = &result.state.policy;
    let frame = Frame { study: &study, states: &policy.states };
    let problems = build_stage_problems(&study);
    let mut states = States::new(&study, shape.seed);
    let mut chain = Chain::new(make_solver());
    let (mut n_smooth, mut n_all, mut n_by_lag) = (0, 0, 0);
    let mut gradient = Vec::new();
    for (t, problem) in problems.iter().enumerate().skip(1) {
        for i in 0..N_STATES {
            let state = states.draw_inside(t).to_vector(&policy.states);
            let opening = i % study.openings.n_openings(t);
            chain.enter(frame, problem, &policy.pools[t], policy.bases[t].as_ref(), None);
            let value =
                |chain: &mut Chain, x: &[f64]| chain.solve(frame, problem, &policy.pools[t], x, opening, truncation);
            let here = value(&mut chain, &state).expect(name).value;
            chain.write_gradient(frame, problem, opening, &mut gradient);
            assert_eq!(gradient.len(), policy.states.dimension(), "{name}: stage {t}");
            for j in 0..gradient.len() {
                let mut moved = state.clone();
                moved[j] = state[j] + STEP;
                let right = (value(&mut chain, &moved).expect(name).value - here) / STEP;
                moved[j] = state[j] - STEP;
                let left = (here - value(&mut chain, &moved).expect(name).value) / STEP;
                // What rounding of the values leaves in a difference of them.
                let noise = 1e-12 * here.abs() / STEP + 1e-6 * gradient[j].abs().max(1.0);
                assert!(
                    left - noise <= gradient[j] && gradient[j] <= right + noise,
                    "{name}: stage {t}, opening {opening}, component {j}: gradient {} is not between {left} and {right}",
                    gradient[j]
                );
                n_all += 1;
                if right - left <= noise {
                    n_smooth += 1;
                    n_by_lag += usize::from(j >= policy.states.n_hydros() && gradient[j] != 0.0);
                }
            }
        }
    }
    println!("{name}: {n_smooth} of {n_all} differences are smooth, {n_by_lag} by a lag that matters");
    assert!(n_smooth * 10 >= n_all * 8, "{name}: only {n_smooth} of {n_all} components say something");
    assert_eq!(n_by_lag > 0, policy.states.n_lags() > 0, "{name}: {n_by_lag} slopes by lags");
}

#[test]
fn of_storage_alone() {
    judge("white noise", &RandomStudy { seed: 200, n_hydros: 3, ..RandomStudy::default() }, Truncation::Exact);
    let shape = RandomStudy {
        seed: 201,
        non_negativity: InflowNonNegativity::Truncation,
        inflow_variation: 1.1,
        ..RandomStudy::default()
    };
    judge("truncated white noise", &shape, Truncation::Exact);
}

#[test]
fn of_every_lag() {
    for ar_order in 1..=3 {
        let shape = RandomStudy {
            seed: 210 + ar_order as u64,
            ar_order,
            n_hydros: 3,
            n_blocks: 2,
            n_buses: 2,
            operational_limits: ar_order != 2,
            annual_discount_rate: 0.1,
            ..RandomStudy::default()
        };
        for truncation in [Truncation::Exact, Truncation::Relaxed] {
            judge(&format!("AR({ar_order}), {truncation:?}"), &shape, truncation);
        }
    }
}

#[test]
fn of_relaxed_inflow() {
    for ar_order in 1..=3 {
        let shape = RandomStudy {
            seed: 220 + ar_order as u64,
            ar_order,
            n_blocks: 2,
            non_negativity: InflowNonNegativity::Truncation,
            inflow_variation: 1.0,
            operational_limits: true,
            ..RandomStudy::default()
        };
        judge(&format!("truncation, AR({ar_order})"), &shape, Truncation::Relaxed);
    }
}
