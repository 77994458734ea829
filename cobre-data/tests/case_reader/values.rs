//! What a valid case comes to, value by value.

use cobre_data::case::OpeningsSource;
use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::{StoppingMode, StoppingRule};
use cobre_engine::system::Limits;
use cobre_engine::{InflowNonNegativity, natural_cost_scale};
use parquet::basic::Compression;
use serde_json::json;

use super::fixture::{Column, Fixture, JAN_1_2024, compressed_bytes, table};

#[test]
fn settings() {
    let case = Fixture::new().case();
    let training = case.training.as_ref().unwrap();
    assert_eq!(training.forward_passes, 3);
    assert_eq!(training.stopping_mode, StoppingMode::All);
    assert_eq!(
        training.stopping_rules,
        [StoppingRule::IterationLimit { limit: 20 }, StoppingRule::BoundStalling { iterations: 5, tolerance: 0.001 }]
    );
    assert_eq!((training.seed, case.tree_seed, case.openings), (11, 7, OpeningsSource::Generated));
    let simulation = case.simulation.as_ref().unwrap();
    assert_eq!((simulation.n_scenarios, simulation.seed, simulation.bucket_size), (50, 11, 1024));
    assert_eq!(case.study.inflow_non_negativity, InflowNonNegativity::Truncation);
    assert_eq!(case.study.cost_scale_factor, 1000.0);
    assert_eq!(case.seasons.len(), 12);
    assert_eq!(case.name, "fixture");
    assert!(case.warnings.is_empty(), "{:?}", case.warnings);
}

#[test]
fn defaults_of_the_settings() {
    let mut fixture = Fixture::new();
    fixture.json.insert(
        "config.json".into(),
        json!({"training": {"selection": {"method": "sampled", "forward_passes": 1},
                            "stopping_rules": [{"type": "iteration_limit", "limit": 1}]}}),
    );
    let case = fixture.case();
    assert_eq!(case.study.inflow_non_negativity, InflowNonNegativity::Penalty);
    assert_eq!(case.study.cost_scale_factor, natural_cost_scale(&case.study.system));
    assert_eq!((case.tree_seed, case.training.unwrap().seed), (42, 42));
    assert!(case.simulation.is_none());
    fixture.set("config.json", "/simulation", json!({"enabled": true, "scenario_source": {"seed": -3}}));
    let simulation = fixture.case().simulation.unwrap();
    assert_eq!((simulation.n_scenarios, simulation.seed), (2000, 3));
}

