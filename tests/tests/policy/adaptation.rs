//! A policy meets another study: matched by identity, bridged where that is sound, refused by name where it is not.

use cobre_data::policy::{StateKind, StoredPolicy, adapt, match_components, state_components};
use cobre_engine::Study;
use cobre_engine::sddp::{TrainingStart, train};
use cobre_engine::test_models::RandomStudy;

use super::files::{Files, stored};
use crate::setting::{control, training};

fn study_with(n_hydros: usize, ar_order: usize) -> Study {
    RandomStudy { seed: 51, n_hydros, ar_order, ..RandomStudy::default() }.build()
}

fn refusal(policy: &StoredPolicy, study: &Study) -> String {
    adapt(policy, study).expect_err("a policy that does not fit").to_string()
}

/// Turns the order of the components round, everywhere.
fn reverse(files: &mut Files) {
    files.change_manifest(|manifest| {
        manifest.components.reverse();
        manifest.initial_state.reverse();
    });
    files.change_cuts(|cuts| cuts.coefficients.chunks_exact_mut(cuts.dimension).for_each(<[f64]>::reverse));
}

#[test]
fn the_same_study_gets_the_same_cuts() {
    let study = study_with(2, 1);
    let (state, files) = stored(&study, 3, 2);
    let (policy, report) = adapt(&files.read(), &study).expect("the same study");
    assert_eq!(policy.pools, state.policy.pools);
    assert!(policy.bases.iter().all(Option::is_none));
    assert!(report.components.is_identical());
    assert_eq!((report.n_stages, report.n_cuts), (4, state.policy.n_cuts()));
    assert!(!report.to_string().contains("warning"), "{report}");
}

#[test]
fn another_order_of_components_is_put_right() {
    let study = study_with(2, 2);
    let (state, mut files) = stored(&study, 3, 2);
    reverse(&mut files);
    let turned = files.read();
    assert_ne!(turned.cuts()[0].to_pool().as_ref(), Ok(&state.policy.pools[0]));
    let (policy, report) = adapt(&turned, &study).expect("the same components");
    assert_eq!(policy.pools, state.policy.pools);
    assert!(!report.components.is_identical());
    let said = turned.to_training_state(&study).expect_err("another order").to_string();
    assert!(said.contains("warm_start"), "{said}");
}

#[test]
fn a_new_plant_gets_no_coefficient_and_a_warning() {
    let (old, new) = (study_with(2, 1), study_with(3, 1));
    let (state, files) = stored(&old, 3, 2);
    let policy = files.read();
    let (adapted, report) = adapt(&policy, &new).expect("a plant more");
    let new_components: Vec<_> = report.components.only_in_study.iter().map(|lone| lone.component.identity()).collect();
    assert_eq!(new_components, [(StateKind::Storage, 2, 0), (StateKind::InflowLag, 2, 1)]);
    let said = report.to_string();
    assert!(said.contains("only in the study: storage of plant 2"), "{said}");
    assert!(said.contains("may lie above the optimum"), "{said}");
    // Storage of plants 0, 1, 2, then their lags: components 2 and 5 are new.
    for (pool, old_pool) in adapted.pools.iter().zip(&state.policy.pools) {
        assert_eq!(pool.len(), old_pool.len());
        assert!(pool.intercepts().eq(old_pool.intercepts()));
        for (j, of_old) in [Some(0), Some(1), None, Some(2), Some(3), None].into_iter().enumerate() {
            match of_old {
                Some(i) => assert!(pool.component(j).eq(old_pool.component(i)), "component {j}"),
                None => assert!(pool.component(j).all(|coefficient| coefficient == 0.0), "component {j}"),
            }
        }
    }
    let warm = train(&new, &training(2, 2, 7), control(1), TrainingStart::WarmStart(adapted), &mut ());
    assert_eq!(warm.expect("training").iterations, 2);
    let json = serde_json::to_value(&report).expect("JSON");
    assert_eq!(json["components"]["only_in_study"][0]["component"]["entity_id"], 2);
    assert_eq!(json["components"]["matched"].as_array().map(Vec::len), Some(4));
}

