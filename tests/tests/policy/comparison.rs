//! Two policies side by side.

use cobre_data::policy::compare;
use cobre_engine::test_models::RandomStudy;

use super::files::stored;

fn shape(n_hydros: usize) -> RandomStudy {
    RandomStudy { seed: 81, n_hydros, ar_order: 1, n_stages: 5, ..RandomStudy::default() }
}

#[test]
fn a_policy_does_not_differ_from_itself() {
    let policy = stored(&shape(2).build(), 4, 3).1.read();
    let comparison = compare(&policy, &policy, &[vec![1.0, 2.0, 3.0, 4.0]]).expect("a comparison");
    assert_eq!(comparison.stages.len(), 5);
    for stage in &comparison.stages {
        assert_eq!((stage.max_relative_difference, stage.mean_relative_difference), (0.0, 0.0));
        assert_eq!(stage.initial_value[0], stage.initial_value[1]);
        assert_eq!(stage.n_states, 1 + 1 + 3 + 3);
    }
    assert!(comparison.components.is_identical());
}

#[test]
fn more_iterations_raise_the_values() {
    let study = shape(2).build();
    let (early, late) = (stored(&study, 2, 2).1.read(), stored(&study, 12, 2).1.read());
    let comparison = compare(&early, &late, &[]).expect("a comparison");
    assert_eq!(comparison.iterations, [2, 12]);
    assert!(comparison.n_cuts[0] < comparison.n_cuts[1]);
    let mut largest = 0.0f64;
    for (t, stage) in comparison.stages.iter().enumerate() {
        let [one, other] = stage.initial_value;
        assert!(other >= one * (1.0 - 1e-9), "stage {t}: {one} and {other}");
        let initial = policy_value(&early, t);
        assert_eq!(one, initial);
        assert!(stage.worst_value[1] >= stage.worst_value[0]);
        assert!(stage.mean_relative_difference <= stage.max_relative_difference);
        largest = largest.max(stage.max_relative_difference);
    }
    assert!(largest > 1e-6, "ten more iterations change nothing");
    let text = comparison.to_string();
    assert!(text.contains("iterations") && text.contains("largest difference"), "{text}");
    assert_eq!(serde_json::to_value(&comparison).expect("JSON")["n_cuts"][1], comparison.n_cuts[1]);
}

fn policy_value(policy: &cobre_data::policy::StoredPolicy, t: usize) -> f64 {
    policy.value_at(t, &policy.manifest().initial_state).expect("the initial state").future_cost
}

#[test]
fn components_are_compared_by_identity_not_by_position() {
    let (_, files) = stored(&shape(2).build(), 4, 2);
    let policy = files.read();
    let mut turned = files;
    turned.change_manifest(|manifest| {
        manifest.components.reverse();
        manifest.initial_state.reverse();
    });
    turned.change_cuts(|cuts| cuts.coefficients.chunks_exact_mut(4).for_each(<[f64]>::reverse));
    turned.change_manifest(|manifest| manifest.parts.retain(|part| !part.path.starts_with("states/")));
    let comparison = compare(&policy, &turned.read(), &[]).expect("a comparison");
    for stage in &comparison.stages {
        assert!(stage.max_relative_difference < 1e-12, "{stage:?}");
        assert_eq!(stage.n_states, 1 + 2);
    }
    assert!(comparison.stages[0].initial_value[0] > 0.0);
}

#[test]
fn policies_of_different_systems_are_compared_where_they_meet() {
    let one = stored(&shape(2).build(), 3, 2).1.read();
    let longer = RandomStudy { n_stages: 6, ..shape(3) }.build();
    let other = stored(&longer, 3, 2).1.read();
    let comparison = compare(&one, &other, &[]).expect("a comparison");
    assert_eq!(comparison.stages.len(), 5);
    assert_eq!((comparison.only_in_first.as_slice(), comparison.only_in_second.as_slice()), (&[][..], &[5][..]));
    assert_eq!(comparison.components.only_in_study.len(), 2);
    let text = comparison.to_string();
    assert!(text.contains("only in the second policy: storage of plant 2"), "{text}");
    assert!(text.contains("only in the second policy: stages 5"), "{text}");
    for (stage, cuts) in comparison.stages.iter().zip(one.cuts()) {
        assert_eq!(stage.n_states, 1 + 2 + 2);
        assert_eq!(stage.initial_value[0], policy_value(&one, cuts.stage.stage_index as usize));
    }
    let said = compare(&one, &other, &[vec![1.0]]).expect_err("a short state").to_string();
    assert!(said.contains("a state of 1 components, the policy has 4"), "{said}");
}
