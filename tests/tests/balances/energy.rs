use std::collections::BTreeMap;

use cobre_engine::system::System;

use super::faults::Faults;
use super::tables::Tables;

/// Power of every (scenario, stage, block, bus): generation, arrivals and deficit less excess and demand.
pub(super) fn check(system: &System, tables: &Tables) -> Vec<String> {
    let mut faults = Faults::default();
    let mut terms: BTreeMap<[i32; 4], Vec<f64>> = BTreeMap::new();
    let bus_id = |position: usize| system.buses()[position].id;
    let thermal_bus: BTreeMap<i32, i32> =
        system.thermals().iter().map(|thermal| (thermal.id, bus_id(thermal.bus))).collect();
    let line_ends: BTreeMap<i32, (i32, i32)> =
        system.lines().iter().map(|line| (line.id, (bus_id(line.source_bus), bus_id(line.target_bus)))).collect();

    let table = &tables.cells;
    for row in 0..table.n_rows() {
        let bus = table.ids("bus_id")[row];
        terms.entry(key(table, row, bus)).or_default().push(table.floats("generation_mw")[row]);
    }
    let table = &tables.thermals;
    for row in 0..table.n_rows() {
        let bus = thermal_bus[&table.ids("thermal_id")[row]];
        terms.entry(key(table, row, bus)).or_default().push(table.floats("generation_mw")[row]);
    }
    let table = &tables.exchanges;
    for row in 0..table.n_rows() {
        let (source, target) = line_ends[&table.ids("line_id")[row]];
        let (direct, reverse) = (table.floats("direct_flow_mw")[row], table.floats("reverse_flow_mw")[row]);
        terms.entry(key(table, row, source)).or_default().push(reverse - direct);
        terms.entry(key(table, row, target)).or_default().push(direct - reverse);
        faults.equal(|| format!("net flow of row {row}"), table.floats("net_flow_mw")[row], direct - reverse);
    }
    let table = &tables.buses;
    for row in 0..table.n_rows() {
        let key = key(table, row, table.ids("bus_id")[row]);
        let mut all = terms.remove(&key).unwrap_or_default();
        all.extend([table.floats("deficit_mw")[row], -table.floats("excess_mw")[row], -table.floats("load_mw")[row]]);
        let [scenario, stage, block, bus] = key;
        faults.closes(|| format!("power of scenario {scenario}, stage {stage}, block {block}, bus {bus}"), &all);
    }
    for key in terms.keys() {
        faults.push(format!("power without a row of its bus: scenario, stage, block, bus = {key:?}"));
    }
    demand(system, tables, &mut faults);
    cells(tables, &mut faults);
    faults.into_vec()
}

fn key(table: &super::columns::Columns, row: usize, bus: i32) -> [i32; 4] {
    [table.ids("scenario_id")[row], table.ids("stage_id")[row], table.ids("block_id")[row], bus]
}

/// Demand without noise is what the case says, and energy is power times hours.
fn demand(system: &System, tables: &Tables, faults: &mut Faults) {
    let rows = tables.buses.index(["bus_id", "stage_id", "scenario_id", "block_id"]);
    for bus in system.buses() {
        for (t, stage) in system.stages().iter().enumerate() {
            let data = &bus.stages[t];
            for &scenario in tables.scenarios() {
                for (k, block) in stage.blocks.iter().enumerate() {
                    let place = |what: &str| {
                        format!("{what} of scenario {scenario}, stage {}, block {k}, bus {}", stage.id, bus.id)
                    };
                    let Some(&row) = rows.get(&[bus.id, stage.id, scenario, k as i32]) else {
                        faults.push(place("no row"));
                        continue;
                    };
                    let value = |name: &str| tables.buses.floats(name)[row];
                    if data.load_std_mw == 0.0 {
                        faults.equal(|| place("demand"), value("load_mw"), data.load_mean_mw * data.load_factors[k]);
                    }
                    for (power, energy) in
                        [("load_mw", "load_mwh"), ("deficit_mw", "deficit_mwh"), ("excess_mw", "excess_mwh")]
                    {
                        faults.equal(|| place(energy), value(energy), value(power) * block.hours);
                        if value(power) < 0.0 {
                            faults.push(format!("{}: {}", place(power), value(power)));
                        }
                    }
                }
            }
        }
    }
}

/// The buses of a plant add up to the plant.
fn cells(tables: &Tables, faults: &mut Faults) {
    for (of_cell, of_plant) in [("turbined_m3s", "turbined_m3s"), ("generation_mw", "generation_mw")] {
        let mut sums: BTreeMap<[i32; 4], f64> = BTreeMap::new();
        let table = &tables.cells;
        for row in 0..table.n_rows() {
            *sums.entry(key(table, row, table.ids("hydro_id")[row])).or_default() += table.floats(of_cell)[row];
        }
        let table = &tables.hydros;
        for row in 0..table.n_rows() {
            let plant = key(table, row, table.ids("hydro_id")[row]);
            let sum = sums.get(&plant).copied().unwrap_or(f64::NAN);
            faults.equal(|| format!("{of_plant} of {plant:?} and of its buses"), table.floats(of_plant)[row], sum);
        }
    }
}
