//! Hydro plants in the stage problem: storage, water balance, turbined, spilled and diverted flow, soft limits.

use super::builder::{ModelBuilder, Slot, Variable};
use super::rows::Rows;
use crate::study::Study;
use crate::system::{Hydro, HydroBlock, HydroStage, Limits};

/// A flow of a plant: one variable per block, or one volume over the whole stage where no block can be told from
/// another (the columns of the blocks would be proportional).
#[derive(Debug, Clone)]
pub(super) enum Flow<V> {
    /// Flow (m³/s) per block.
    Blocks(Vec<V>),
    /// Volume (hm³) of the stage; the flow is the same in every block.
    Stage(V),
}

/// Variables of a plant.
#[derive(Debug, Clone)]
pub(super) struct HydroVariables<V> {
    pub(super) storage: V,
    /// Turbined flow (m³/s) per (cell, block), cell-major.
    pub(super) turbined: Vec<V>,
    pub(super) spillage: Flow<V>,
    pub(super) diversion: Flow<V>,
    pub(super) inflow_slack: V,
    pub(super) withdrawal_neg: V,
    pub(super) withdrawal_pos: V,
    /// Per block.
    pub(super) outflow_below: Vec<V>,
    /// Per block.
    pub(super) outflow_above: Vec<V>,
    /// Per (cell, block).
    pub(super) turbined_below: Vec<V>,
    /// Per (cell, block).
    pub(super) generation_below: Vec<V>,
}

/// Soft minima and hard maximum of a cell in a block.
struct CellLimits {
    max_turbined: f64,
    min_turbined: f64,
    min_generation: f64,
}

/// The limits of the cell of `hydro` on `bus`: `U = min(Σ min(q_g, g_g/ρ), min(q_h, g_h/ρ))` over its unit groups.
fn cell_limits(hydro: &Hydro, bus: usize, n_cells: usize, productivity: f64, block: &HydroBlock) -> CellLimits {
    let by_generation = |turbined: f64, generation: f64| {
        if productivity > 0.0 { turbined.min(generation / productivity) } else { turbined }
    };
    let mut max_turbined = 0.0;
    let mut min_turbined = 0.0;
    let mut min_generation = 0.0;
    for group in hydro.unit_groups.iter().filter(|group| group.bus == bus) {
        max_turbined += by_generation(group.turbined_m3s.max, group.generation_mw.max);
        min_turbined += group.turbined_m3s.min;
        min_generation += group.generation_mw.min;
    }
    max_turbined = max_turbined.min(by_generation(block.turbined_m3s.max, block.generation_mw.max));
    if n_cells == 1 {
        min_turbined = min_turbined.max(block.turbined_m3s.min);
        min_generation = min_generation.max(block.generation_mw.min);
    }
    CellLimits { max_turbined, min_turbined, min_generation }
}

/// Whether the outflow of the plant is limited in some block.
fn has_outflow_rows(data: &HydroStage) -> bool {
    data.blocks.iter().any(|block| block.outflow_m3s.min > 0.0 || block.outflow_m3s.max.is_finite())
}

fn equal_over_blocks(data: &HydroStage, limits: impl Fn(&HydroBlock) -> Limits) -> bool {
    data.blocks.windows(2).all(|pair| limits(&pair[0]) == limits(&pair[1]))
}

