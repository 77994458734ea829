//! What the format knows and the reader does not support is refused by name.

use std::collections::BTreeSet;

use serde_json::json;

use super::fixture::{Column, Fixture, table};

const CONFIG: &str = "config.json";
const STAGES: &str = "stages.json";
const HYDROS: &str = "system/hydros.json";
const RANGE: &str = "/production_models/0/stage_ranges/0/model";

type Change = fn(&mut Fixture);

fn refuse(changes: &[(&str, Change)]) {
    let mut failures = Vec::new();
    for (code, change) in changes {
        let mut fixture = Fixture::new();
        change(&mut fixture);
        let errors = fixture.errors();
        let codes: BTreeSet<String> = errors.iter().map(|finding| finding.code.to_owned()).collect();
        if codes != BTreeSet::from([format!("unsupported.{code}")]) {
            failures.push(format!("expected unsupported.{code}, found {errors:#?}"));
        } else if errors.iter().any(|finding| finding.hint.is_none() || finding.file.is_empty()) {
            failures.push(format!("no hint or file: {errors:#?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn one_row(fixture: &mut Fixture, file: &str) {
    fixture.tables.insert(file.into(), table(&[("stage_id", Column::ids(&[0]))]));
}

#[test]
fn settings() {
    refuse(&[
        ("enumerated_selection", |f| f.set(CONFIG, "/training/selection", json!({"method": "enumerated"}))),
        ("enumerated_selection", |f| f.set(CONFIG, "/simulation/selection", json!({"method": "enumerated"}))),
        ("gap_rule", |f| f.push(CONFIG, "/training/stopping_rules", json!({"type": "gap", "tolerance": 1.0}))),
        ("dynamic_cut_selection", |f| {
            f.set(CONFIG, "/training/cut_selection", json!({"selection": {"method": "dynamic"}}));
        }),
        ("policy_boundary", |f| f.set(CONFIG, "/policy/boundary", json!({"path": "x"}))),
        ("exports", |f| f.set(CONFIG, "/exports", json!({"fpha_deviation_points": true}))),
        ("upper_bound_evaluation", |f| f.set(CONFIG, "/upper_bound_evaluation", json!({"enabled": true}))),
        ("scenario_scheme", |f| f.set(CONFIG, "/training/scenario_source/inflow/scheme", json!("historical"))),
        ("scenario_scheme", |f| f.set(CONFIG, "/simulation/scenario_source", json!({"load": {"scheme": "external"}}))),
    ]);
}

#[test]
fn calendar() {
    refuse(&[
        ("chronological_blocks", |f| f.set(STAGES, "/stages/0/block_mode", json!("chronological"))),
        ("storage_not_in_state", |f| f.set(STAGES, "/stages/0/state_variables/storage", json!(false))),
        ("sampling_method", |f| f.set(STAGES, "/stages/0/sampling_method", json!("qmc_sobol"))),
        ("cyclic_graph", |f| f.set(STAGES, "/policy_graph/type", json!("cyclic"))),
        ("cyclic_graph", |f| {
            f.push(STAGES, "/policy_graph/transitions", json!({"source_id": 2, "target_id": 0, "probability": 1.0}));
        }),
        ("branching_graph", |f| f.set(STAGES, "/policy_graph/transitions/0/target_id", json!(2))),
        ("node_graph", |f| f.set(STAGES, "/policy_graph/nodes", json!([{"id": 0, "stage_id": 0}]))),
        ("season_cycle", |f| f.set(STAGES, "/season_definitions/cycle_type", json!("weekly"))),
        ("season_cycle", |f| {
            f.set(STAGES, "/season_definitions/seasons/5/month_start", json!(9));
            f.set(STAGES, "/season_definitions/seasons/8/month_start", json!(6));
        }),
        ("season_cycle", |f| drop(f.at(STAGES, "/season_definitions/seasons").as_array_mut().unwrap().remove(6))),
        ("stage_season_mismatch", |f| f.set(STAGES, "/stages/2/end_date", json!("2024-03-20"))),
        ("stage_season_mismatch", |f| {
            f.set(STAGES, "/stages/2/start_date", json!("2024-04-01"));
            f.set(STAGES, "/stages/2/end_date", json!("2024-05-01"));
        }),
    ]);
}

#[test]
fn equipment() {
    refuse(&[
        ("fpha", |f| f.set(HYDROS, "/hydros/1/generation/model", json!("fpha"))),
        ("linearized_head", |f| f.set(HYDROS, "/hydros/1/generation/model", json!("linearized_head"))),
        ("fpha", |f| *f.at("system/hydro_production_models.json", RANGE) = json!("fpha")),
        ("evaporation", |f| f.set(HYDROS, "/hydros/0/evaporation", json!({"coefficients_mm": []}))),
        ("filling", |f| f.set(HYDROS, "/hydros/0/filling", json!({"start_stage_id": 0}))),
        ("filling", |f| {
            f.push("initial_conditions.json", "/filling_storage", json!({"hydro_id": 0, "value_hm3": 1.0}));
        }),
        ("travel_time", |f| f.set(HYDROS, "/hydros/1/travel_time_hours", json!(12))),
        ("travel_time", |f| f.set("initial_conditions.json", "/past_defluences", json!([{}]))),
        ("hydro_entry_exit", |f| f.set(HYDROS, "/hydros/1/entry_stage_id", json!(1))),
        ("hydro_entry_exit", |f| f.set(HYDROS, "/hydros/1/exit_stage_id", json!(2))),
        ("anticipated_thermals", |f| {
            f.set("system/thermals.json", "/thermals/0/anticipated_config", json!({"lead_stages": 1}));
        }),
        ("anticipated_thermals", |f| {
            f.set("initial_conditions.json", "/past_anticipated_commitments", json!([{"thermal_id": 1}]));
        }),
        ("plant_minimum_over_several_buses", |f| {
            f.column("constraints/hydro_bounds.parquet", "hydro_id").set_id(1, Some(0));
        }),
        ("filling", |f| {
            let columns = f.tables.get_mut("constraints/hydro_bounds.parquet").unwrap();
            columns.push(("filling_min_rate_m3s".into(), Column::F64(vec![None, None, Some(1.0)])));
        }),
    ]);
}

#[test]
fn files() {
    refuse(&[
        ("non_controllable_sources", |f| {
            let sources = json!({"non_controllable_sources": [{"id": 1}]});
            f.json.insert("system/non_controllable_sources.json".into(), sources);
        }),
        ("pumping", |f| {
            f.json.insert("system/pumping_stations.json".into(), json!({"pumping_stations": [{"id": 1}]}));
        }),
        ("contracts", |f| {
            drop(f.json.insert("system/energy_contracts.json".into(), json!({"contracts": [{"id": 1}]})));
        }),
        ("post_study_stages", |f| drop(f.json.insert("post_study_stages.json".into(), json!({"stages": [{}]})))),
        ("generic_constraints", |f| {
            f.json.insert("constraints/generic_constraints.json".into(), json!({"constraints": [{"id": 1}]}));
        }),
        ("generic_parameters", |f| {
            f.json.insert("constraints/generic_parameters.json".into(), json!({"scalar_parameters": [{"id": 1}]}));
        }),
        ("annual_component", |f| one_row(f, "scenarios/inflow_annual_component.parquet")),
        ("external_scenarios", |f| one_row(f, "scenarios/external_load_scenarios.parquet")),
        ("unit_group_bounds", |f| one_row(f, "constraints/hydro_unit_group_bounds.parquet")),
        ("non_controllable_sources", |f| one_row(f, "constraints/ncs_bounds.parquet")),
        ("estimation", |f| drop(f.tables.remove("scenarios/inflow_ar_coefficients.parquet"))),
        ("estimation", |f| drop(f.tables.remove("scenarios/inflow_seasonal_stats.parquet"))),
        ("non_controllable_sources", |f| {
            let pointer = "/profiles/default/correlation_groups/0/entities/0/type";
            *f.at("scenarios/correlation.json", pointer) = json!("ncs");
        }),
    ]);
}

#[test]
fn empty_registries_and_what_is_switched_off_are_fine() {
    let mut fixture = Fixture::new();
    for (file, key) in [
        ("system/pumping_stations.json", "pumping_stations"),
        ("system/energy_contracts.json", "contracts"),
        ("system/non_controllable_sources.json", "non_controllable_sources"),
        ("constraints/generic_constraints.json", "constraints"),
    ] {
        fixture.json.insert(file.into(), json!({"$schema": "x", key: []}));
    }
    let empty = table(&[("stage_id", Column::ids(&[]))]);
    fixture.tables.insert("constraints/ncs_bounds.parquet".into(), empty.clone());
    fixture.set(CONFIG, "/exports", json!({"states": false, "fpha_deviation_points": false}));
    fixture.set(CONFIG, "/policy/checkpointing", json!({"enabled": false}));
    fixture.set(CONFIG, "/training/cut_selection", json!({"selection": null}));
    fixture.set(HYDROS, "/hydros/0/travel_time_hours", json!(0));
    fixture.set(HYDROS, "/hydros/0/entry_stage_id", json!(-5));
    fixture.set(HYDROS, "/hydros/0/exit_stage_id", json!(3));
    assert_eq!(fixture.case().study, Fixture::new().case().study);
}
