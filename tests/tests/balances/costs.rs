use std::collections::BTreeMap;

use cobre_engine::system::{Bus, System};

use super::columns::Columns;
use super::faults::Faults;
use super::tables::Tables;

/// Causes that make up the immediate cost of a stage. `hydro_violation_cost` is itself a sum of some of them.
const PARTS: [&str; 20] = [
    "thermal_cost",
    "anticipated_thermal_cost",
    "contract_cost",
    "deficit_cost",
    "excess_cost",
    "storage_violation_cost",
    "filling_target_cost",
    "outflow_violation_below_cost",
    "outflow_violation_above_cost",
    "turbined_violation_cost",
    "generation_violation_cost",
    "evaporation_violation_cost",
    "withdrawal_violation_cost",
    "inflow_penalty_cost",
    "generic_violation_cost",
    "spillage_cost",
    "turbined_cost",
    "curtailment_cost",
    "exchange_cost",
    "pumping_cost",
];

/// Parts of `hydro_violation_cost`.
const HYDRO_VIOLATIONS: [&str; 6] = [
    "outflow_violation_below_cost",
    "outflow_violation_above_cost",
    "turbined_violation_cost",
    "generation_violation_cost",
    "evaporation_violation_cost",
    "withdrawal_violation_cost",
];

/// Causes that are told by block.
const BLOCK_CAUSES: [&str; 10] = [
    "thermal_cost",
    "deficit_cost",
    "excess_cost",
    "outflow_violation_below_cost",
    "outflow_violation_above_cost",
    "turbined_violation_cost",
    "generation_violation_cost",
    "spillage_cost",
    "turbined_cost",
    "exchange_cost",
];

/// Costs by cause, over time, and against the tables they come from.
pub(super) fn check(system: &System, tables: &Tables) -> Vec<String> {
    let mut faults = Faults::default();
    let table = &tables.costs;
    let discount = cumulative_discount(system);
    let last = system.stages().len() - 1;
    let mut discounted: BTreeMap<i32, f64> = BTreeMap::new();
    for row in 0..table.n_rows() {
        let (scenario, stage_id) = (table.ids("scenario_id")[row], table.ids("stage_id")[row]);
        let place = |what: &str| format!("{what} of scenario {scenario}, stage {stage_id}");
        let value = |name: &str| table.floats(name)[row];
        let Some(t) = system.stages().iter().position(|stage| stage.id == stage_id) else {
            faults.push(place("no such stage: costs"));
            continue;
        };
        let mut terms = vec![value("total_cost"), -value("future_cost")];
        terms.extend(PARTS.iter().map(|part| -value(part)));
        faults.closes(|| place("parts of the cost"), &terms);
        let sum = value("immediate_cost") + value("future_cost");
        faults.equal(|| place("total cost"), value("total_cost"), sum);
        let violations = HYDRO_VIOLATIONS.iter().map(|part| value(part)).sum();
        faults.equal(|| place("hydro violations"), value("hydro_violation_cost"), violations);
        faults.equal(|| place("discount factor"), value("discount_factor"), discount[t]);
        if t == last && value("future_cost") != 0.0 {
            faults.push(format!("{}: {} after the last stage", place("future cost"), value("future_cost")));
        }
        for name in PARTS.iter().filter(|part| part.contains("violation") || part.contains("deficit")) {
            if value(name) < 0.0 {
                faults.push(format!("{}: {}", place(name), value(name)));
            }
        }
        *discounted.entry(scenario).or_default() += value("discount_factor") * value("immediate_cost");
    }
    let summary = &tables.scenario_summary;
    for (row, scenario) in summary.ids("scenario_id").iter().enumerate() {
        let expected = discounted.get(scenario).copied().unwrap_or(f64::NAN);
        let found = summary.floats("discounted_immediate_cost")[row];
        faults.equal(|| format!("discounted cost of scenario {scenario}"), found, expected);
    }
    causes(system, tables, &mut faults);
    blocks(tables, &mut faults);
    faults.into_vec()
}

/// The costs of the blocks sum to those of the stage, cause by cause, and to their own total.
fn blocks(tables: &Tables, faults: &mut Faults) {
    let table = &tables.block_costs;
    let mut sums: BTreeMap<(&str, i32, i32), f64> = BTreeMap::new();
    for row in 0..table.n_rows() {
        let (scenario, stage) = (table.ids("scenario_id")[row], table.ids("stage_id")[row]);
        let mut terms = vec![table.floats("block_cost")[row]];
        for cause in BLOCK_CAUSES {
            let cost = table.floats(cause)[row];
            terms.push(-cost);
            *sums.entry((cause, scenario, stage)).or_default() += cost;
        }
        faults.closes(|| format!("cost of row {row} of block_costs"), &terms);
    }
    let table = &tables.costs;
    for row in 0..table.n_rows() {
        let (scenario, stage) = (table.ids("scenario_id")[row], table.ids("stage_id")[row]);
        for cause in BLOCK_CAUSES {
            let sum = sums.get(&(cause, scenario, stage)).copied().unwrap_or(f64::NAN);
            let place = || format!("{cause} over the blocks of scenario {scenario}, stage {stage}");
            faults.equal(place, table.floats(cause)[row], sum);
        }
    }
}

fn cumulative_discount(system: &System) -> Vec<f64> {
    let mut factors = vec![1.0];
    for stage in system.stages() {
        factors.push(factors[factors.len() - 1] * stage.discount_factor);
    }
    factors
}