/// Adds the variables of plant `h` at stage `t`; costs in solver units (`$ / scale`).
pub(super) fn add_hydro(
    builder: &mut ModelBuilder,
    rows: &Rows,
    study: &Study,
    t: usize,
    h: usize,
    carries_state: bool,
) -> HydroVariables<Variable> {
    let system = &study.system;
    let stage = &system.stages()[t];
    let hydro = &system.hydros()[h];
    let data = &hydro.stages[t];
    let scale = study.cost_scale_factor;
    let penalties = &data.penalties;
    let zeta = stage.hm3_per_m3s();
    let hours = stage.hours();
    let water = rows.water[h];
    let downstream = hydro.downstream.map(|d| rows.water[d]);
    let diverted_to = hydro.diversion_downstream.map(|d| rows.water[d]);
    let buses = hydro.cell_buses();
    let rho = data.productivity_mw_per_m3s;

    let storage = if carries_state {
        builder.add_state(0.0, data.storage_hm3.min, data.storage_hm3.max, &[(water, 1.0)])
    } else {
        builder.add(0.0, data.storage_hm3.min, data.storage_hm3.max, &[(water, 1.0)])
    };

    let mut outflow_below = Vec::new();
    let mut outflow_above = Vec::new();
    let mut outflow_rows = Vec::new();
    if has_outflow_rows(data) {
        for (k, block) in stage.blocks.iter().enumerate() {
            let limits = data.blocks[k].outflow_m3s;
            let row = builder.add_row(limits.min, limits.max);
            let below = if limits.min > 0.0 { f64::INFINITY } else { 0.0 };
            let above = if limits.max.is_finite() { f64::INFINITY } else { 0.0 };
            let price = |cost: f64| cost * block.hours / scale;
            outflow_below.push(builder.add(price(penalties.outflow_violation_below_cost), 0.0, below, &[(row, 1.0)]));
            outflow_above.push(builder.add(price(penalties.outflow_violation_above_cost), 0.0, above, &[(row, -1.0)]));
            outflow_rows.push(row);
        }
    }

    let mut turbined = Vec::with_capacity(buses.len() * stage.blocks.len());
    let mut turbined_below = Vec::with_capacity(turbined.capacity());
    let mut generation_below = Vec::with_capacity(turbined.capacity());
    let mut entries = Vec::new();
    for &bus in &buses {
        for (k, block) in stage.blocks.iter().enumerate() {
            let limits = cell_limits(hydro, bus, buses.len(), rho, &data.blocks[k]);
            let tau = block.hm3_per_m3s();
            let price = |cost: f64| cost * block.hours / scale;
            entries.clear();
            entries.push((water, tau));
            entries.extend(downstream.map(|row| (row, -tau)));
            entries.push((rows.energy[bus * stage.blocks.len() + k], rho));
            entries.extend(outflow_rows.get(k).map(|&row| (row, 1.0)));
            let mut soft_minimum = |minimum: f64, coefficient: f64, cost: f64| {
                if minimum > 0.0 {
                    let row = builder.add_row(minimum, f64::INFINITY);
                    entries.push((row, coefficient));
                    builder.add(price(cost), 0.0, f64::INFINITY, &[(row, 1.0)])
                } else {
                    builder.add(0.0, 0.0, 0.0, &[])
                }
            };
            turbined_below.push(soft_minimum(limits.min_turbined, 1.0, penalties.turbined_violation_below_cost));
            generation_below.push(soft_minimum(limits.min_generation, rho, penalties.generation_violation_below_cost));
            turbined.push(builder.add(price(penalties.turbined_cost), 0.0, limits.max_turbined, &entries));
        }
    }

    let mut add_flow =
        |cost: f64, receiver: Option<usize>, limited_rows: &[usize], limits: &dyn Fn(&HydroBlock) -> Limits| {
            if limited_rows.is_empty() && equal_over_blocks(data, limits) {
                // $/(m³/s·h) over the volume: one hm³ is 1/0.0036 (m³/s)·h.
                let limits = limits(&data.blocks[0]);
                let mut entries = vec![(water, 1.0)];
                entries.extend(receiver.map(|row| (row, -1.0)));
                let cost = cost * hours / zeta / scale;
                let upper = if limits.max == 0.0 { 0.0 } else { limits.max * zeta };
                Flow::Stage(builder.add(cost, limits.min * zeta, upper, &entries))
            } else {
                let variables = stage.blocks.iter().enumerate().map(|(k, block)| {
                    let limits = limits(&data.blocks[k]);
                    let tau = block.hm3_per_m3s();
                    let mut entries = vec![(water, tau)];
                    entries.extend(receiver.map(|row| (row, -tau)));
                    entries.extend(limited_rows.get(k).map(|&row| (row, 1.0)));
                    builder.add(cost * block.hours / scale, limits.min, limits.max, &entries)
                });
                Flow::Blocks(variables.collect())
            }
        };
    let spillage = add_flow(penalties.spillage_cost, downstream, &outflow_rows, &|block| block.spillage_m3s);
    let diversion = add_flow(penalties.diversion_cost, diverted_to, &[], &|block| block.diversion_m3s);

    // Slacks of the water balance (m³/s over the whole stage).
    let price = |cost: f64| cost * hours / scale;
    let made_up = if study.inflow_non_negativity.penalises() { f64::INFINITY } else { 0.0 };
    let inflow_slack = builder.add(price(penalties.inflow_nonnegativity_cost), 0.0, made_up, &[(water, -zeta)]);
    let target = data.water_withdrawal_m3s;
    let (neg_max, pos_max) = if target > 0.0 {
        (target, f64::INFINITY)
    } else if target < 0.0 {
        (f64::INFINITY, -target)
    } else {
        (0.0, 0.0)
    };
    let withdrawal_neg =
        builder.add(price(penalties.water_withdrawal_violation_neg_cost), 0.0, neg_max, &[(water, -zeta)]);
    let withdrawal_pos =
        builder.add(price(penalties.water_withdrawal_violation_pos_cost), 0.0, pos_max, &[(water, zeta)]);

    HydroVariables {
        storage,
        turbined,
        spillage,
        diversion,
        inflow_slack,
        withdrawal_neg,
        withdrawal_pos,
        outflow_below,
        outflow_above,
        turbined_below,
        generation_below,
    }
}

impl HydroVariables<Variable> {
    /// The same variables by their slots.
    pub(super) fn resolve(&self, slots: &[Slot]) -> HydroVariables<Slot> {
        let all = |variables: &[Variable]| variables.iter().map(|v| v.slot(slots)).collect();
        let flow = |flow: &Flow<Variable>| match flow {
            Flow::Blocks(variables) => Flow::Blocks(variables.iter().map(|v| v.slot(slots)).collect()),
            Flow::Stage(variable) => Flow::Stage(variable.slot(slots)),
        };
        HydroVariables {
            storage: self.storage.slot(slots),
            turbined: all(&self.turbined),
            spillage: flow(&self.spillage),
            diversion: flow(&self.diversion),
            inflow_slack: self.inflow_slack.slot(slots),
            withdrawal_neg: self.withdrawal_neg.slot(slots),
            withdrawal_pos: self.withdrawal_pos.slot(slots),
            outflow_below: all(&self.outflow_below),
            outflow_above: all(&self.outflow_above),
            turbined_below: all(&self.turbined_below),
            generation_below: all(&self.generation_below),
        }
    }
}
