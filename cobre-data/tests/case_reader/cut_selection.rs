//! Which cuts a training keeps, as the case asks for it.

use cobre_engine::cuts::{CutSelection, SelectionMethod, SelectionRule};
use serde_json::{Value, json};

use super::fixture::Fixture;

const CONFIG: &str = "config.json";

fn with(cut_selection: Value) -> Fixture {
    let mut fixture = Fixture::new();
    fixture.set(CONFIG, "/training/cut_selection", cut_selection);
    fixture
}

fn read(cut_selection: Value) -> CutSelection {
    let case = with(cut_selection).case();
    assert!(case.warnings.is_empty(), "{:?}", case.warnings);
    case.training.expect("training").cut_selection
}

fn by(method: SelectionMethod, check_frequency: u32) -> CutSelection {
    CutSelection { rule: Some(SelectionRule { method, check_frequency }), ..CutSelection::default() }
}

#[test]
fn methods_with_their_defaults() {
    let level_1 = |tie_tolerance| SelectionMethod::Level1 { tie_tolerance };
    let one_each = |tie_tolerance| SelectionMethod::LimitedMemoryLevel1 { tie_tolerance };
    let domination = |domination_tolerance| SelectionMethod::Domination { domination_tolerance };
    for (given, expected) in [
        (json!({"method": "level1"}), by(level_1(1e-10), 5)),
        (json!({"method": "level1", "tie_tolerance": 0, "check_frequency": 1}), by(level_1(0.0), 1)),
        (json!({"method": "lml1", "tie_tolerance": null}), by(one_each(1e-10), 5)),
        (json!({"method": "lml1", "tie_tolerance": 1e-6, "check_frequency": 9}), by(one_each(1e-6), 9)),
        (json!({"method": "domination", "domination_tolerance": 2.5}), by(domination(2.5), 5)),
    ] {
        assert_eq!(read(json!({ "selection": given })), expected);
    }
    for nothing in [json!({}), json!({"selection": null, "max_active_per_stage": null, "row_activity_tolerance": null})]
    {
        assert_eq!(read(nothing), CutSelection::default());
    }
    let capped = json!({"max_active_per_stage": 40, "row_activity_tolerance": 1e-6, "selection": {"method": "lml1"}});
    let expected =
        CutSelection { max_active_per_stage: Some(40), row_activity_tolerance: 1e-6, ..by(one_each(1e-10), 5) };
    assert_eq!(read(capped), expected);
}

#[test]
fn settings_that_make_no_sense() {
    let method = |rule: Value| json!({ "selection": rule });
    for (given, code, pointer) in [
        (json!({"row_activity_tolerance": -1e-9}), "schema.range", "/row_activity_tolerance"),
        (json!({"max_active_per_stage": 0}), "schema.range", "/max_active_per_stage"),
        (json!({"max_active_per_stage": 1.5}), "schema.type", "/max_active_per_stage"),
        (method(json!({})), "schema.missing_key", "/selection"),
        (method(json!({"method": "level2"})), "schema.unknown_value", "/selection/method"),
        (method(json!({"method": "level1", "check_frequency": 0})), "schema.range", "/selection/check_frequency"),
        (method(json!({"method": "level1", "tie_tolerance": -1e-9})), "schema.range", "/selection/tie_tolerance"),
        (method(json!({"method": "lml1", "tie_tolerance": "1"})), "schema.type", "/selection/tie_tolerance"),
        (method(json!({"method": "domination"})), "schema.missing_key", "/selection"),
        (
            method(json!({"method": "domination", "domination_tolerance": -1})),
            "schema.range",
            "/selection/domination_tolerance",
        ),
        (
            method(json!({"method": "level1", "domination_tolerance": 1})),
            "schema.unknown_key",
            "/selection/domination_tolerance",
        ),
        (
            method(json!({"method": "domination", "domination_tolerance": 1, "tie_tolerance": 1})),
            "schema.unknown_key",
            "/selection/tie_tolerance",
        ),
        (method(json!({"method": "lml1", "seed_window": 3})), "schema.unknown_key", "/selection/seed_window"),
        (method(json!({"method": "lml1", "memory": 3})), "schema.unknown_key", "/selection/memory"),
    ] {
        let errors = with(given.clone()).errors();
        let found: Vec<_> = errors.iter().map(|finding| (finding.code, finding.pointer.as_str())).collect();
        let pointer = format!("/training/cut_selection{pointer}");
        assert_eq!(found, [(code, pointer.as_str())], "{given}");
    }
}

#[test]
fn the_dynamic_method_is_refused_with_the_reason() {
    let errors = with(json!({"selection": {"method": "dynamic", "seed_window": 5}})).errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].code, "unsupported.dynamic_cut_selection");
    assert!(errors[0].message.contains("always add the cuts that are violated"), "{}", errors[0].message);
}

#[test]
fn what_is_selected_decides_the_bits_of_training() {
    let mut hashes = vec![Fixture::new().case().study_hash];
    // Spelled out, nothing is nothing.
    assert_eq!(with(json!({"selection": null})).case().study_hash, hashes[0]);
    for given in [
        json!({"row_activity_tolerance": 1e-6}),
        json!({"max_active_per_stage": 40}),
        json!({"selection": {"method": "level1"}}),
        json!({"selection": {"method": "level1", "check_frequency": 6}}),
        json!({"selection": {"method": "lml1"}}),
        json!({"selection": {"method": "lml1", "tie_tolerance": 1e-9}}),
        json!({"selection": {"method": "domination", "domination_tolerance": 1}}),
        json!({"selection": {"method": "domination", "domination_tolerance": 2}}),
    ] {
        let hash = with(given.clone()).case().study_hash;
        assert!(!hashes.contains(&hash), "{given}");
        hashes.push(hash);
    }
}
