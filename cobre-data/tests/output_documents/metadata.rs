use std::time::{Duration, SystemTime};

use cobre_data::case::{OpeningsSource, PolicyMode};
use cobre_data::output::metadata::{
    Distribution, HydroModels, ModelProvenance, PhaseRecord, ScalingReport, SimulationMetadata, TrainingMetadata,
};
use cobre_data::output::{RunStatus, TrainingTotals, write_metadata};
use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::{SolverStatistics, StopReason};
use cobre_engine::simulation::SimulationResult;
use cobre_engine::system::{System, SystemParts};
use serde_json::json;

use super::{create, json as read_json, output_fixture as fixture, toy};

fn totals() -> TrainingTotals {
    TrainingTotals {
        iterations: 7,
        lower_bound: Some(80.0),
        upper_bound: Some(100.0),
        upper_bound_std: None,
        cuts_added: 64,
        cuts_removed: 4,
        cuts_active: 60,
        peak_cuts_active: 60,
        lp_solves: 500,
        lp_retries: 2,
        cut_rows: 900,
        forward_solve_seconds: 1.5,
        backward_solve_seconds: 6.5,
        ..TrainingTotals::default()
    }
}

#[test]
fn training_tells_what_was_asked_for_and_what_came_of_it() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let (run, case) = (create(root.path()), toy());
    let phase = PhaseRecord::ending_now(&run, SystemTime::now() - Duration::from_secs(5), RunStatus::Complete);
    let options = case.training.as_ref().expect("training");
    let metadata = TrainingMetadata::new(
        phase,
        &case.study,
        options,
        PolicyMode::Fresh,
        &totals(),
        StopReason::IterationLimit,
        Distribution::local(3),
    );
    let document = write_metadata(&run, &metadata).expect("a document");
    assert_eq!(document.path, "run=1/training/metadata.json");
    let found = read_json(root.path(), &document);
    assert_eq!(serde_json::from_value::<TrainingMetadata>(found.clone()).expect("metadata"), metadata);
    assert_eq!((&found["software"], &found["software_version"]), (&json!("cobre"), &json!("0.1.0")));
    assert_eq!((&found["solver"], &found["solver_version"]), (&json!("highs"), &json!("1.12")));
    assert_eq!(found["status"], "complete");
    assert!(found["duration_seconds"].as_f64().expect("seconds") >= 5.0);
    assert!(found["started_at"].as_str() < found["completed_at"].as_str());
    let configuration = json!({
        "seed": 1, "max_iterations": 60, "forward_passes": 4, "stopping_mode": "any", "policy_mode": "fresh"
    });
    assert_eq!(found["configuration"], configuration);
    let dimensions = json!({"num_stages": 6, "num_hydros": 2, "num_thermals": 3, "num_buses": 2, "num_lines": 1});
    assert_eq!(found["problem_dimensions"], dimensions);
    assert_eq!(found["iterations"], json!({"completed": 7, "converged_at": null}));
    let convergence = json!({"achieved": false, "final_gap_percent": 25.0, "termination_reason": "iteration_limit"});
    assert_eq!(found["convergence"], convergence);
    let pool = json!({
        "total_generated": 64, "total_active": 60, "peak_active": 60, "cuts_active": 60, "rows_in_lp_total": 900,
        "rows_in_lp_solve_count": 500
    });
    assert_eq!(found["row_pool"], pool);
    let bounds = json!({
        "final_lower_bound": 80.0, "final_upper_bound": 100.0, "final_upper_bound_std": null,
        "final_upper_bound_kind": "statistical"
    });
    assert_eq!(found["bounds"], bounds);
    let work = json!({
        "total_lp_solves": 500, "first_try": 498, "retried": 2, "failed": 0, "forward_solve_seconds": 1.5,
        "backward_solve_seconds": 6.5, "parallelism": 3
    });
    assert_eq!(found["solve_stats"], work);
    assert!(found.get("setup").is_none(), "what was not measured is left out");
    assert_eq!(found["distribution"]["backend"], "local");
    assert_eq!(found["distribution"]["threads_per_rank"], 3);
}

#[test]
fn a_rule_of_convergence_is_achieved_and_risk_aversion_has_no_gap() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let (run, mut case) = (create(root.path()), toy());
    let options = case.training.clone().expect("training");
    let system = &case.study.system;
    let mut stages = system.stages().to_vec();
    stages[0].risk_measure = RiskMeasure::Cvar { alpha: 0.2, lambda: 0.5 };
    case.study.system = System::new(SystemParts {
        stages,
        buses: system.buses().to_vec(),
        lines: system.lines().to_vec(),
        thermals: system.thermals().to_vec(),
        hydros: system.hydros().to_vec(),
        initial: system.initial().clone(),
    })
    .expect("a valid system");
    let phase = PhaseRecord::ending_now(&run, SystemTime::now(), RunStatus::Complete);
    let (reason, mode) = (StopReason::BoundStalling, PolicyMode::Resume);
    let local = Distribution::local(1);
    let metadata = TrainingMetadata::new(phase, &case.study, &options, mode, &totals(), reason, local);
    assert!(metadata.convergence.achieved);
    assert_eq!(metadata.iterations.converged_at, Some(7));
    assert_eq!(metadata.convergence.final_gap_percent, None);
    assert_eq!(metadata.configuration.policy_mode, "resume");
}