#[test]
fn stages_with_their_seasons_discounts_and_risk() {
    let case = Fixture::new().case();
    let stages = case.study.system.stages();
    assert_eq!(stages.iter().map(|stage| stage.id).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(stages.iter().map(|stage| stage.season).collect::<Vec<_>>(), [Some(0), Some(1), Some(2)]);
    assert_eq!((stages[0].start_day, stages[0].end_day), (JAN_1_2024, JAN_1_2024 + 31));
    assert_eq!(stages[0].risk_measure, RiskMeasure::Cvar { alpha: 0.25, lambda: 0.5 });
    assert_eq!(stages[1].risk_measure, RiskMeasure::Expectation);
    let expected = [1.1f64.powf(-31.0 / 365.25), 1.2f64.powf(-29.0 / 365.25), 1.0];
    for (stage, expected) in stages.iter().zip(expected) {
        assert!((stage.discount_factor - expected).abs() < 1e-15);
    }
    assert_eq!(stages[0].blocks.iter().map(|block| block.hours).collect::<Vec<_>>(), [100.0, 644.0]);
}

#[test]
fn entities_in_canonical_order() {
    let case = Fixture::new().case();
    let system = &case.study.system;
    assert_eq!(system.hydros().iter().map(|hydro| hydro.id).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(system.buses().iter().map(|bus| bus.id).collect::<Vec<_>>(), [3, 10]);
    assert_eq!(system.thermals().iter().map(|thermal| thermal.id).collect::<Vec<_>>(), [5, 1]);
    assert_eq!((system.lines()[0].source_bus, system.lines()[0].target_bus), (1, 0));
    let upper = &system.hydros()[0];
    assert_eq!((upper.downstream, upper.diversion_downstream), (Some(1), Some(1)));
    let groups: Vec<_> = system.hydros()[1].unit_groups.iter().map(|group| (group.id, group.bus)).collect();
    assert_eq!(groups, [(0, 1), (1, 0)]);
    assert_eq!(system.initial().storage_hm3, [60.0, 20.0]);
}

#[test]
fn hydro_limits_after_the_cascade() {
    let case = Fixture::new().case();
    let upper = &case.study.system.hydros()[0].stages;
    assert_eq!(upper[0].blocks[0].turbined_m3s, Limits::new(0.0, 70.0));
    assert_eq!(upper[0].blocks[1].turbined_m3s, Limits::new(10.0, 65.0));
    assert_eq!(upper[1].blocks[0].turbined_m3s, Limits::new(0.0, 80.0));
    assert_eq!(upper[0].storage_hm3, Limits::new(10.0, 100.0));
    assert_eq!(upper[1].storage_hm3, Limits::new(10.0, 90.0));
    assert_eq!((upper[0].water_withdrawal_m3s, upper[1].water_withdrawal_m3s), (0.0, -2.0));
    assert_eq!(upper[0].blocks[0].diversion_m3s, Limits::new(0.0, 7.0));
    assert_eq!(upper[0].blocks[0].spillage_m3s, Limits::new(0.0, f64::INFINITY));
    assert_eq!(upper[0].blocks[0].outflow_m3s, Limits::new(0.0, 500.0));
    let lower = &case.study.system.hydros()[1].stages;
    assert_eq!(lower[0].blocks[0].outflow_m3s, Limits::new(1.0, f64::INFINITY));
    assert_eq!(lower[0].blocks[0].diversion_m3s, Limits::new(0.0, 0.0));
}

#[test]
fn hydro_penalties_after_the_cascade() {
    let case = Fixture::new().case();
    let of = |hydro: usize, t: usize| case.study.system.hydros()[hydro].stages[t].penalties;
    // Stage, then plant, then system.
    assert_eq!((of(0, 2).spillage_cost, of(0, 0).spillage_cost, of(1, 0).spillage_cost), (0.04, 0.03, 0.01));
    // Directional at a level, else symmetric at that level, else the next level.
    let withdrawal = |hydro, t| {
        let penalties = of(hydro, t);
        (penalties.water_withdrawal_violation_pos_cost, penalties.water_withdrawal_violation_neg_cost)
    };
    assert_eq!(withdrawal(0, 2), (360.0, 370.0));
    assert_eq!(withdrawal(0, 0), (360.0, 360.0));
    assert_eq!(withdrawal(1, 0), (355.0, 350.0));
    assert_eq!(of(0, 0).turbined_cost, 0.0);
    assert_eq!(of(1, 1).outflow_violation_above_cost, 320.0);
    assert_eq!(of(1, 1).inflow_nonnegativity_cost, 1000.0);
}

#[test]
fn productivities_from_the_model_or_the_table() {
    let case = Fixture::new().case();
    let of = |hydro: usize| {
        let stages = &case.study.system.hydros()[hydro].stages;
        stages.iter().map(|stage| stage.productivity_mw_per_m3s).collect::<Vec<_>>()
    };
    assert_eq!(of(0), [0.7, 0.8, 0.8]);
    assert_eq!(of(1), [0.9, 0.9, 0.95]);
}

#[test]
fn seasonal_productivities() {
    let mut fixture = Fixture::new();
    let seasons: Vec<_> = (0..3)
        .map(|id| {
            let value = f64::from(id) + 0.5;
            json!({"season_id": id, "model": "constant_productivity", "productivity_mw_per_m3s": value})
        })
        .collect();
    let model = json!({"hydro_id": 1, "selection_mode": "seasonal", "default_model": "constant_productivity",
                       "seasons": seasons});
    fixture.set("system/hydro_production_models.json", "/production_models", json!([model]));
    let case = fixture.case();
    let stages = &case.study.system.hydros()[0].stages;
    assert_eq!(stages.iter().map(|stage| stage.productivity_mw_per_m3s).collect::<Vec<_>>(), [0.5, 1.5, 2.5]);
}

#[test]
fn thermals_and_lines_outside_their_operation() {
    let case = Fixture::new().case();
    let thermals = case.study.system.thermals();
    assert_eq!(thermals[0].stages[0].generation_mw, [Limits::new(8.0, 50.0), Limits::new(5.0, 50.0)]);
    assert_eq!(thermals[0].stages[1].generation_mw, [Limits::new(5.0, 45.0)]);
    assert_eq!(thermals[0].stages.iter().map(|stage| stage.cost_per_mwh).collect::<Vec<_>>(), [80.0, 85.0, 80.0]);
    assert_eq!(thermals[1].stages[0].generation_mw, [Limits::new(0.0, 0.0); 2]);
    assert_eq!(thermals[1].stages[1].generation_mw, [Limits::new(0.0, 60.0)]);
    let line = &case.study.system.lines()[0];
    let capacity = |t: usize, k: usize| (line.stages[t].blocks[k].direct_mw, line.stages[t].blocks[k].reverse_mw);
    assert_eq!((capacity(0, 0), capacity(0, 1), capacity(1, 0)), ((40.0, 30.0), (35.0, 30.0), (40.0, 30.0)));
    assert_eq!(capacity(2, 0), (0.0, 0.0));
    let costs: Vec<f64> = line.stages.iter().map(|stage| stage.exchange_cost_per_mwh).collect();
    assert_eq!(costs, [0.5, 0.75, 0.5]);
    assert_eq!(line.losses_percent, 1.5);
}

#[test]
fn buses_with_demand() {
    let case = Fixture::new().case();
    let (south, north) = (&case.study.system.buses()[0], &case.study.system.buses()[1]);
    assert_eq!(south.deficit_segments.iter().map(|segment| segment.cost_per_mwh).collect::<Vec<_>>(), [900.0]);
    assert_eq!(
        north.deficit_segments.iter().map(|segment| segment.depth_mw).collect::<Vec<_>>(),
        [10.0, f64::INFINITY]
    );
    assert_eq!((south.stages[1].load_mean_mw, south.stages[1].load_std_mw), (31.0, 3.0));
    assert_eq!(north.stages[0].load_factors, [1.3, 1.0]);
    assert_eq!(south.stages.iter().map(|stage| stage.excess_cost_per_mwh).collect::<Vec<_>>(), [5.0, 6.0, 5.0]);
}

#[test]
fn inflow_model_and_lag_seeds() {
    let case = Fixture::new().case();
    let inflow = &case.study.inflow;
    assert_eq!(inflow.max_order, 1);
    // ψ = ψ*·s_t/s_{t−1}, base = µ_t − ψ·µ_{t−1}; December has its own row.
    let psi: Vec<f64> = inflow.stages.iter().map(|stage| stage[0].psi[0]).collect();
    for (psi, expected) in psi.iter().zip([0.5 * 20.0 / 18.0, 0.4 * 22.0 / 20.0, 0.3 * 24.0 / 22.0]) {
        assert!((psi - expected).abs() < 1e-14);
    }
    assert!((inflow.stages[0][0].base_m3s - (100.0 - psi[0] * 90.0)).abs() < 1e-12);
    assert_eq!(inflow.stages[2][1].base_m3s, 22.0);
    // December: 15 days at 100, 14 at 132, and two at 200 where the observation takes precedence.
    let lags = &case.study.system.initial().inflow_lags_m3s;
    assert!((lags[0][0] - (15.0 * 100.0 + 14.0 * 132.0 + 2.0 * 200.0) / 31.0).abs() < 1e-12);
    assert_eq!(lags[1], [0.0]);
}

#[test]
fn no_statistics_means_no_inflow() {
    let mut fixture = Fixture::new();
    for file in ["inflow_seasonal_stats", "inflow_ar_coefficients", "inflow_history"] {
        fixture.tables.remove(&format!("scenarios/{file}.parquet"));
    }
    let case = fixture.case();
    assert_eq!(case.study.inflow.max_order, 0);
    assert!(case.study.inflow.stages.iter().flatten().all(|stage| stage.base_m3s == 0.0 && stage.sigma_m3s == 0.0));
}

#[test]
fn openings_are_drawn_or_read() {
    let case = Fixture::new().case();
    let tree = &case.study.openings;
    assert_eq!((tree.dimension(), tree.n_stages(), tree.n_openings(0)), (3, 3, 4));
    let mut fixture = Fixture::new();
    fixture.set("config.json", "/training/scenario_source/openings/source", json!("file"));
    let (mut stage, mut opening, mut entity, mut value) = (vec![], vec![], vec![], vec![]);
    for (t, k, e) in (0..3).flat_map(|t| (0..4).flat_map(move |k| (0..3).map(move |e| (t, k, e)))) {
        stage.push(Some(t));
        opening.push(Some(k));
        entity.push(Some(e));
        value.push(Some(f64::from(t) + f64::from(k) / 10.0 + f64::from(e) / 100.0));
    }
    let columns = [
        ("value", Column::F64(value)),
        ("stage_id", Column::I32(stage)),
        ("opening_index", Column::U32(opening)),
        ("entity_index", Column::U32(entity)),
    ];
    fixture.tables.insert("scenarios/noise_openings.parquet".into(), table(&columns));
    let case = fixture.case();
    assert_eq!(case.openings, OpeningsSource::File);
    assert_eq!(case.study.openings.noise(2, 3), [2.3, 2.0 + 0.3 + 0.01, 2.0 + 0.3 + 0.02]);
}

#[test]
fn the_profile_of_a_stage_correlates_its_openings() {
    let mut fixture = Fixture::new();
    let full = json!({"correlation_groups": [{"name": "r", "matrix": [[1.0, 1.0], [1.0, 1.0]],
        "entities": [{"type": "inflow", "id": 0}, {"type": "inflow", "id": 1}]}]});
    fixture.set("scenarios/correlation.json", "/profiles/wet", full);
    fixture.set("scenarios/correlation.json", "/schedule", json!([{"stage_id": 1, "profile_name": "wet"}]));
    let tree = fixture.case().study.openings;
    for k in 0..4 {
        assert!((tree.noise(1, k)[0] - tree.noise(1, k)[1]).abs() < 1e-7, "fully correlated");
        assert!((tree.noise(0, k)[0] - tree.noise(0, k)[1]).abs() > 1e-7, "half correlated");
    }
}

#[test]
fn the_hash_covers_every_file_and_nothing_else() {
    let hash = Fixture::new().case().case_hash;
    assert_eq!(Fixture::new().case().case_hash, hash);
    let mut other = Fixture::new();
    other.raw.insert("README.md".into(), b"notes".to_vec());
    assert_eq!(other.case().case_hash, hash);
    other.set("config.json", "/training/selection/forward_passes", json!(4));
    assert_ne!(other.case().case_hash, hash);
}

#[test]
fn every_usual_codec_reads() {
    let expected = Fixture::new().case().study;
    for compression in [
        Compression::SNAPPY,
        Compression::ZSTD(parquet::basic::ZstdLevel::default()),
        Compression::GZIP(parquet::basic::GzipLevel::default()),
        Compression::LZ4_RAW,
    ] {
        let mut fixture = Fixture::new();
        for (name, columns) in &fixture.tables {
            fixture.raw.insert(name.clone(), compressed_bytes(columns, compression));
        }
        assert_eq!(fixture.case().study, expected, "{compression}");
    }
}
