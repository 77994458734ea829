//! Buses, lines and thermal plants in the stage problem: the energy balance.

use super::builder::{ModelBuilder, Slot, Variable};
use super::rows::Rows;
use crate::study::Study;

/// Variables of the energy balances, all (entity, block) entity-major.
#[derive(Debug, Clone)]
pub(super) struct NetworkVariables<V> {
    /// Generation (MW) per (thermal, block).
    pub(super) thermals: Vec<V>,
    /// Direct and reverse flow (MW) per (line, block).
    pub(super) lines: Vec<(V, V)>,
    /// Deficit (MW) per (bus, block) and segment of its cost curve.
    pub(super) deficit: Vec<Vec<V>>,
    /// Excess (MW) per (bus, block).
    pub(super) excess: Vec<V>,
}

/// Adds the variables of stage `t`; costs in solver units.
pub(super) fn add_network(
    builder: &mut ModelBuilder,
    rows: &Rows,
    study: &Study,
    t: usize,
) -> NetworkVariables<Variable> {
    let system = &study.system;
    let blocks = &system.stages()[t].blocks;
    let scale = study.cost_scale_factor;
    let energy = |bus: usize, k: usize| rows.energy[bus * blocks.len() + k];
    let price = |cost: f64, k: usize| cost * blocks[k].hours / scale;

    let mut thermals = Vec::new();
    for thermal in system.thermals() {
        let data = &thermal.stages[t];
        for (k, limits) in data.generation_mw.iter().enumerate() {
            let cost = price(data.cost_per_mwh, k);
            thermals.push(builder.add(cost, limits.min, limits.max, &[(energy(thermal.bus, k), 1.0)]));
        }
    }
    let mut lines = Vec::new();
    for line in system.lines() {
        let data = &line.stages[t];
        for (k, limits) in data.blocks.iter().enumerate() {
            let cost = price(data.exchange_cost_per_mwh, k);
            let (source, target) = (energy(line.source_bus, k), energy(line.target_bus, k));
            lines.push((
                builder.add(cost, 0.0, limits.direct_mw, &[(source, -1.0), (target, 1.0)]),
                builder.add(cost, 0.0, limits.reverse_mw, &[(source, 1.0), (target, -1.0)]),
            ));
        }
    }
    let mut deficit = Vec::new();
    let mut excess = Vec::new();
    for (b, bus) in system.buses().iter().enumerate() {
        for k in 0..blocks.len() {
            let row = energy(b, k);
            let segments = bus.deficit_segments.iter();
            deficit.push(
                segments.map(|s| builder.add(price(s.cost_per_mwh, k), 0.0, s.depth_mw, &[(row, 1.0)])).collect(),
            );
            let cost = price(bus.stages[t].excess_cost_per_mwh, k);
            excess.push(builder.add(cost, 0.0, f64::INFINITY, &[(row, -1.0)]));
        }
    }
    NetworkVariables { thermals, lines, deficit, excess }
}

impl NetworkVariables<Variable> {
    /// The same variables by their slots.
    pub(super) fn resolve(&self, slots: &[Slot]) -> NetworkVariables<Slot> {
        NetworkVariables {
            thermals: self.thermals.iter().map(|v| v.slot(slots)).collect(),
            lines: self.lines.iter().map(|(direct, reverse)| (direct.slot(slots), reverse.slot(slots))).collect(),
            deficit: self.deficit.iter().map(|all| all.iter().map(|v| v.slot(slots)).collect()).collect(),
            excess: self.excess.iter().map(|v| v.slot(slots)).collect(),
        }
    }
}