/// Costs by (scenario, stage), recomputed from quantities and prices.
fn causes(system: &System, tables: &Tables, faults: &mut Faults) {
    let place = Positions::new(system);
    let mut sums: BTreeMap<(&str, i32, i32), f64> = BTreeMap::new();
    let mut add = |cause, table: &Columns, row: usize, cost: f64| {
        *sums.entry((cause, table.ids("scenario_id")[row], table.ids("stage_id")[row])).or_default() += cost;
    };
    let table = &tables.thermals;
    for row in 0..table.n_rows() {
        let (t, _) = place.stage_and_hours(system, table, row);
        let thermal = &system.thermals()[place.thermals[&table.ids("thermal_id")[row]]];
        let cost = thermal.stages[t].cost_per_mwh * table.floats("generation_mwh")[row];
        faults.equal(|| format!("cost of row {row} of thermals"), table.floats("generation_cost")[row], cost);
        add("thermal_cost", table, row, cost);
    }
    let table = &tables.exchanges;
    for row in 0..table.n_rows() {
        let (t, hours) = place.stage_and_hours(system, table, row);
        let line = &system.lines()[place.lines[&table.ids("line_id")[row]]];
        let gross = table.floats("direct_flow_mw")[row] + table.floats("reverse_flow_mw")[row];
        let cost = line.stages[t].exchange_cost_per_mwh * gross * hours;
        faults.equal(|| format!("cost of row {row} of exchanges"), table.floats("exchange_cost")[row], cost);
        add("exchange_cost", table, row, cost);
    }
    let table = &tables.buses;
    for row in 0..table.n_rows() {
        let (t, hours) = place.stage_and_hours(system, table, row);
        let bus = &system.buses()[place.buses[&table.ids("bus_id")[row]]];
        add("deficit_cost", table, row, hours * deficit_price(bus, table.floats("deficit_mw")[row]));
        let excess = table.floats("excess_mw")[row] * bus.stages[t].excess_cost_per_mwh;
        add("excess_cost", table, row, hours * excess);
    }
    let table = &tables.hydros;
    for row in 0..table.n_rows() {
        let (t, hours) = place.stage_and_hours(system, table, row);
        let prices = &system.hydros()[place.hydros[&table.ids("hydro_id")[row]]].stages[t].penalties;
        for (cause, price, quantity) in [
            ("spillage_cost", prices.spillage_cost, "spillage_m3s"),
            ("spillage_cost", prices.diversion_cost, "diverted_outflow_m3s"),
            ("turbined_cost", prices.turbined_cost, "turbined_m3s"),
            ("turbined_violation_cost", prices.turbined_violation_below_cost, "turbined_slack_m3s"),
            ("outflow_violation_below_cost", prices.outflow_violation_below_cost, "outflow_slack_below_m3s"),
            ("outflow_violation_above_cost", prices.outflow_violation_above_cost, "outflow_slack_above_m3s"),
            ("generation_violation_cost", prices.generation_violation_below_cost, "generation_slack_mw"),
            (
                "withdrawal_violation_cost",
                prices.water_withdrawal_violation_pos_cost,
                "water_withdrawal_violation_pos_m3s",
            ),
            (
                "withdrawal_violation_cost",
                prices.water_withdrawal_violation_neg_cost,
                "water_withdrawal_violation_neg_m3s",
            ),
            ("inflow_penalty_cost", prices.inflow_nonnegativity_cost, "inflow_nonnegativity_slack_m3s"),
        ] {
            add(cause, table, row, price * hours * table.floats(quantity)[row]);
        }
    }
    let table = &tables.costs;
    let rows = table.index(["scenario_id", "stage_id"]);
    for ((cause, scenario, stage), expected) in sums {
        let Some(&row) = rows.get(&[scenario, stage]) else {
            faults.push(format!("no costs of scenario {scenario}, stage {stage}"));
            continue;
        };
        let total = table.floats("total_cost")[row];
        let place = || format!("{cause} of scenario {scenario}, stage {stage}");
        // A share of the total far below it is known to the digits of the total.
        faults.closes(place, &[total, table.floats(cause)[row], -expected, -total]);
    }
}

/// Cost of unserved power over one hour, cheapest step first.
fn deficit_price(bus: &Bus, mut deficit_mw: f64) -> f64 {
    let mut cost = 0.0;
    for segment in &bus.deficit_segments {
        let part = deficit_mw.min(segment.depth_mw);
        cost += part * segment.cost_per_mwh;
        deficit_mw -= part;
    }
    cost
}

/// Positions of entities and stages by their labels.
struct Positions {
    stages: BTreeMap<i32, usize>,
    hydros: BTreeMap<i32, usize>,
    thermals: BTreeMap<i32, usize>,
    lines: BTreeMap<i32, usize>,
    buses: BTreeMap<i32, usize>,
}

impl Positions {
    fn new(system: &System) -> Self {
        let of = |ids: Vec<i32>| ids.into_iter().enumerate().map(|(position, id)| (id, position)).collect();
        Self {
            stages: of(system.stages().iter().map(|stage| stage.id).collect()),
            hydros: of(system.hydros().iter().map(|hydro| hydro.id).collect()),
            thermals: of(system.thermals().iter().map(|thermal| thermal.id).collect()),
            lines: of(system.lines().iter().map(|line| line.id).collect()),
            buses: of(system.buses().iter().map(|bus| bus.id).collect()),
        }
    }

    fn stage_and_hours(&self, system: &System, table: &Columns, row: usize) -> (usize, f64) {
        let t = self.stages[&table.ids("stage_id")[row]];
        (t, system.stages()[t].blocks[table.ids("block_id")[row] as usize].hours)
    }
}
