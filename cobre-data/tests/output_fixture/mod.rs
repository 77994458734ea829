//! A small system and made-up outcomes: every value names where it belongs.

#![allow(dead_code)] // Every includer uses a part of it.

use std::collections::BTreeMap;

use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::SolverStatistics;
use cobre_engine::simulation::{
    BlockCost, Bucket, BusBlockOutcome, CostBreakdown, HydroBlockOutcome, HydroOutcome, LineBlockOutcome, StageOutcome,
};
use cobre_engine::system::{
    Block, Bus, BusStage, DeficitSegment, Hydro, HydroBlock, HydroPenalties, HydroStage, InitialState, Limits, Line,
    LineLimits, LineStage, Stage, System, SystemParts, Thermal, ThermalStage, UnitGroup,
};

use super::RunInfo;

/// Stage labels.
pub(crate) const STAGE_IDS: [i32; 3] = [10, 20, 30];
/// Block durations per stage (h).
pub(crate) const HOURS: [&[f64]; 3] = [&[300.0, 420.0], &[200.0, 500.0], &[744.0]];
/// Productivity of the plants per stage, by position.
pub(crate) const PRODUCTIVITY: [[f64; 3]; 2] = [[0.5, 0.6, 0.7], [0.25, 0.2, 0.15]];

/// Plant 7 releases into plant 3 and diverts into it too, and feeds both buses; plant 3 feeds the second.
pub(crate) fn system() -> System {
    let stages = STAGE_IDS
        .iter()
        .zip(HOURS)
        .enumerate()
        .map(|(t, (&id, hours))| Stage {
            id,
            start_day: 30 * t as i32,
            end_day: 30 * (t as i32 + 1),
            season: None,
            blocks: hours.iter().map(|&hours| Block { name: "block".into(), hours }).collect(),
            discount_factor: 1.0,
            risk_measure: RiskMeasure::Expectation,
        })
        .collect();
    let group = |id, bus| UnitGroup {
        id,
        name: format!("group {id}"),
        bus,
        turbined_m3s: Limits::new(0.0, 50.0),
        generation_mw: Limits::new(0.0, 40.0),
    };
    let hydro = |position: usize, id, downstream: Option<usize>, unit_groups| Hydro {
        id,
        name: format!("plant {id}"),
        downstream,
        diversion_downstream: downstream,
        unit_groups,
        stages: (0..3)
            .map(|t| HydroStage {
                productivity_mw_per_m3s: PRODUCTIVITY[position][t],
                storage_hm3: Limits::new(100.0, 500.0),
                water_withdrawal_m3s: 0.0,
                penalties: HydroPenalties::default(),
                blocks: HOURS[t]
                    .iter()
                    .map(|_| HydroBlock {
                        turbined_m3s: if position == 1 && t == 2 {
                            Limits::new(0.0, 0.0)
                        } else {
                            Limits::new(0.0, 1e4)
                        },
                        generation_mw: Limits::new(0.0, 1e4),
                        outflow_m3s: Limits::new(0.0, f64::INFINITY),
                        spillage_m3s: Limits::new(0.0, f64::INFINITY),
                        diversion_m3s: Limits::new(0.0, 1e4),
                    })
                    .collect(),
            })
            .collect(),
    };
    let bus = |id| Bus {
        id,
        name: format!("bus {id}"),
        deficit_segments: vec![DeficitSegment { depth_mw: f64::INFINITY, cost_per_mwh: 1000.0 }],
        stages: HOURS
            .iter()
            .map(|hours| BusStage {
                load_mean_mw: 100.0,
                load_std_mw: 0.0,
                load_factors: vec![1.0; hours.len()],
                excess_cost_per_mwh: 0.0,
            })
            .collect(),
    };
    let thermal = |id, max| Thermal {
        id,
        name: format!("thermal {id}"),
        bus: 0,
        stages: HOURS
            .iter()
            .map(|hours| ThermalStage { cost_per_mwh: 25.0, generation_mw: vec![Limits::new(0.0, max); hours.len()] })
            .collect(),
    };
    System::new(SystemParts {
        stages,
        buses: vec![bus(1), bus(0)],
        lines: vec![Line {
            id: 4,
            name: "line".into(),
            source_bus: 0,
            target_bus: 1,
            losses_percent: 3.0,
            stages: HOURS
                .iter()
                .map(|hours| LineStage {
                    exchange_cost_per_mwh: 2.0,
                    blocks: vec![LineLimits { direct_mw: 1e5, reverse_mw: 1e5 }; hours.len()],
                })
                .collect(),
        }],
        thermals: vec![thermal(1, 1e6), thermal(2, 0.0)],
        hydros: vec![hydro(0, 7, Some(1), vec![group(0, 0), group(1, 1)]), hydro(1, 3, None, vec![group(0, 0)])],
        initial: InitialState { storage_hm3: vec![200.0; 2], inflow_lags_m3s: vec![vec![]; 2] },
    })
    .expect("the fixture is a valid system")
}

