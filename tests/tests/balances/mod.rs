//! Balances, costs and order, recomputed from the output tables alone.
//!
//! The tables are read back from disk; of the study only what no table holds is used: links, targets, limits and
//! prices, block hours, discount factors.

mod columns;
mod costs;
mod energy;
mod faults;
mod inflow;
mod order;
mod perturbed;
mod tables;
mod water;

use cobre_engine::risk::RiskMeasure;
use cobre_engine::sddp::SimulationOptions;
use cobre_engine::system::{System, SystemParts};
use cobre_engine::test_models::RandomStudy;
use cobre_engine::{InflowNonNegativity, Study};

use crate::setting::{Recorded, case, dataset, record, shared_cases, training};
use tables::Tables;

/// Scenarios in four buckets, the last one smaller.
const SIMULATION: SimulationOptions = SimulationOptions { n_scenarios: 50, bucket_size: 16, seed: 3 };

/// A study that uses every part of the hydro model: withdrawal, soft limits, several blocks and buses, and a plant that
/// has to divert water into another river.
fn eventful_study() -> Study {
    let shape = RandomStudy {
        seed: 61,
        n_hydros: 4,
        n_buses: 2,
        n_blocks: 3,
        ar_order: 2,
        inflow_variation: 0.9,
        load_variation: 0.1,
        annual_discount_rate: 0.1,
        risk_measure: |_| RiskMeasure::Cvar { alpha: 0.5, lambda: 0.3 },
        operational_limits: true,
        ..RandomStudy::default()
    };
    let mut study = shape.build();
    let system = &study.system;
    let mut hydros = system.hydros().to_vec();
    hydros[0].diversion_downstream = Some(3);
    for block in hydros[0].stages.iter_mut().flat_map(|stage| &mut stage.blocks) {
        block.diversion_m3s.min = 3.0;
    }
    study.system = System::new(SystemParts {
        stages: system.stages().to_vec(),
        buses: system.buses().to_vec(),
        lines: system.lines().to_vec(),
        thermals: system.thermals().to_vec(),
        hydros,
        initial: system.initial().clone(),
    })
    .expect("the study stays valid");
    study
}

/// Trains a little, simulates, writes and reads back.
fn recorded(study: &Study) -> (Recorded, tempfile::TempDir) {
    let root = tempfile::tempdir().expect("a temporary folder");
    let recorded = record(study, &training(8, 2, 5), &SIMULATION, 2, root.path());
    (recorded, root)
}

/// Everything that is wrong with the tables of a study.
fn all_faults(study: &Study, tables: &Tables) -> Vec<String> {
    let mut faults = water::check(&study.system, tables);
    faults.extend(energy::check(&study.system, tables));
    faults.extend(costs::check(&study.system, tables));
    faults.extend(inflow::check(study, tables));
    faults
}

fn judge(name: &str, study: &Study) {
    let (recorded, _root) = recorded(study);
    let tables = Tables::read(&recorded.run);
    let mut faults = all_faults(study, &tables);
    faults.extend(order::check(study, &recorded.run, &SIMULATION));
    let mean =
        tables.scenario_summary.floats("discounted_immediate_cost").iter().sum::<f64>() / SIMULATION.n_scenarios as f64;
    let off = (mean - recorded.simulated.mean_cost).abs() / mean.abs();
    if off.is_nan() || off > 1e-12 {
        faults.push(format!("mean cost {} reported, {mean} in the table", recorded.simulated.mean_cost));
    }
    let n = faults.len();
    faults.truncate(20);
    assert!(faults.is_empty(), "{name}: {n} faults, the first of them:\n{}", faults.join("\n"));
}

fn judge_shared(name: &str) {
    let Some(folder) = shared_cases() else { return };
    judge(name, &case(&folder.join(name)).study);
}

#[test]
fn toy() {
    judge("toy", &case(&dataset("toy")).study);
}

#[test]
fn four_reservoirs() {
    judge("four-reservoirs", &case(&dataset("four-reservoirs")).study);
}

#[test]
fn operational_violations() {
    judge_shared("d20-operational-violations");
}

#[test]
fn minimum_outflow_per_block() {
    judge_shared("d22-per-block-min-outflow");
}

#[test]
fn blocks_and_memory() {
    judge_shared("r05-blocks-ar2");
}

#[test]
fn random_demand_and_risk() {
    judge_shared("r06-load-noise-cvar-discount");
}

#[test]
fn limits_diversion_and_withdrawal_in_three_blocks_and_two_buses() {
    let study = eventful_study();
    judge("eventful", &study);
}

#[test]
fn truncated_inflow_with_memory() {
    let shape = RandomStudy {
        seed: 62,
        ar_order: 1,
        inflow_variation: 0.9,
        non_negativity: InflowNonNegativity::Truncation,
        ..RandomStudy::default()
    };
    judge("truncation", &shape.build());
}
