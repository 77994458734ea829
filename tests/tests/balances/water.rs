use std::collections::BTreeMap;

use cobre_engine::system::{Hydro, Stage, System};

use super::faults::Faults;
use super::tables::Tables;

/// Columns whose values belong to a stage and repeat in its blocks.
const PER_STAGE: [&str; 7] = [
    "incremental_inflow_m3s",
    "inflow_m3s",
    "storage_initial_hm3",
    "storage_final_hm3",
    "inflow_nonnegativity_slack_m3s",
    "water_withdrawal_violation_pos_m3s",
    "water_withdrawal_violation_neg_m3s",
];

/// Flows and power, not negative within the tolerance of the solver.
const FLOWS: [&str; 6] =
    ["turbined_m3s", "spillage_m3s", "outflow_m3s", "diverted_inflow_m3s", "diverted_outflow_m3s", "generation_mw"];

/// Violations: never negative.
const VIOLATIONS: [&str; 11] = [
    "turbined_slack_m3s",
    "outflow_slack_below_m3s",
    "outflow_slack_above_m3s",
    "generation_slack_mw",
    "storage_violation_below_hm3",
    "filling_target_violation_hm3",
    "evaporation_violation_pos_m3s",
    "evaporation_violation_neg_m3s",
    "inflow_nonnegativity_slack_m3s",
    "water_withdrawal_violation_pos_m3s",
    "water_withdrawal_violation_neg_m3s",
];

/// Rows of the table of plants by scenario, stage, plant, block.
type Rows = BTreeMap<[i32; 4], usize>;

/// Water balance, storage from stage to stage, limits and signs of every plant.
pub(super) fn check(system: &System, tables: &Tables) -> Vec<String> {
    let mut faults = Faults::default();
    let rows = tables.hydros.index(["scenario_id", "stage_id", "hydro_id", "block_id"]);
    for &scenario in tables.scenarios() {
        for (t, stage) in system.stages().iter().enumerate() {
            for h in 0..system.n_hydros() {
                balance(system, tables, &rows, (scenario, t, h), &mut faults);
                blocks(tables, &rows, scenario, stage, &system.hydros()[h], t, &mut faults);
            }
        }
    }
    signs(tables, &mut faults);
    faults.into_vec()
}

/// `final − initial = inflow − withdrawal − outflow − diversion + arrivals`, all in hm³.
fn balance(system: &System, tables: &Tables, rows: &Rows, at: (i32, usize, usize), faults: &mut Faults) {
    let (scenario, t, h) = at;
    let stage = &system.stages()[t];
    let hydro = &system.hydros()[h];
    let row = |plant: &Hydro, k: usize| rows.get(&[scenario, stage.id, plant.id, k as i32]).copied();
    let value = |name: &str, row: usize| tables.hydros.floats(name)[row];
    let Some(first) = row(hydro, 0) else {
        faults.push(format!("no row of scenario {scenario}, stage {}, plant {}", stage.id, hydro.id));
        return;
    };
    let zeta: f64 = stage.blocks.iter().map(|block| block.hours * 0.0036).sum();
    let target = hydro.stages[t].water_withdrawal_m3s;
    let mut terms = vec![
        value("storage_initial_hm3", first) - value("storage_final_hm3", first),
        zeta * (value("incremental_inflow_m3s", first) + value("inflow_nonnegativity_slack_m3s", first)),
        -zeta * target,
        -zeta * value("water_withdrawal_violation_pos_m3s", first),
        zeta * value("water_withdrawal_violation_neg_m3s", first),
    ];
    for (k, block) in stage.blocks.iter().enumerate() {
        let tau = block.hours * 0.0036;
        let Some(own) = row(hydro, k) else { return };
        terms.push(-tau * (value("turbined_m3s", own) + value("spillage_m3s", own)));
        terms.push(-tau * value("diverted_outflow_m3s", own));
        let mut diverted_here = 0.0;
        for other in system.hydros() {
            let Some(there) = row(other, k) else { return };
            if other.downstream == Some(h) {
                terms.push(tau * value("outflow_m3s", there));
            }
            if other.diversion_downstream == Some(h) {
                terms.push(tau * value("diverted_outflow_m3s", there));
                diverted_here += value("diverted_outflow_m3s", there);
            }
        }
        let place = || format!("diverted inflow of scenario {scenario}, stage {}, plant {}", stage.id, hydro.id);
        faults.equal(place, value("diverted_inflow_m3s", own), diverted_here);
    }
    let place = || format!("water of scenario {scenario}, stage {}, plant {}", stage.id, hydro.id);
    faults.closes(place, &terms);
    let before = match t.checked_sub(1) {
        None => Some(system.initial().storage_hm3[h]),
        Some(before) => {
            rows.get(&[scenario, system.stages()[before].id, hydro.id, 0]).map(|&row| value("storage_final_hm3", row))
        }
    };
    if before != Some(value("storage_initial_hm3", first)) {
        faults.push(format!("{}: starts at {}, came from {before:?}", place(), value("storage_initial_hm3", first)));
    }
    let limits = hydro.stages[t].storage_hm3;
    let end = value("storage_final_hm3", first);
    if !(limits.min - 1e-6 * limits.max.abs()..=limits.max * (1.0 + 1e-6)).contains(&end) {
        faults.push(format!("{}: ends at {end}, outside of {limits:?}", place()));
    }
}

