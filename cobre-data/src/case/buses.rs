//! Buses and their demand.

use std::collections::BTreeMap;

use cobre_engine::system::{Bus, BusStage, DeficitSegment};

use super::files::CaseFiles;
use super::finding::Report;
use super::keys::system as keys;
use super::load::Load;
use super::overrides::{Overrides, Rules};
use super::penalties::{Penalties, read_deficit_segments};
use super::registry::Registry;
use super::stages::Stages;
use super::tables;

/// The deficit cost curve of a bus, if it has its own.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BusData {
    deficit_segments: Option<Vec<DeficitSegment>>,
}

/// Reads `system/buses.json`.
pub(super) fn read(files: &CaseFiles, report: &Report) -> Registry<BusData> {
    Registry::read(files, &keys::BUSES_ROOT, "buses", &keys::BUS, report, |object| {
        let deficit_segments = match object.optional("deficit_segments") {
            Some(node) => Some(read_deficit_segments(&node)?),
            None => None,
        };
        Some(BusData { deficit_segments })
    })
}

/// Reads the price overrides of buses.
pub(super) fn read_overrides(
    files: &CaseFiles,
    buses: &Registry<BusData>,
    stages: &Stages,
    report: &Report,
) -> Overrides {
    let rules = Rules { shape: &tables::BUS_PENALTIES, key: "bus_id", class: "bus", registry: buses, whole_stage: &[] };
    Overrides::read(files, &rules, stages, report)
}

/// The buses with demand and prices per stage.
pub(super) fn resolve(
    buses: &Registry<BusData>,
    stages: &Stages,
    penalties: &Penalties,
    overrides: &Overrides,
    load: &Load,
) -> Vec<Bus> {
    let none = BTreeMap::new();
    let resolve_one = |entity: &super::registry::Entity<BusData>| {
        let stage = |t: usize| {
            let (mean, std) = load.statistics.get(&(entity.id, t)).copied().unwrap_or((0.0, 0.0));
            let factors = load.factors.get(&(entity.id, t)).unwrap_or(&none);
            let excess = overrides.of_stage(entity.id, t, "excess_cost").map(|given| given.value);
            BusStage {
                load_mean_mw: mean,
                load_std_mw: std,
                load_factors: (0..stages.n_blocks(t)).map(|k| factors.get(&k).copied().unwrap_or(1.0)).collect(),
                excess_cost_per_mwh: excess.unwrap_or(penalties.excess_cost),
            }
        };
        let own = entity.data.deficit_segments.as_ref();
        Bus {
            id: entity.id,
            name: entity.name.clone(),
            deficit_segments: own.unwrap_or(&penalties.deficit_segments).clone(),
            stages: (0..stages.len()).map(stage).collect(),
        }
    };
    buses.entities().iter().map(resolve_one).collect()
}
