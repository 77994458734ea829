//! A valid case broken in one place: exactly the findings of that breakage come.

use std::collections::BTreeSet;

use serde_json::json;

use super::fixture::{Column, DEC_16_2023, Fixture, JAN_1_2024, table};

const CONFIG: &str = "config.json";
const STAGES: &str = "stages.json";
const PENALTIES: &str = "penalties.json";
const INITIAL: &str = "initial_conditions.json";
const BUSES: &str = "system/buses.json";
const LINES: &str = "system/lines.json";
const THERMALS: &str = "system/thermals.json";
const HYDROS: &str = "system/hydros.json";
const MODELS: &str = "system/hydro_production_models.json";
const CORRELATION: &str = "scenarios/correlation.json";
const FACTORS: &str = "scenarios/load_factors.json";
const STATS: &str = "scenarios/inflow_seasonal_stats.parquet";
const AR: &str = "scenarios/inflow_ar_coefficients.parquet";
const HISTORY: &str = "scenarios/inflow_history.parquet";
const LOAD: &str = "scenarios/load_seasonal_stats.parquet";
const PRODUCTIVITY: &str = "system/hydro_energy_productivity.parquet";
const HYDRO_BOUNDS: &str = "constraints/hydro_bounds.parquet";
const THERMAL_BOUNDS: &str = "constraints/thermal_bounds.parquet";
const LINE_BOUNDS: &str = "constraints/line_bounds.parquet";

type Break = fn(&mut Fixture);

