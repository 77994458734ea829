//! A small case whose files the targets replace one at a time.

use std::fs;
use std::path::Path;

use cobre_data::case::{Case, CaseError, read_case};

/// The JSON files of a one-stage case.
pub const JSON: [(&str, &str); 10] = [
    (
        "config.json",
        r#"{"training": {"selection": {"method": "sampled", "forward_passes": 1},
            "stopping_rules": [{"type": "iteration_limit", "limit": 2}],
            "scenario_source": {"seed": 1, "openings": {"source": "generated"}}},
            "simulation": {"enabled": true, "selection": {"method": "sampled", "num_scenarios": 2}},
            "policy": {"path": "run=1", "mode": "resume", "checkpointing": {"enabled": true, "interval_iterations": 1,
            "initial_iteration": 1, "store_basis": true, "compress": false}},
            "exports": {"states": true, "stochastic": true, "results": {"tables": ["hydros"], "columns":
            {"hydros": ["turbined_m3s"]}, "compression": "zstd", "compression_level": 3, "max_rows_per_file": 9,
            "partition_by": "stage_id", "bucket_size": 2, "aggregates_only": false}}}"#,
    ),
    (
        "penalties.json",
        r#"{"bus": {"deficit_segments": [{"depth_mw": null, "cost": 1000.0}], "excess_cost": 1.0},
            "line": {"exchange_cost": 1.0}, "non_controllable_source": {"curtailment_cost": 1.0},
            "hydro": {"spillage_cost": 0.01, "turbined_cost": 0.0, "diversion_cost": 0.1,
            "storage_violation_below_cost": 1.0, "filling_target_violation_cost": 1.0,
            "turbined_violation_below_cost": 1.0, "outflow_violation_below_cost": 1.0,
            "outflow_violation_above_cost": 1.0, "generation_violation_below_cost": 1.0,
            "evaporation_violation_cost": 1.0, "water_withdrawal_violation_cost": 1.0}}"#,
    ),
    (
        "stages.json",
        r#"{"policy_graph": {"type": "finite_horizon", "annual_discount_rate": 0.1, "transitions": []},
            "season_definitions": {"cycle_type": "monthly", "seasons": [{"id": 0, "label": "Jan", "month_start": 1}]},
            "pre_study_stages": [{"id": -1, "start_date": "2023-12-01", "end_date": "2024-01-01"}],
            "stages": [{"id": 0, "start_date": "2024-01-01", "end_date": "2024-02-01", "num_openings": 2,
            "blocks": [{"id": 0, "name": "ALL", "hours": 744.0}], "state_variables": {"inflow_lags": true},
            "risk_measure": {"cvar": {"alpha": 0.5, "lambda": 0.5}}}]}"#,
    ),
    (
        "initial_conditions.json",
        r#"{"storage": [{"hydro_id": 0, "value_hm3": 1.0}], "filling_storage": [], "recent_observations":
            [{"hydro_id": 0, "start_date": "2023-12-01", "end_date": "2024-01-01", "value_m3s": 3.0}]}"#,
    ),
    ("system/buses.json", r#"{"buses": [{"id": 0, "name": "B", "operational_start_date": "2000-01-01"}]}"#),
    ("system/lines.json", r#"{"lines": []}"#),
    (
        "system/thermals.json",
        r#"{"thermals": [{"id": 0, "name": "T", "operational_start_date": "2000-01-01", "bus_id": 0,
            "cost_per_mwh": 5.0, "generation": {"min_mw": 0.0, "max_mw": 9.0}}]}"#,
    ),
    (
        "system/hydros.json",
        r#"{"hydros": [{"id": 0, "name": "H", "operational_start_date": "2000-01-01", "downstream_id": null,
            "reservoir": {"min_storage_hm3": 0.0, "max_storage_hm3": 9.0},
            "outflow": {"min_outflow_m3s": 0.0, "max_outflow_m3s": null},
            "generation": {"model": "constant_productivity", "min_turbined_m3s": 0.0, "max_turbined_m3s": 9.0,
            "min_generation_mw": 0.0, "max_generation_mw": 9.0}, "unit_groups": [{"id": 0, "name": "G", "bus_id": 0,
            "min_generation_mw": 0.0, "max_generation_mw": 9.0, "min_turbined_m3s": 0.0, "max_turbined_m3s": 9.0}]}]}"#,
    ),
    (
        "system/hydro_production_models.json",
        r#"{"production_models": [{"hydro_id": 0, "selection_mode": "stage_ranges", "stage_ranges": [{"start_stage_id": 0,
            "end_stage_id": null, "model": "constant_productivity", "productivity_mw_per_m3s": 1.0}]}]}"#,
    ),
    (
        "scenarios/correlation.json",
        r#"{"method": "spectral", "profiles": {"default": {"correlation_groups": [{"name": "g", "matrix": [[1.0]],
            "entities": [{"type": "inflow", "id": 0}]}]}}}"#,
    ),
];

/// Read when the settings ask for it.
const OPENINGS: &str = "scenarios/noise_openings.parquet";

/// The Parquet files that a target may replace.
pub const TABLES: [&str; 12] = [
    "scenarios/inflow_seasonal_stats.parquet",
    "scenarios/inflow_ar_coefficients.parquet",
    "scenarios/inflow_history.parquet",
    "scenarios/load_seasonal_stats.parquet",
    OPENINGS,
    "system/hydro_energy_productivity.parquet",
    "constraints/hydro_bounds.parquet",
    "constraints/thermal_bounds.parquet",
    "constraints/line_bounds.parquet",
    "constraints/penalty_overrides_bus.parquet",
    "constraints/penalty_overrides_line.parquet",
    "constraints/penalty_overrides_hydro.parquet",
];

/// Writes the case to a temporary folder with one file replaced (or added), and reads it.
///
/// # Errors
/// What the reader says about the case.
///
/// # Panics
/// When the temporary folder cannot be written.
pub fn read_with(name: &str, bytes: &[u8]) -> Result<Case, CaseError> {
    let directory = tempfile::tempdir().expect("a temporary folder");
    for folder in ["system", "scenarios", "constraints"] {
        fs::create_dir(directory.path().join(folder)).expect("a folder");
    }
    let write = |name: &str, bytes: &[u8]| fs::write(directory.path().join(Path::new(name)), bytes).expect("a file");
    let openings = if name == OPENINGS { "\"file\"" } else { "\"generated\"" };
    for (name, text) in JSON {
        write(name, text.replace("\"generated\"", openings).as_bytes());
    }
    write(name, bytes);
    read_case(directory.path())
}
