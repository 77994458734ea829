//! Thermal plants.

use cobre_engine::system::{Limits, Thermal, ThermalStage};

use super::buses::BusData;
use super::files::CaseFiles;
use super::finding::{Finding, Report};
use super::keys::system as keys;
use super::overrides::{Overrides, Rules};
use super::range::Range;
use super::registry::{Entity, Operation, Registry};
use super::stages::Stages;
use super::tables;

/// What `system/thermals.json` says about a plant.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ThermalData {
    bus_id: i32,
    operation: Operation,
    cost_per_mwh: f64,
    generation_mw: Limits,
}

/// Reads `system/thermals.json`.
pub(super) fn read(files: &CaseFiles, buses: &Registry<BusData>, report: &Report) -> Registry<ThermalData> {
    Registry::read(files, &keys::THERMALS_ROOT, "thermals", &keys::THERMAL, report, |object| {
        let bus_id = object.id("bus_id");
        if let Some(id) = bus_id {
            buses.check(id, "bus", &object.place().member("bus_id"), report);
        }
        let operation = Operation::read(object);
        let cost = object.number("cost_per_mwh", Range::NOT_NEGATIVE);
        let generation = object.required("generation").and_then(|node| node.object(&keys::THERMAL_GENERATION))?;
        let min = generation.number("min_mw", Range::NOT_NEGATIVE);
        let max = generation.number("max_mw", Range::NOT_NEGATIVE);
        let generation_mw = Limits::new(min?, max?);
        if generation_mw.min > generation_mw.max {
            let message = format!("the minimum {} lies above the maximum {}", generation_mw.min, generation_mw.max);
            report.error("semantic.5a.5", generation.place(), message);
        }
        Some(ThermalData { bus_id: bus_id?, operation, cost_per_mwh: cost?, generation_mw })
    })
}

/// Reads the bounds of thermal plants.
pub(super) fn read_bounds(
    files: &CaseFiles,
    thermals: &Registry<ThermalData>,
    stages: &Stages,
    report: &Report,
) -> Overrides {
    let rules = Rules {
        shape: &tables::THERMAL_BOUNDS,
        key: "thermal_id",
        class: "thermal plant",
        registry: thermals,
        whole_stage: &["cost_per_mwh"],
    };
    Overrides::read(files, &rules, stages, report)
}

/// The plants with price and limits per stage.
pub(super) fn resolve(
    thermals: &Registry<ThermalData>,
    buses: &Registry<BusData>,
    stages: &Stages,
    bounds: &Overrides,
    report: &Report,
) -> Vec<Thermal> {
    let resolve_one = |entity: &Entity<ThermalData>| {
        let data = &entity.data;
        let block = |t: usize, k: usize| {
            if !data.operation.includes(stages.id(t)) {
                return Limits::new(0.0, 0.0);
            }
            let min = bounds.of_block(entity.id, t, k, "min_generation_mw");
            let max = bounds.of_block(entity.id, t, k, "max_generation_mw");
            let limits = Limits::new(
                min.map_or(data.generation_mw.min, |given| given.value),
                max.map_or(data.generation_mw.max, |given| given.value),
            );
            if let Some(given) = max.or(min)
                && limits.min > limits.max
            {
                let column = if max.is_some() { "max_generation_mw" } else { "min_generation_mw" };
                let message = format!(
                    "the generation of plant {} at stage {}, block {k} gets the limits [{}, {}]",
                    entity.id,
                    stages.id(t),
                    limits.min,
                    limits.max
                );
                report.push(Finding::error("semantic.5a.5", &bounds.place(given, column), message).value(given.value));
            }
            limits
        };
        let stage = |t: usize| ThermalStage {
            cost_per_mwh: bounds.of_stage(entity.id, t, "cost_per_mwh").map_or(data.cost_per_mwh, |given| given.value),
            generation_mw: (0..stages.n_blocks(t)).map(|k| block(t, k)).collect(),
        };
        Some(Thermal {
            id: entity.id,
            name: entity.name.clone(),
            bus: buses.position(data.bus_id)?,
            stages: (0..stages.len()).map(stage).collect(),
        })
    };
    thermals.entities().iter().filter_map(resolve_one).collect()
}