/// What is broken, the code and the place expected, how.
type Breakage = (&'static str, &'static str, &'static str, Break);

fn check(breakages: &[Breakage]) {
    assert!(Fixture::new().errors().is_empty(), "the fixture itself must be valid");
    let mut failures = Vec::new();
    for (name, code, pointer, break_it) in breakages {
        let mut fixture = Fixture::new();
        break_it(&mut fixture);
        let errors = fixture.errors();
        let codes: BTreeSet<&str> = errors.iter().map(|finding| finding.code).collect();
        let places: Vec<&str> = errors.iter().map(|finding| finding.pointer.as_str()).collect();
        if codes != BTreeSet::from([*code]) || !places.contains(pointer) {
            failures.push(format!("{name}: expected {code} at {pointer:?}, found {errors:#?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn files_and_json() {
    check(&[
        ("missing file", "structural.2", "", |f| drop(f.json.remove(LINES))),
        ("retired file", "structural.1", "", |f| {
            drop(f.json.insert("constraints/exchange_factors.json".into(), json!({})));
        }),
        ("no JSON", "structural.parse", "", |f| drop(f.raw.insert(PENALTIES.into(), b"{\"bus\": }".to_vec()))),
        ("deep JSON", "structural.parse", "", |f| drop(f.raw.insert(PENALTIES.into(), b"[".repeat(1_000_000)))),
        ("no UTF-8", "structural.parse", "", |f| drop(f.raw.insert(FACTORS.into(), vec![b'"', 0xff, b'"']))),
        ("unknown key", "schema.unknown_key", "/training/stoping_mode", |f| {
            f.set(CONFIG, "/training/stoping_mode", json!("any"));
        }),
        ("unknown key deep", "schema.unknown_key", "/stages/1/blocks/0/hour", |f| {
            f.set(STAGES, "/stages/1/blocks/0/hour", json!(1));
        }),
        ("retired key", "schema.retired_key", "/hydros/0/bus_id", |f| f.set(HYDROS, "/hydros/0/bus_id", json!(1))),
        ("missing key", "schema.missing_key", "/hydro", |f| f.remove(PENALTIES, "/hydro/spillage_cost")),
        ("null is absent", "schema.missing_key", "/bus", |f| f.set(PENALTIES, "/bus/excess_cost", json!(null))),
        ("wrong type", "schema.type", "/hydro/spillage_cost", |f| f.set(PENALTIES, "/hydro/spillage_cost", json!("1"))),
        ("fraction for an integer", "schema.type", "/training/selection/forward_passes", |f| {
            f.set(CONFIG, "/training/selection/forward_passes", json!(1.5));
        }),
        ("object for an array", "schema.type", "/lines", |f| f.set(LINES, "/lines", json!({}))),
        ("bad enum", "schema.unknown_value", "/training/stopping_mode", |f| {
            f.set(CONFIG, "/training/stopping_mode", json!("Any"));
        }),
        ("bad date", "schema.date", "/buses/0/operational_start_date", |f| {
            f.set(BUSES, "/buses/0/operational_start_date", json!("2023-02-30"));
        }),
        ("out of range", "schema.range", "/training/selection/forward_passes", |f| {
            f.set(CONFIG, "/training/selection/forward_passes", json!(0));
        }),
        ("too large for a number", "structural.parse", "", |f| {
            drop(f.raw.insert(FACTORS.into(), b"{\"load_factors\": 1e999}".to_vec()));
        }),
        ("duplicate key", "schema.duplicate_key", "/load_factors", |f| {
            drop(f.raw.insert(FACTORS.into(), b"{\"load_factors\": [], \"load_factors\": []}".to_vec()));
        }),
    ]);
}

#[test]
fn settings() {
    check(&[
        ("no iteration limit", "config.iteration_limit", "/training/stopping_rules", |f| {
            f.set(CONFIG, "/training/stopping_rules", json!([{"type": "time_limit", "seconds": 5}]));
        }),
        ("foreign key of a rule", "schema.unknown_key", "/training/stopping_rules/0/seconds", |f| {
            f.set(CONFIG, "/training/stopping_rules/0/seconds", json!(1));
        }),
        ("no training", "schema.missing_key", "", |f| f.remove(CONFIG, "/training")),
        ("years without scheme", "config.historical_years", "/training/scenario_source/historical_years", |f| {
            f.set(CONFIG, "/training/scenario_source/historical_years", json!([1990]));
        }),
        ("scale", "schema.range", "/modeling/cost_scale_factor", |f| {
            f.set(CONFIG, "/modeling/cost_scale_factor", json!(0));
        }),
        ("openings in the simulation", "schema.unknown_key", "/simulation/scenario_source/openings", |f| {
            f.set(CONFIG, "/simulation/scenario_source", json!({"openings": {"source": "file"}}));
        }),
        ("negative penalty", "schema.range", "/hydro/turbined_cost", |f| {
            f.set(PENALTIES, "/hydro/turbined_cost", json!(-0.1));
        }),
        ("free spillage", "schema.range", "/hydro/spillage_cost", |f| {
            f.set(PENALTIES, "/hydro/spillage_cost", json!(0));
        }),
        ("deficit costs fall", "penalties.deficit_costs", "/bus/deficit_segments/1", |f| {
            f.set(PENALTIES, "/bus/deficit_segments/1/cost", json!(400));
        }),
        ("last deficit is deep", "penalties.deficit_depth", "/bus/deficit_segments/1", |f| {
            f.set(PENALTIES, "/bus/deficit_segments/1/depth_mw", json!(4));
        }),
        ("no deficit of a bus", "penalties.deficit_depth", "/buses/1/deficit_segments", |f| {
            f.set(BUSES, "/buses/1/deficit_segments", json!([]));
        }),
    ]);
}

#[test]
fn calendar() {
    check(&[
        ("block ids", "stages.block_ids", "/stages/0/blocks", |f| f.set(STAGES, "/stages/0/blocks/1/id", json!(2))),
        ("no hours", "semantic.5b.52", "/stages/0/blocks/0/hours", |f| {
            f.set(STAGES, "/stages/0/blocks/0/hours", json!(0));
        }),
        ("no blocks", "semantic.5b.52", "/stages/1/blocks", |f| f.set(STAGES, "/stages/1/blocks", json!([]))),
        ("no stages", "stages.none", "", |f| f.set(STAGES, "/stages", json!([]))),
        ("end before start", "stages.dates", "/stages/2", |f| f.set(STAGES, "/stages/2/end_date", json!("2024-03-01"))),
        ("overlap", "stages.overlap", "/stages/1", |f| f.set(STAGES, "/stages/1/start_date", json!("2024-01-31"))),
        ("same id twice", "referential.duplicate_id", "/stages/2", |f| f.set(STAGES, "/stages/2/id", json!(1))),
        ("pre-study id", "schema.range", "/pre_study_stages/0/id", |f| {
            f.set(STAGES, "/pre_study_stages/0/id", json!(7));
        }),
        ("season disagrees", "seasons.disagree", "/stages/0/season_id", |f| {
            f.set(STAGES, "/stages/0/season_id", json!(4));
        }),
        ("unknown season", "referential.1", "/stages/0/season_id", |f| f.set(STAGES, "/stages/0/season_id", json!(40))),
        ("month twice", "seasons.overlap", "/season_definitions/seasons/1", |f| {
            f.set(STAGES, "/season_definitions/seasons/1/month_start", json!(1));
        }),
        ("alpha", "schema.range", "/stages/0/risk_measure/cvar/alpha", |f| {
            f.set(STAGES, "/stages/0/risk_measure/cvar/alpha", json!(0));
        }),
        ("risk measure", "schema.unknown_value", "/stages/1/risk_measure", |f| {
            f.set(STAGES, "/stages/1/risk_measure", json!("worst"));
        }),
        ("no openings", "schema.missing_key", "/stages/1", |f| f.remove(STAGES, "/stages/1/num_openings")),
        ("probability", "policy_graph.probability", "/policy_graph/transitions/0", |f| {
            f.set(STAGES, "/policy_graph/transitions/0/probability", json!(0.9));
        }),
        ("unknown target", "referential.1", "/policy_graph/transitions/0/target_id", |f| {
            f.set(STAGES, "/policy_graph/transitions/0/target_id", json!(9));
        }),
        ("stage without successor", "policy_graph.incomplete", "/policy_graph/transitions", |f| {
            f.at(STAGES, "/policy_graph/transitions").as_array_mut().unwrap().pop();
        }),
        ("negative rate", "schema.range", "/policy_graph/annual_discount_rate", |f| {
            f.set(STAGES, "/policy_graph/annual_discount_rate", json!(-0.1));
        }),
        ("scenario source here", "schema.retired_key", "/scenario_source", |f| {
            f.set(STAGES, "/scenario_source", json!({}));
        }),
    ]);
}

#[test]
fn entities() {
    check(&[
        ("bus id twice", "referential.duplicate_id", "/buses/2", |f| {
            f.push(BUSES, "/buses", json!({"id": 10, "name": "X", "operational_start_date": "2001-01-01"}));
        }),
        ("unknown bus", "referential.1", "/thermals/0/bus_id", |f| f.set(THERMALS, "/thermals/0/bus_id", json!(77))),
        ("line to itself", "lines.one_bus", "/lines/0", |f| f.set(LINES, "/lines/0/target_bus_id", json!(10))),
        ("entry after exit", "semantic.5a.6", "/lines/0", |f| f.set(LINES, "/lines/0/entry_stage_id", json!(2))),
        ("thermal limits", "semantic.5a.5", "/thermals/0/generation", |f| {
            f.set(THERMALS, "/thermals/0/generation/min_mw", json!(51));
        }),
        ("cascade cycle", "semantic.5a.1", "/hydros", |f| f.set(HYDROS, "/hydros/0/downstream_id", json!(1))),
        ("unknown downstream", "referential.1", "/hydros/0/downstream_id", |f| {
            f.set(HYDROS, "/hydros/0/downstream_id", json!(8));
        }),
        ("unknown diversion", "referential.1", "/hydros/1/diversion/downstream_id", |f| {
            f.set(HYDROS, "/hydros/1/diversion/downstream_id", json!(8));
        }),
        ("storage limits", "semantic.5a.2", "/hydros/0/reservoir", |f| {
            f.set(HYDROS, "/hydros/0/reservoir/min_storage_hm3", json!(60));
        }),
        ("outflow limits", "semantic.5a.4", "/hydros/1/outflow", |f| {
            f.set(HYDROS, "/hydros/1/outflow/min_outflow_m3s", json!(600));
        }),
        ("turbined limits", "semantic.5a.3", "/hydros/1/unit_groups/0", |f| {
            f.set(HYDROS, "/hydros/1/unit_groups/0/min_turbined_m3s", json!(90));
        }),
        ("maxima of groups", "unit_groups.maxima", "/hydros/0/unit_groups", |f| {
            f.set(HYDROS, "/hydros/0/unit_groups/0/max_turbined_m3s", json!(51));
        }),
        ("minima of groups", "unit_groups.minima", "/hydros/0/unit_groups", |f| {
            f.set(HYDROS, "/hydros/0/generation/min_generation_mw", json!(1));
        }),
        ("no groups", "unit_groups.none", "/hydros/0/unit_groups", |f| {
            f.set(HYDROS, "/hydros/0/unit_groups", json!([]));
        }),
        ("group id twice", "referential.duplicate_id", "/hydros/0/unit_groups/1", |f| {
            f.set(HYDROS, "/hydros/0/unit_groups/1/id", json!(1));
        }),
        ("no productivity", "productivity_resolution.2", "", |f| drop(f.json.remove(MODELS))),
        ("two productivities", "productivity_resolution.1", "", |f| {
            f.column(PRODUCTIVITY, "hydro_id").set_id(1, Some(1));
        }),
        ("two models", "referential.duplicate_id", "/production_models/1", |f| {
            let model = f.at(MODELS, "/production_models/0").clone();
            f.push(MODELS, "/production_models", model);
        }),
        ("range ends early", "production.range", "/production_models/0/stage_ranges/0", |f| {
            f.set(MODELS, "/production_models/0/stage_ranges/0/start_stage_id", json!(1));
        }),
        ("storage of unknown plant", "referential.1", "/storage/0/hydro_id", |f| {
            f.set(INITIAL, "/storage/0/hydro_id", json!(9));
        }),
        ("storage twice", "referential.duplicate_id", "/storage/1", |f| {
            f.set(INITIAL, "/storage/1/hydro_id", json!(0));
        }),
        ("late observation", "initial.observation", "/recent_observations/0", |f| {
            f.set(INITIAL, "/recent_observations/0/end_date", json!("2024-01-02"));
        }),
    ]);
}

#[test]
fn tables() {
    check(&[
        ("no Parquet", "structural.parse", "", |f| drop(f.raw.insert(LOAD.into(), b"PAR1".to_vec()))),
        ("column missing", "schema.column_missing", "column std_mw", |f| f.drop_column(LOAD, "std_mw")),
        ("wrong type", "schema.column_type", "column bus_id", |f| {
            *f.column(LOAD, "bus_id") = Column::I64(vec![Some(3); 6]);
        }),
        ("null", "schema.null", "row 2, column mean_m3s", |f| f.column(STATS, "mean_m3s").set_number(2, None)),
        ("not a number", "schema.not_finite", "row 1, column mean_mw", |f| {
            f.column(LOAD, "mean_mw").set_number(1, Some(f64::NAN));
        }),
        ("infinite", "schema.not_finite", "row 0, column max_turbined_m3s", |f| {
            f.column(HYDRO_BOUNDS, "max_turbined_m3s").set_number(0, Some(f64::INFINITY));
        }),
        ("negative deviation", "schema.range", "row 0, column std_m3s", |f| {
            f.column(STATS, "std_m3s").set_number(0, Some(-1.0));
        }),
        ("unknown plant", "referential.1", "row 2, column hydro_id", |f| {
            f.column(HYDRO_BOUNDS, "hydro_id").set_id(2, Some(4));
        }),
        ("unknown stage", "semantic.5a.49", "row 2, column stage_id", |f| {
            f.column(HYDRO_BOUNDS, "stage_id").set_id(2, Some(-1));
        }),
        ("unknown block", "bounds.unknown_block", "row 0, column block_id", |f| {
            f.column(LINE_BOUNDS, "block_id").set_id(0, Some(2));
        }),
        ("storage of a block", "bounds.whole_stage", "row 1, column max_storage_hm3", |f| {
            f.column(HYDRO_BOUNDS, "max_storage_hm3").set_number(1, Some(80.0));
        }),
        ("cost of a block", "bounds.whole_stage", "row 0, column cost_per_mwh", |f| {
            f.column(THERMAL_BOUNDS, "cost_per_mwh").set_number(0, Some(80.0));
        }),
        ("row twice", "bounds.duplicate", "row 3, column max_turbined_m3s", |f| f.repeat_row(HYDRO_BOUNDS, 0)),
        ("raised maximum", "semantic.5a.43", "row 0, column max_turbined_m3s", |f| {
            f.column(HYDRO_BOUNDS, "max_turbined_m3s").set_number(0, Some(81.0));
        }),
        ("inverted turbined flow", "semantic.5a.3", "row 1, column max_turbined_m3s", |f| {
            f.column(HYDRO_BOUNDS, "min_turbined_m3s").set_number(1, Some(66.0));
        }),
        ("inverted storage", "semantic.5a.2", "row 2, column max_storage_hm3", |f| {
            f.column(HYDRO_BOUNDS, "max_storage_hm3").set_number(2, Some(9.0));
        }),
        ("inverted generation", "semantic.5a.5", "row 1, column max_generation_mw", |f| {
            f.column(THERMAL_BOUNDS, "max_generation_mw").set_number(1, Some(4.0));
        }),
        ("diversion of none", "bounds.no_diversion", "row 0, column max_diversion_m3s", |f| {
            let columns = [
                ("hydro_id", Column::ids(&[0])),
                ("stage_id", Column::ids(&[0])),
                ("max_diversion_m3s", Column::numbers(&[1.0])),
            ];
            drop(f.tables.insert(HYDRO_BOUNDS.into(), table(&columns)));
        }),
        ("price of zero", "schema.range", "row 0, column excess_cost", |f| {
            f.column("constraints/penalty_overrides_bus.parquet", "excess_cost").set_number(0, Some(0.0));
        }),
    ]);
}

#[test]
fn scenarios() {
    check(&[
        ("no inflow of a stage", "dimensional.1", "", |f| f.drop_row(STATS, 1)),
        ("inflow twice", "referential.duplicate_row", "row 7, column hydro_id", |f| f.repeat_row(STATS, 0)),
        ("no demand of a stage", "dimensional.2", "", |f| f.drop_row(LOAD, 5)),
        ("gap in the lags", "inflow.lags", "column lag", |f| f.column(AR, "lag").set_id(0, Some(2))),
        ("coefficient twice", "referential.duplicate_row", "row 3, column lag", |f| f.repeat_row(AR, 1)),
        ("coefficient without statistics", "inflow.coefficient_without_statistics", "row 0, column stage_id", |f| {
            f.column(AR, "hydro_id").set_id(0, Some(0));
            f.column(AR, "stage_id").set_id(0, Some(-1));
        }),
        ("coefficient of no stage", "semantic.5a.49", "row 0, column stage_id", |f| {
            f.column(AR, "stage_id").set_id(0, Some(9));
        }),
        ("not stationary", "semantic.5b.35", "", |f| f.column(AR, "coefficient").set_number(0, Some(1.5))),
        ("no seasons", "inflow.no_seasons", "", |f| {
            f.remove(STAGES, "/season_definitions");
        }),
        ("uncovered month", "lag_seeds.uncovered", "", |f| f.drop_row(HISTORY, 0)),
        ("overlapping history", "inflow_windows.overlap", "row 1, column start_date", |f| {
            *f.column(HISTORY, "start_date") = Column::Day(vec![Some(DEC_16_2023 - 30), Some(DEC_16_2023 - 1)]);
        }),
        ("window without days", "inflow_windows.dates", "row 0, column start_date", |f| {
            *f.column(HISTORY, "start_date") = Column::Day(vec![Some(DEC_16_2023), Some(JAN_1_2024 - 31)]);
        }),
        ("factor of no block", "load_factors.unknown_block", "/load_factors/0/block_factors/0", |f| {
            f.set(FACTORS, "/load_factors/0/block_factors/0/block_id", json!(5));
        }),
        ("factor of zero", "schema.range", "/load_factors/0/block_factors/0/factor", |f| {
            f.set(FACTORS, "/load_factors/0/block_factors/0/factor", json!(0));
        }),
        ("asymmetric", "correlation.symmetry", "/profiles/default/correlation_groups/0/matrix", |f| {
            f.set(CORRELATION, "/profiles/default/correlation_groups/0/matrix", json!([[1, 0.5], [0.4, 1]]));
        }),
        ("diagonal", "correlation.diagonal", "/profiles/default/correlation_groups/0/matrix", |f| {
            f.set(CORRELATION, "/profiles/default/correlation_groups/0/matrix", json!([[0.9, 0.5], [0.5, 1]]));
        }),
        ("correlation above 1", "schema.range", "/profiles/default/correlation_groups/0/matrix/0/1", |f| {
            f.set(CORRELATION, "/profiles/default/correlation_groups/0/matrix", json!([[1, 1.5], [1.5, 1]]));
        }),
        ("size of the matrix", "dimensional.3", "/profiles/default/correlation_groups/0/matrix", |f| {
            f.set(CORRELATION, "/profiles/default/correlation_groups/0/matrix", json!([[1]]));
        }),
        ("entity twice", "correlation.repeated", "/profiles/default/correlation_groups/0/entities/1", |f| {
            f.set(CORRELATION, "/profiles/default/correlation_groups/0/entities/1/id", json!(0));
        }),
        ("mixed group", "correlation.mixed", "/profiles/default/correlation_groups/0", |f| {
            f.set(CORRELATION, "/profiles/default/correlation_groups/0/entities/1", json!({"type": "load", "id": 3}));
        }),
        ("indefinite", "correlation.indefinite", "/profiles/default/correlation_groups/0/matrix", |f| {
            f.push(CORRELATION, "/profiles/default/correlation_groups/0/entities", json!({"type": "inflow", "id": 2}));
            f.set(
                CORRELATION,
                "/profiles/default/correlation_groups/0/matrix",
                json!([[1, 0.9, 0.9], [0.9, 1, -0.9], [0.9, -0.9, 1]]),
            );
            let mut third = f.at(HYDROS, "/hydros/0").clone();
            third["id"] = json!(2);
            f.push(HYDROS, "/hydros", third);
            for t in 0..3 {
                f.repeat_row(STATS, t);
                f.column(STATS, "hydro_id").set_id(7 + t, Some(2));
            }
            f.repeat_row(PRODUCTIVITY, 0);
            f.column(PRODUCTIVITY, "hydro_id").set_id(2, Some(2));
        }),
        ("unknown profile", "dimensional.5", "/schedule/0/profile_name", |f| {
            f.set(CORRELATION, "/schedule", json!([{"stage_id": 0, "profile_name": "dry"}]));
        }),
        ("no default profile", "correlation.no_default", "/profiles", |f| {
            f.set(CORRELATION, "/profiles", json!({"a": {"correlation_groups": []}, "b": {"correlation_groups": []}}));
        }),
        ("openings missing", "openings.missing", "", |f| {
            f.set(CONFIG, "/training/scenario_source/openings/source", json!("file"));
        }),
        ("openings incomplete", "openings.incomplete", "", |f| openings(f, 2)),
        ("openings too many", "openings.shape", "row 12, column opening_index", |f| openings(f, 5)),
    ]);
}

/// Adds a file with `n` openings per stage, where four are declared.
fn openings(fixture: &mut Fixture, n: u32) {
    fixture.set(CONFIG, "/training/scenario_source/openings/source", json!("file"));
    let rows: Vec<(i32, u32, u32)> =
        (0..3).flat_map(|t| (0..n).flat_map(move |k| (0..3).map(move |e| (t, k, e)))).collect();
    let columns = [
        ("stage_id", Column::I32(rows.iter().map(|row| Some(row.0)).collect())),
        ("opening_index", Column::U32(rows.iter().map(|row| Some(row.1)).collect())),
        ("entity_index", Column::U32(rows.iter().map(|row| Some(row.2)).collect())),
        ("value", Column::numbers(&vec![0.25; rows.len()])),
    ];
    fixture.tables.insert("scenarios/noise_openings.parquet".into(), table(&columns));
}

#[test]
fn findings_of_all_files_come_at_once() {
    let mut fixture = Fixture::new();
    fixture.raw.insert(CONFIG.into(), b"{".to_vec());
    fixture.set(THERMALS, "/thermals/0/bus_id", json!(77));
    fixture.set(HYDROS, "/hydros/0/evaporation", json!({"coefficients_mm": [1.0]}));
    fixture.column(STATS, "std_m3s").set_number(0, Some(f64::NAN));
    fixture.drop_row(LOAD, 0);
    let errors = fixture.errors();
    let codes: BTreeSet<&str> = errors.iter().map(|finding| finding.code).collect();
    let expected =
        ["structural.parse", "referential.1", "unsupported.evaporation", "schema.not_finite", "dimensional.2"];
    assert_eq!(codes, BTreeSet::from(expected), "{errors:#?}");
    let parse = errors.iter().find(|finding| finding.code == "structural.parse").unwrap();
    assert!(parse.message.contains("line 1, column 1"), "{parse}");
}

#[test]
fn a_near_key_is_suggested_and_findings_serialise() {
    let mut fixture = Fixture::new();
    fixture.set(CONFIG, "/training/stoping_rules", json!([]));
    let errors = fixture.errors();
    assert_eq!(errors[0].hint.as_deref(), Some("did you mean \"stopping_rules\"?"));
    let text = errors[0].to_string();
    assert!(text.starts_with("error[schema.unknown_key] config.json at /training/stoping_rules: "), "{text}");
    let value = serde_json::to_value(&errors[0]).unwrap();
    assert_eq!(value["severity"], "error");
    assert_eq!(value["pointer"], "/training/stoping_rules");
}

#[test]
fn a_folder_that_is_not_there_is_an_io_error() {
    let missing = std::path::Path::new("no/such/case");
    let result = cobre_data::case::read_case(missing);
    assert!(matches!(result, Err(cobre_data::case::CaseError::Io { path, .. }) if path == missing));
}