#[test]
fn a_plant_that_is_gone_is_refused_by_name_unless_no_cut_depends_on_it() {
    let (old, new) = (study_with(3, 0), study_with(2, 0));
    let (_, mut files) = stored(&old, 3, 2);
    let said = refusal(&files.read(), &new);
    assert!(said.contains("the policy depends on the storage of plant 2"), "{said}");
    files.change_cuts(|cuts| cuts.coefficients.chunks_exact_mut(3).for_each(|row| row[2] = 0.0));
    let (policy, report) = adapt(&files.read(), &new).expect("no cut depends on it");
    assert_eq!(policy.pools[0].dimension(), 2);
    assert!(report.to_string().contains("only in the policy: storage of plant 2"), "{report}");
    assert!(report.to_string().contains("dropped"), "{report}");
}

#[test]
fn another_name_is_a_warning_and_another_unit_is_refused() {
    let study = study_with(2, 0);
    let (_, files) = stored(&study, 2, 2);
    let mut renamed = files.clone();
    renamed.change_manifest(|manifest| manifest.components[1].entity_name = "Itaipu".to_owned());
    let (_, report) = adapt(&renamed.read(), &study).expect("the same plant by its label");
    assert_eq!(report.components.renamed().count(), 1);
    assert!(report.to_string().contains("is named \"Itaipu\" in the policy"), "{report}");
    assert!(renamed.read().to_training_state(&study).is_ok(), "a name does not keep training from going on");

    let mut other_unit = files;
    other_unit.change_manifest(|manifest| manifest.components[1].unit = "ac ft".to_owned());
    let said = refusal(&other_unit.read(), &study);
    assert!(said.contains("is in ac ft in the policy, in hm3 in the study"), "{said}");
}

#[test]
fn other_stages_are_refused_with_what_differs() {
    let study = study_with(2, 0);
    let (_, files) = stored(&study, 2, 2);
    let longer = RandomStudy { seed: 51, n_stages: 5, ..RandomStudy::default() }.build();
    let said = refusal(&files.read(), &longer);
    assert!(said.contains("the policy has 4 stages where the study has 5"), "{said}");

    // A label is in the manifest and in the files of its stage; the study is what is changed.
    let mut moved = files;
    moved.change_manifest(|manifest| {
        for stage in &mut manifest.stages {
            stage.start_day = stage.start_day.map(|day| day + 30);
            stage.end_day = stage.end_day.map(|day| day + 30);
        }
    });
    let said = refusal(&moved.read(), &study);
    assert!(
        said.contains("stage 0 is 2024-11-03 to 2024-12-03 where the study has 2024-10-04 to 2024-11-03"),
        "{said}"
    );
    let said = moved.read().to_training_state(&study).expect_err("other dates").to_string();
    assert!(said.contains("other stages"), "{said}");
    moved.change_manifest(|manifest| {
        for stage in &mut manifest.stages {
            (stage.start_day, stage.end_day) = (None, None);
        }
    });
    assert!(adapt(&moved.read(), &study).is_ok(), "unknown dates are no difference");
}

#[test]
fn components_are_named_as_the_layout_orders_them() {
    let study = study_with(2, 2);
    let components = state_components(&study);
    let identities: Vec<_> = components.iter().map(|component| component.identity()).collect();
    let (storage, lag) = (StateKind::Storage, StateKind::InflowLag);
    let expected = [(storage, 0, 0), (storage, 1, 0), (lag, 0, 1), (lag, 1, 1), (lag, 0, 2), (lag, 1, 2)];
    assert_eq!(identities, expected);
    assert!(match_components(&components, &components).is_identical());
    assert_eq!(components[0].unit, "hm3");
    assert_eq!(components[5].to_string(), format!("inflow lag 2 of plant 1 ({})", study.system.hydros()[1].name));
}
