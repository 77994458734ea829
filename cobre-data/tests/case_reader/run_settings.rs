//! Where a run starts from, what it keeps and what it writes.

use std::collections::{BTreeMap, BTreeSet};

use cobre_data::case::{Checkpointing, Exports, PolicyMode, PolicyOptions};
use cobre_data::output::schema::{TablePhase, phase_tables};
use cobre_data::output::{PageCompression, PartitionKey, ResultOptions};
use serde_json::{Value, json};

use super::fixture::Fixture;

const CONFIG: &str = "config.json";

fn with(settings: &[(&str, Value)]) -> Fixture {
    let mut fixture = Fixture::new();
    for (pointer, value) in settings {
        fixture.set(CONFIG, pointer, value.clone());
    }
    fixture
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// Code and pointer of every error.
fn errors(fixture: &Fixture) -> Vec<(&'static str, String)> {
    fixture.errors().into_iter().map(|finding| (finding.code, finding.pointer)).collect()
}

/// Code and pointer of every warning of a valid case.
fn warnings(fixture: &Fixture) -> Vec<(&'static str, String)> {
    fixture.case().warnings.into_iter().map(|finding| (finding.code, finding.pointer)).collect()
}

#[test]
fn a_run_that_says_nothing_trains_fresh_and_writes_everything() {
    let case = Fixture::new().case();
    assert_eq!(case.policy, PolicyOptions { path: None, mode: PolicyMode::Fresh });
    assert_eq!(case.checkpointing, None);
    assert_eq!(case.exports, Exports { states: false, stochastic: false, results: ResultOptions::default() });
}

#[test]
fn the_policy_that_training_starts_from() {
    for (text, mode) in [("warm_start", PolicyMode::WarmStart), ("resume", PolicyMode::Resume)] {
        let case = with(&[("/policy/mode", json!(text)), ("/policy/path", json!("run=3"))]).case();
        assert_eq!(case.policy, PolicyOptions { path: Some("run=3".into()), mode });
        assert!(case.warnings.is_empty(), "{:?}", case.warnings);
        assert!(case.training.is_some());
    }
    for default in ["./policy", "policy", "./policy/"] {
        let case = with(&[("/policy/mode", json!("resume")), ("/policy/path", json!(default))]).case();
        assert_eq!(case.policy.path, None, "{default}");
    }
    let near = with(&[("/policy/mode", json!("warmstart"))]).errors();
    assert_eq!(near[0].code, "schema.unknown_value");
    assert_eq!(near[0].hint.as_deref(), Some("did you mean \"warm_start\"?"));
    assert_eq!(
        errors(&with(&[("/policy/path", json!(" "))])),
        [("config.policy_path", "/policy/path".to_owned())],
        "an empty path"
    );
}

#[test]
fn without_training_a_stored_policy_is_simulated() {
    let mut fixture = with(&[("/training/enabled", json!(false)), ("/policy/path", json!("s3://bucket/study"))]);
    let case = fixture.case();
    assert_eq!(case.training, None);
    assert_eq!(case.policy.path.as_deref(), Some("s3://bucket/study"));
    assert!(case.warnings.is_empty(), "{:?}", case.warnings);
    assert_eq!(case.simulation.as_ref().map(|simulation| simulation.seed), Some(11), "seed of training");

    fixture.set(CONFIG, "/policy/checkpointing", json!({"enabled": true, "interval_iterations": 2}));
    fixture.set(CONFIG, "/exports", json!({"states": true}));
    let mut found = warnings(&fixture);
    found.sort();
    let no_effect = |pointer: &str| ("accepted.no_effect", pointer.to_owned());
    assert_eq!(found, [no_effect("/exports/states"), no_effect("/policy/checkpointing")]);
    let case = fixture.case();
    assert_eq!((case.checkpointing, case.exports.states), (None, false));

    fixture.set(CONFIG, "/training/selection/forward_passes", json!(0));
    assert_eq!(errors(&fixture), [("schema.range", "/training/selection/forward_passes".to_owned())], "still checked");
}

#[test]
fn a_run_has_something_to_do() {
    let nothing = [("config.nothing_to_do", "/training/enabled".to_owned())];
    assert_eq!(errors(&with(&[("/training/enabled", json!(false)), ("/simulation/enabled", json!(false))])), nothing);
    let mut fixture = with(&[("/training/enabled", json!(false))]);
    fixture.remove(CONFIG, "/simulation");
    assert_eq!(errors(&fixture), nothing);
    let broken = with(&[("/training/enabled", json!(false)), ("/simulation/enabled", json!("yes"))]);
    assert_eq!(errors(&broken), [("schema.type", "/simulation/enabled".to_owned())], "not twice");
}

#[test]
fn checkpoints() {
    let read = |value: Value| with(&[("/policy/checkpointing", value)]).case().checkpointing;
    let expected = Checkpointing { initial_iteration: 10, interval_iterations: 10, store_basis: true, compress: false };
    assert_eq!(read(json!({"enabled": true, "interval_iterations": 10})), Some(expected));
    let all = json!({"enabled": true, "initial_iteration": 3, "interval_iterations": 5, "store_basis": false,
                     "compress": true});
    let expected = Checkpointing { initial_iteration: 3, interval_iterations: 5, store_basis: false, compress: true };
    assert_eq!(read(all), Some(expected));
    assert_eq!(read(json!({"enabled": false})), None);
    assert_eq!(read(json!({})), None);
}

#[test]
fn checkpoints_that_make_no_sense() {
    let found = |value: Value| errors(&with(&[("/policy/checkpointing", value)]));
    let at = |code, key: &str| vec![(code, format!("/policy/checkpointing{key}"))];
    assert_eq!(found(json!({"enabled": true})), at("schema.missing_key", ""));
    assert_eq!(found(json!({"enabled": true, "interval_iterations": 0})), at("schema.range", "/interval_iterations"));
    let initial = json!({"enabled": true, "interval_iterations": 1, "initial_iteration": 0});
    assert_eq!(found(initial), at("schema.range", "/initial_iteration"));
    assert_eq!(found(json!({"compress": 1})), at("schema.type", "/compress"));
    let off = with(&[("/policy/checkpointing", json!({"interval_iterations": 5, "compress": true}))]);
    let pointers: Vec<String> = warnings(&off).into_iter().map(|warning| warning.1).collect();
    assert_eq!(pointers, ["/policy/checkpointing/interval_iterations", "/policy/checkpointing/compress"]);
}

#[test]
fn results_as_asked_for() {
    let results = json!({
        "tables": ["hydros", "costs"],
        "columns": {"hydros": ["turbined_m3s", "hydro_id"]},
        "compression": "zstd", "compression_level": 9,
        "max_rows_per_file": 1000, "partition_by": "stage_id", "bucket_size": 7, "aggregates_only": false
    });
    let case = with(&[("/exports", json!({"states": true, "stochastic": true, "results": results}))]).case();
    let expected = ResultOptions {
        tables: Some(names(&["costs", "hydros"])),
        columns: BTreeMap::from([("hydros".to_owned(), names(&["hydro_id", "turbined_m3s"]))]),
        compression: PageCompression::Zstd { level: 9 },
        max_rows_per_file: Some(1000),
        partition_by: PartitionKey::StageId,
        bucket_size: Some(7),
        aggregates_only: false,
    };
    assert_eq!(case.exports, Exports { states: true, stochastic: true, results: expected });
    assert_eq!(case.simulation.map(|simulation| simulation.bucket_size), Some(7));
    assert!(case.warnings.is_empty(), "{:?}", case.warnings);

    let aggregates = with(&[("/exports", json!({"results": {"aggregates_only": true}}))]).case();
    assert!(aggregates.exports.results.aggregates_only);
    for table in phase_tables(TablePhase::Simulation) {
        let case = with(&[("/exports", json!({"results": {"tables": [table.name]}}))]).case();
        assert_eq!(case.exports.results.tables, Some(names(&[table.name])));
    }
}

#[test]
fn compressions() {
    for (text, expected) in [
        ("zstd", PageCompression::Zstd { level: 1 }),
        ("snappy", PageCompression::Snappy),
        ("lz4", PageCompression::Lz4Raw),
        ("none", PageCompression::Uncompressed),
    ] {
        let case = with(&[("/exports", json!({"results": {"compression": text}}))]).case();
        assert_eq!(case.exports.results.compression, expected);
    }
    let case = with(&[("/exports", json!({"results": {"compression_level": 22}}))]).case();
    assert_eq!(case.exports.results.compression, PageCompression::Zstd { level: 22 });
}

#[test]
fn results_that_make_no_sense() {
    let found = |value: Value| errors(&with(&[("/exports", json!({"results": value}))]));
    let at = |code, pointer: &str| vec![(code, format!("/exports/results{pointer}"))];
    let unknown = "schema.unknown_value";
    let contradiction = "config.results";
    assert_eq!(found(json!({"tables": ["hydro"]})), at(unknown, "/tables/0"));
    assert_eq!(found(json!({"tables": ["convergence"]})), at(unknown, "/tables/0"), "a table of training");
    assert_eq!(found(json!({"tables": []})), at(contradiction, "/tables"));
    assert_eq!(found(json!({"tables": "hydros"})), at("schema.type", "/tables"));
    assert_eq!(found(json!({"columns": {"hydroes": ["hydro_id"]}})), at(unknown, "/columns/hydroes"));
    assert_eq!(found(json!({"columns": {"hydros": ["turbine_m3s"]}})), at(unknown, "/columns/hydros/0"));
    assert_eq!(found(json!({"columns": {"hydros": []}})), at(contradiction, "/columns/hydros"));
    let unused = json!({"tables": ["costs"], "columns": {"hydros": ["turbined_m3s"]}});
    assert_eq!(found(unused), at(contradiction, "/columns/hydros"));
    assert_eq!(found(json!({"compression": "gzip"})), at(unknown, "/compression"));
    assert_eq!(found(json!({"compression_level": 23})), at("schema.range", "/compression_level"));
    let level = json!({"compression": "snappy", "compression_level": 3});
    assert_eq!(found(level), at(contradiction, "/compression_level"));
    assert_eq!(found(json!({"max_rows_per_file": 0})), at("schema.range", "/max_rows_per_file"));
    assert_eq!(found(json!({"bucket_size": 0})), at("schema.range", "/bucket_size"));
    assert_eq!(found(json!({"partition_by": "hydro_id"})), at(unknown, "/partition_by"));
    assert_eq!(found(json!({"table": []})), at("schema.unknown_key", "/table"));
}

#[test]
fn near_names_of_tables_and_columns_are_suggested() {
    let hint = |value: Value| with(&[("/exports", json!({"results": value}))]).errors().remove(0).hint;
    let suggestion = |name: &str| Some(format!("did you mean \"{name}\"?"));
    assert_eq!(hint(json!({"tables": ["hydro"]})), suggestion("hydros"));
    assert_eq!(hint(json!({"columns": {"hydroes": []}})), suggestion("hydros"));
    assert_eq!(hint(json!({"columns": {"hydros": ["turbine_m3s"]}})), suggestion("turbined_m3s"));
}

#[test]
fn the_study_hash_covers_what_decides_the_bits_of_training_and_nothing_else() {
    let expected = Fixture::new().case();
    assert_eq!(expected.study_hash.len(), 64);
    assert_ne!(expected.study_hash, expected.case_hash);
    let same: &[(&str, Value)] = &[
        ("/training/stopping_rules", json!([{"type": "iteration_limit", "limit": 99}])),
        ("/training/stopping_mode", json!("any")),
        ("/training/enabled", json!(false)),
        ("/simulation", json!({"enabled": true, "scenario_source": {"seed": 4}})),
        ("/policy", json!({"mode": "resume", "path": "run=1"})),
        ("/exports", json!({"states": true, "results": {"bucket_size": 3}})),
        ("/training/scenario_source", json!({"seed": -11})),
    ];
    for change in same {
        let case = with(std::slice::from_ref(change)).case();
        assert_eq!(case.study_hash, expected.study_hash, "{}", change.0);
        assert_ne!(case.case_hash, expected.case_hash, "{}", change.0);
    }
    let others: &[(&str, Value)] = &[
        ("/training/selection/forward_passes", json!(4)),
        ("/training/tree_seed", json!(8)),
        ("/training/scenario_source/seed", json!(12)),
        ("/modeling/inflow_non_negativity/method", json!("truncation_with_penalty")),
        ("/modeling/cost_scale_factor", json!(2000.0)),
    ];
    let mut hashes = BTreeSet::from([expected.study_hash.clone()]);
    for change in others {
        assert!(hashes.insert(with(std::slice::from_ref(change)).case().study_hash), "{}", change.0);
    }
    let mut other = Fixture::new();
    other.set("system/thermals.json", "/thermals/0/cost_per_mwh", json!(81.0));
    assert!(hashes.insert(other.case().study_hash));
    let mut notes = Fixture::new();
    notes.raw.insert("README.md".into(), b"notes".to_vec());
    assert_eq!(notes.case().study_hash, expected.study_hash);
}

#[test]
fn a_scale_that_is_spelled_out_is_the_same_study() {
    let mut fixture = Fixture::new();
    fixture.remove(CONFIG, "/modeling/cost_scale_factor");
    let natural = fixture.case();
    fixture.set(CONFIG, "/modeling/cost_scale_factor", json!(natural.study.cost_scale_factor));
    assert_eq!(fixture.case().study_hash, natural.study_hash);
}

#[test]
fn results_without_a_simulation_have_no_effect() {
    let fixture = with(&[("/simulation/enabled", json!(false)), ("/exports", json!({"results": {"bucket_size": 3}}))]);
    assert_eq!(warnings(&fixture), [("accepted.no_effect", "/exports/results".to_owned())]);
}