/// The same system with buses only.
pub(crate) fn buses_only() -> System {
    let full = system();
    System::new(SystemParts { stages: full.stages().to_vec(), buses: full.buses().to_vec(), ..SystemParts::default() })
        .expect("the fixture is a valid system")
}

/// A value that differs for every place it may stand in.
pub(crate) fn value(tag: usize, entity: usize, stage: usize, scenario: usize, block: usize) -> f64 {
    (tag * 1000 + entity * 300 + stage * 80 + scenario * 7 + block) as f64 + 0.25
}

/// A made-up outcome with `n_lags` inflow lags.
pub(crate) fn outcome(system: &System, stage: usize, scenario: usize, n_lags: usize) -> StageOutcome {
    let n_blocks = system.stages()[stage].blocks.len();
    let n_hydros = system.n_hydros();
    let per_block = |n: usize| (0..n).flat_map(move |entity| (0..n_blocks).map(move |block| (entity, block)));
    let n_cells = system.hydros().iter().map(|hydro| hydro.cell_buses().len()).sum();
    StageOutcome {
        opening: scenario % 3,
        cost: CostBreakdown {
            total_cost: value(1, 0, stage, scenario, 0),
            immediate_cost: value(2, 0, stage, scenario, 0),
            future_cost: value(3, 0, stage, scenario, 0),
            discount_factor: 0.9f64.powi(stage as i32),
            thermal_cost: value(4, 0, stage, scenario, 0),
            deficit_cost: value(5, 0, stage, scenario, 0),
            excess_cost: value(6, 0, stage, scenario, 0),
            outflow_violation_below_cost: value(7, 0, stage, scenario, 0),
            outflow_violation_above_cost: value(8, 0, stage, scenario, 0),
            turbined_violation_cost: value(9, 0, stage, scenario, 0),
            generation_violation_cost: value(10, 0, stage, scenario, 0),
            withdrawal_violation_cost: value(11, 0, stage, scenario, 0),
            inflow_penalty_cost: value(12, 0, stage, scenario, 0),
            spillage_cost: value(13, 0, stage, scenario, 0),
            turbined_cost: value(14, 0, stage, scenario, 0),
            exchange_cost: value(15, 0, stage, scenario, 0),
        },
        block_costs: (0..n_blocks)
            .map(|k| BlockCost {
                thermal_cost: value(4, 1, stage, scenario, k),
                deficit_cost: value(5, 1, stage, scenario, k),
                excess_cost: value(6, 1, stage, scenario, k),
                outflow_violation_below_cost: value(7, 1, stage, scenario, k),
                outflow_violation_above_cost: value(8, 1, stage, scenario, k),
                turbined_violation_cost: value(9, 1, stage, scenario, k),
                generation_violation_cost: value(10, 1, stage, scenario, k),
                spillage_cost: value(13, 1, stage, scenario, k),
                turbined_cost: value(14, 1, stage, scenario, k),
                exchange_cost: value(15, 1, stage, scenario, k),
            })
            .collect(),
        hydros: (0..n_hydros)
            .map(|h| HydroOutcome {
                storage_initial_hm3: value(0, h, stage, scenario, 0) + 100.0,
                // Scenario 0 ends at the maximum, scenario 1 at the minimum.
                storage_final_hm3: [500.0, 100.0, 300.0][scenario.min(2)],
                inflow_m3s: value(22, h, stage, scenario, 0),
                water_value_per_hm3: -value(23, h, stage, scenario, 0),
                inflow_nonnegativity_slack_m3s: value(24, h, stage, scenario, 0),
                withdrawal_violation_pos_m3s: value(25, h, stage, scenario, 0),
                withdrawal_violation_neg_m3s: value(26, h, stage, scenario, 0),
            })
            .collect(),
        hydro_blocks: per_block(n_hydros)
            .map(|(h, k)| HydroBlockOutcome {
                turbined_m3s: if (h, k) == (0, 1) { 1e4 } else { value(1, h, stage, scenario, k) },
                spillage_m3s: value(31, h, stage, scenario, k),
                diverted_outflow_m3s: value(32, h, stage, scenario, k),
                diverted_inflow_m3s: value(33, h, stage, scenario, k),
                generation_mw: value(2, h, stage, scenario, k),
                spillage_cost: value(35, h, stage, scenario, k),
                turbined_slack_m3s: value(36, h, stage, scenario, k),
                outflow_slack_below_m3s: value(37, h, stage, scenario, k),
                outflow_slack_above_m3s: value(38, h, stage, scenario, k),
                generation_slack_mw: value(39, h, stage, scenario, k),
            })
            .collect(),
        cells: per_block(n_cells)
            .map(|(c, k)| (value(40, c, stage, scenario, k), value(41, c, stage, scenario, k)))
            .collect(),
        thermal_mw: per_block(system.thermals().len()).map(|(i, k)| value(50, i, stage, scenario, k)).collect(),
        lines: per_block(system.lines().len())
            .map(|(l, k)| LineBlockOutcome {
                direct_mw: value(60, l, stage, scenario, k),
                reverse_mw: value(61, l, stage, scenario, k) * 0.5,
            })
            .collect(),
        buses: per_block(system.buses().len())
            .map(|(b, k)| BusBlockOutcome {
                load_mw: value(70, b, stage, scenario, k),
                deficit_mw: value(71, b, stage, scenario, k),
                excess_mw: value(72, b, stage, scenario, k),
                spot_price: value(73, b, stage, scenario, k),
            })
            .collect(),
        inflow_lags_m3s: (0..n_lags)
            .flat_map(|lag| (0..n_hydros).map(move |h| value(80 + lag, h, stage, scenario, 0)))
            .collect(),
        solver: SolverStatistics {
            simplex_iterations: (100 * stage + scenario) as u64,
            retries: 1,
            retry_attempts: 2,
            // Scenario 1 climbs one step more at the second stage.
            retries_by_level: if (stage, scenario) == (1, 1) { [0, 0, 1, 0] } else { [0, 1, 0, 0] },
            basis_offered: u64::from(scenario == 0),
            solve_seconds: 0.25,
            ..SolverStatistics::default()
        },
    }
}

/// Outcomes of all scenarios of a bucket at a stage.
pub(crate) fn outcomes(system: &System, bucket: Bucket, stage: usize, n_lags: usize) -> Vec<StageOutcome> {
    (0..bucket.n_scenarios).map(|i| outcome(system, stage, bucket.first_scenario + i, n_lags)).collect()
}

/// What a run knows of itself.
pub(crate) fn info() -> RunInfo {
    RunInfo {
        engine_version: "0.1.0".into(),
        case_hash: "c0ffee".into(),
        study_hash: "d00d".into(),
        simulation_hash: "feed".into(),
        case_path: "cases/small".into(),
        solver_name: "highs".into(),
        solver_version: Some("1.12".into()),
        threads: 2,
        ranks: 1,
        options: BTreeMap::from([("seed".into(), 42.into()), ("forward_passes".into(), 4.into())]),
    }
}
