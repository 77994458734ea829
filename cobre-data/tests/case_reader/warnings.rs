//! What is accepted with a warning.

use serde_json::json;

use super::fixture::{Column, Fixture, table};

type Change = fn(&mut Fixture);

#[test]
fn each_warning_comes_alone_and_leaves_the_case_readable() {
    let changes: &[(&str, &str, Change)] = &[
        ("accepted.no_effect", "/training/solver", |f| {
            f.set("config.json", "/training/solver", json!({"retry_max_attempts": 3}));
        }),
        ("accepted.no_effect", "/simulation/io_channel_capacity", |f| {
            f.set("config.json", "/simulation/io_channel_capacity", json!(8));
        }),
        ("accepted.no_effect", "/policy/path", |f| f.set("config.json", "/policy/path", json!("elsewhere"))),
        ("accepted.no_effect", "/estimation/max_order", |f| {
            f.set("config.json", "/estimation", json!({"max_order": 3}));
        }),
        ("accepted.no_effect", "/hydros/0/efficiency", |f| {
            f.set("system/hydros.json", "/hydros/0/efficiency", json!({"type": "constant", "value": 0.9}));
        }),
        ("accepted.no_effect", "column reference_outflow_m3s", |f| {
            f.column("system/hydro_energy_productivity.parquet", "reference_outflow_m3s").set_number(0, Some(5.0));
        }),
        ("config.cost_scale_factor", "/modeling/cost_scale_factor", |f| {
            f.set("config.json", "/modeling/cost_scale_factor", json!(0.5));
        }),
        ("semantic.5b.34", "/stages/1/state_variables/inflow_lags", |f| {
            f.set("stages.json", "/stages/1/state_variables/inflow_lags", json!(false));
        }),
        ("semantic.5b.8", "/hydro/generation_violation_below_cost", |f| {
            f.set("penalties.json", "/hydro/generation_violation_below_cost", json!(2000.0));
        }),
        ("semantic.5b.10", "/hydro/outflow_violation_below_cost", |f| {
            f.set("penalties.json", "/hydro/outflow_violation_below_cost", json!(0.02));
        }),
        ("initial.storage", "/storage/0/value_hm3", |f| {
            f.set("initial_conditions.json", "/storage/0/value_hm3", json!(55.0));
        }),
        ("structural.unknown_file", "", |f| drop(f.raw.insert("system/hydro.json".into(), b"{}".to_vec()))),
        ("structural.unused_file", "", |f| {
            f.tables.insert("scenarios/noise_openings.parquet".into(), table(&[("stage_id", Column::ids(&[0]))]));
        }),
        ("semantic.5b.12", "", |f| {
            f.column("scenarios/inflow_seasonal_stats.parquet", "std_m3s").set_number(6, Some(0.0));
        }),
        ("correlation.no_noise", "/profiles/default/correlation_groups/1/entities/0/id", |f| {
            let group = json!({"name": "demand", "entities": [{"type": "load", "id": 10}], "matrix": [[1.0]]});
            f.push("scenarios/correlation.json", "/profiles/default/correlation_groups", group);
        }),
    ];
    for (code, pointer, change) in changes {
        let mut fixture = Fixture::new();
        change(&mut fixture);
        let warnings = fixture.case().warnings;
        let found: Vec<_> = warnings.iter().map(|warning| (warning.code, warning.pointer.as_str())).collect();
        assert_eq!(found, [(*code, *pointer)], "{warnings:#?}");
    }
}

#[test]
fn a_near_file_is_suggested() {
    let mut fixture = Fixture::new();
    fixture.raw.insert("system/hydro.json".into(), b"{}".to_vec());
    fixture.raw.insert("notes.md".into(), b"passed over".to_vec());
    fixture.raw.insert("expected.json".into(), b"{}".to_vec());
    let warnings = fixture.case().warnings;
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].hint.as_deref(), Some("did you mean \"system/hydros.json\"?"));
}

#[test]
fn stages_may_have_gaps_where_the_inflow_has_no_memory() {
    let mut fixture = Fixture::new();
    fixture.tables.remove("scenarios/inflow_ar_coefficients.parquet");
    fixture.tables.remove("scenarios/inflow_history.parquet");
    fixture.set("stages.json", "/stages/2/start_date", json!("2024-03-05"));
    let warnings = fixture.case().warnings;
    assert_eq!(warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), ["stages.gap"]);
}
