//! The value of a policy at a state is that of the engine, and its gradient that of the value.

use cobre_engine::subproblem::StateLayout;
use cobre_engine::test_models::RandomStudy;

use super::files::stored;

#[test]
fn the_value_is_the_engines_and_the_gradient_is_its_slope() {
    let study = RandomStudy { seed: 61, ar_order: 1, n_stages: 5, ..RandomStudy::default() }.build();
    let (state, files) = stored(&study, 8, 3);
    let policy = files.read_without_bases();
    let mut n_binding = 0;
    for (t, pool) in state.policy.pools.iter().enumerate() {
        let points = &policy.states()[t];
        for point in 0..points.len() {
            let x = points.state(point);
            let value = policy.value_at(t, x).expect("a state of the policy");
            assert_eq!(value.future_cost.to_bits(), pool.future_cost(x).to_bits());
            let Some(cut) = value.cut else {
                assert_eq!(value.future_cost, 0.0);
                continue;
            };
            n_binding += 1;
            let mut coefficients = Vec::new();
            pool.write_coefficients(cut, &mut coefficients);
            let gradient: Vec<f64> = value.components.iter().map(|component| component.gradient).collect();
            assert_eq!(gradient, coefficients);
            // A cut is a subgradient: no state may lie below it.
            for other in 0..points.len() {
                let y = points.state(other);
                let linear = gradient.iter().zip(x.iter().zip(y)).map(|(slope, (x, y))| slope * (y - x));
                let bound = value.future_cost + linear.sum::<f64>();
                assert!(pool.future_cost(y) >= bound - 1e-9 * bound.abs().max(1.0));
            }
        }
    }
    assert!(n_binding > 10, "only {n_binding} states with a binding cut");
    let last = policy.value_at(4, policy.states()[4].state(0)).expect("the last stage");
    assert_eq!((last.future_cost, last.cut), (0.0, None));
}

#[test]
fn a_value_is_told_to_people_and_programs() {
    let study = RandomStudy { seed: 61, ..RandomStudy::default() }.build();
    let (_, files) = stored(&study, 4, 2);
    let policy = files.read();
    let value = policy.value_at(0, &StateLayout::new(&study).initial(&study)).expect("the initial state");
    let text = value.to_string();
    assert!(text.starts_with("stage 0, state at the start of 2024-11-03\n"), "{text}");
    assert!(text.contains("storage of plant 1 (") && text.contains("gradient ($/unit)"), "{text}");
    let json = serde_json::to_value(&value).expect("JSON");
    assert_eq!(json["stage_id"], 0);
    assert_eq!(json["components"][1]["entity_id"], 1);
    assert_eq!(json["components"][1]["gradient"], value.components[1].gradient);
    assert!(value.components[0].gradient < 0.0, "water is worth something: {text}");
}

#[test]
fn states_and_stages_that_do_not_exist_are_refused() {
    let study = RandomStudy { seed: 61, ..RandomStudy::default() }.build();
    let policy = stored(&study, 2, 2).1.read();
    let said = policy.value_at(0, &[1.0]).expect_err("too short").to_string();
    assert!(said.contains("a state of 1 components, the policy has 2"), "{said}");
    let said = policy.value_at(9, &[1.0, 2.0]).expect_err("no such stage").to_string();
    assert!(said.contains("position 9"), "{said}");
    assert_eq!((policy.stage_index(3), policy.stage_index(4)), (Some(3), None));
}