#[test]
fn a_simulation_tells_its_scenarios_and_their_cost() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let run = create(root.path());
    let work = SolverStatistics { lp_solves: 100, retries: 1, solve_seconds: 0.5, ..SolverStatistics::default() };
    let result = SimulationResult {
        n_scenarios: 30,
        mean_cost: 12.5,
        std_cost: Some(2.0),
        stopped: true,
        solver: vec![work; 2],
    };
    let metadata = |n_earlier| {
        let phase = PhaseRecord::ending_now(&run, SystemTime::now(), RunStatus::Partial);
        SimulationMetadata::new(phase, 50, n_earlier, &result, Distribution::local(2))
    };
    let document = write_metadata(&run, &metadata(0)).expect("a document");
    assert_eq!(document.path, "run=1/simulation/metadata.json");
    let found = read_json(root.path(), &document);
    assert_eq!(found["status"], "partial");
    assert_eq!(found["scenarios"], json!({"total": 50, "completed": 30, "failed": 0}));
    assert_eq!(found["cost"], json!({"mean_cost": 12.5, "std_cost": 2.0}));
    let work = json!({
        "total_lp_solves": 200, "first_try": 198, "retried": 2, "failed": 0, "solve_seconds": 1.0, "parallelism": 2
    });
    assert_eq!(found["solve_stats"], work);
    assert_eq!(metadata(10).solve_stats.total_lp_solves, None, "the work of an earlier process is not known");
    let nothing = SimulationResult { n_scenarios: 0, mean_cost: f64::NAN, std_cost: None, ..result.clone() };
    let phase = PhaseRecord::ending_now(&run, SystemTime::now(), RunStatus::Partial);
    assert_eq!(SimulationMetadata::new(phase, 50, 0, &nothing, Distribution::local(2)).cost, None);
}

#[test]
fn models_and_their_provenance_are_told() {
    let models = HydroModels::new(&fixture::system());
    assert_eq!((models.n_constant, models.n_no_evaporation, models.n_fpha), (2, 2, 0));
    assert!(models.no_turbine_capacity.is_empty(), "a plant that is shut for one stage can turbine");
    let system = fixture::system();
    let mut hydros = system.hydros().to_vec();
    for block in hydros[1].stages.iter_mut().flat_map(|stage| &mut stage.blocks) {
        block.turbined_m3s.max = 0.0;
    }
    let shut = System::new(SystemParts {
        stages: system.stages().to_vec(),
        buses: system.buses().to_vec(),
        hydros,
        initial: system.initial().clone(),
        ..SystemParts::default()
    });
    let models = HydroModels::new(&shut.expect("a valid system"));
    assert_eq!(models.no_turbine_capacity.iter().map(|plant| plant.hydro_id).collect::<Vec<_>>(), [3]);

    let mut case = toy();
    let inflow = json!({
        "estimation_path": "user_file", "seasonal_stats_source": "user_file", "ar_coefficients_source": "user_file",
        "correlation_source": "user_file", "opening_tree_source": "generated", "n_hydros": 2, "ar_max_order": 1,
        "white_noise_fallbacks": []
    });
    assert_eq!(json!(ModelProvenance::new(&case))["inflow"], inflow);
    case.openings = OpeningsSource::File;
    case.stochastic.correlation.profiles.clear();
    let inflow = &json!(ModelProvenance::new(&case))["inflow"];
    assert_eq!((&inflow["opening_tree_source"], &inflow["correlation_source"]), (&json!("user_file"), &json!("n/a")));
}

#[test]
fn the_scaling_report_tells_sizes_and_ranges() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let (run, mut case) = (create(root.path()), toy());
    case.study.cost_scale_factor = 1000.0;
    let report = ScalingReport::new(&case.study);
    let document = write_metadata(&run, &report).expect("a document");
    assert_eq!(document.path, "run=1/training/scaling_report.json");
    assert_eq!((report.stages.len(), report.summary.num_stages), (6, 6));
    let worst = report.summary.worst_pre_scaling_matrix_ratio.expect("a ratio");
    assert!(worst > 1.0);
    for stage in &report.stages {
        assert!(stage.dimensions.num_cols > stage.dimensions.num_rows && stage.dimensions.num_rows > 0);
        assert_eq!(stage.pre_scaling.matrix_coeff_range, stage.post_scaling.matrix_coeff_range);
        assert!(stage.pre_scaling.matrix_coeff_ratio.expect("a ratio") <= worst);
        let (pre, post) = (stage.pre_scaling.objective_range, stage.post_scaling.objective_range);
        let (pre, post) = (pre.expect("costs"), post.expect("costs"));
        assert!((pre[1] / post[1] - 1000.0).abs() < 1e-9, "costs are divided by the factor");
        assert_eq!(stage.col_scale.count, stage.dimensions.num_cols);
    }
}