/// Values of the stage repeat in its blocks, and what is derived from a block follows from it.
fn blocks(tables: &Tables, rows: &Rows, scenario: i32, stage: &Stage, hydro: &Hydro, t: usize, faults: &mut Faults) {
    let table = &tables.hydros;
    let of_block = |k: usize| rows.get(&[scenario, stage.id, hydro.id, k as i32]).copied();
    let Some(first) = of_block(0) else { return };
    for (k, block) in stage.blocks.iter().enumerate() {
        let place =
            |what: &str| format!("{what} of scenario {scenario}, stage {}, plant {}, block {k}", stage.id, hydro.id);
        let Some(row) = of_block(k) else {
            faults.push(place("no row"));
            continue;
        };
        for name in PER_STAGE {
            let column = table.floats(name);
            if column[row].to_bits() != column[first].to_bits() {
                faults.push(format!("{}: {} and {} in block 0", place(name), column[row], column[first]));
            }
        }
        let value = |name: &str| table.floats(name)[row];
        faults.equal(|| place("outflow"), value("outflow_m3s"), value("turbined_m3s") + value("spillage_m3s"));
        faults.equal(|| place("energy"), value("generation_mwh"), value("generation_mw") * block.hours);
        let rho = hydro.stages[t].productivity_mw_per_m3s;
        faults.equal(|| place("generation"), value("generation_mw"), rho * value("turbined_m3s"));
        let limits = &hydro.stages[t].blocks[k];
        let short = |minimum: f64, found: f64| (minimum - found).max(0.0);
        let outflow = value("outflow_m3s");
        let missing = short(limits.outflow_m3s.min, outflow);
        faults.equal(|| place("outflow missing"), value("outflow_slack_below_m3s"), missing);
        let beyond = (outflow - limits.outflow_m3s.max).max(0.0);
        faults.equal(|| place("outflow beyond"), value("outflow_slack_above_m3s"), beyond);
        let missing = short(limits.turbined_m3s.min, value("turbined_m3s"));
        faults.equal(|| place("turbined missing"), value("turbined_slack_m3s"), missing);
        let missing = short(limits.generation_mw.min, value("generation_mw"));
        faults.equal(|| place("generation missing"), value("generation_slack_mw"), missing);
    }
}

fn signs(tables: &Tables, faults: &mut Faults) {
    for name in FLOWS.into_iter().chain(VIOLATIONS) {
        let column = tables.hydros.floats(name);
        if let Some(row) = column.iter().position(|value| value.is_nan() || *value < 0.0) {
            faults.push(format!("{name} of row {row} is {}", column[row]));
        }
    }
}
