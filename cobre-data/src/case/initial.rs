//! `initial_conditions.json`.

use std::collections::BTreeMap;

use super::cursor::{Node, Object};
use super::finding::{Finding, Report};
use super::hydros::HydroData;
use super::json::Json;
use super::keys::scenarios as keys;
use super::range::Range;
use super::registry::Registry;
use super::stages::Stages;
use super::windows::Windows;

/// State of the plants at the start.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Initial {
    /// Storage (hm³) by hydro id; a plant without an entry starts at 0.
    pub(super) storage_hm3: BTreeMap<i32, f64>,
    /// Recent inflow, before the history.
    pub(super) observations: Windows,
}

impl Initial {
    /// Reads the file.
    pub(super) fn read(json: &Json, hydros: &Registry<HydroData>, stages: Option<&Stages>, report: &Report) -> Self {
        let mut initial = Self::default();
        let file = keys::INITIAL_CONDITIONS.file;
        let Some(root) = Node::root(json, file, report).object(&keys::INITIAL_CONDITIONS) else {
            return initial;
        };
        for item in root.items("storage") {
            initial.read_storage(&item, hydros, report);
        }
        if let Some(filling) = root.required("filling_storage")
            && filling.items().is_some_and(|items| !items.is_empty())
        {
            filling.unsupported("unsupported.filling");
        }
        for item in root.optional_items("recent_observations") {
            initial.read_observation(&item, hydros, stages, report);
        }
        initial.observations = initial.observations.finish(report);
        initial
    }

    fn read_storage(&mut self, item: &Node, hydros: &Registry<HydroData>, report: &Report) {
        let Some(entry) = item.object(&keys::STORAGE) else { return };
        let value = entry.number("value_hm3", Range::NOT_NEGATIVE);
        let Some(id) = read_hydro(&entry, hydros) else { return };
        let Some(value) = value else { return };
        if self.storage_hm3.insert(id, value).is_some() {
            item.invalid("referential.duplicate_id", format!("plant {id} has more than one initial storage"));
        }
        if let Some(h) = hydros.position(id) {
            let limits = hydros.entities()[h].data.storage_hm3;
            if value < limits.min || value > limits.max {
                let message = format!("outside the storage limits [{}, {}] of plant {id}", limits.min, limits.max);
                report.push(
                    Finding::warning("initial.storage", &entry.place().member("value_hm3"), message).value(value),
                );
            }
        }
    }

    fn read_observation(
        &mut self,
        item: &Node,
        hydros: &Registry<HydroData>,
        stages: Option<&Stages>,
        report: &Report,
    ) {
        let Some(entry) = item.object(&keys::OBSERVATION) else { return };
        let id = read_hydro(&entry, hydros);
        let start = entry.required("start_date").and_then(|node| node.date());
        let end = entry.required("end_date").and_then(|node| node.date());
        let value = entry.number("value_m3s", Range::FINITE);
        let (Some(id), Some(start), Some(end), Some(value)) = (id, start, end, value) else { return };
        if let Some(first) = stages.map(|stages| &stages.study[0])
            && end > first.start
        {
            let message = format!("the window ends on {end}, after the study starts on {}", first.start);
            report.error("initial.observation", item.place(), message);
        }
        self.observations.add(id, (start, end), value, item.place().clone(), report);
    }
}

fn read_hydro(entry: &Object, hydros: &Registry<HydroData>) -> Option<i32> {
    let id = entry.id("hydro_id")?;
    hydros.check(id, "hydro plant", &entry.place().member("hydro_id"), entry.report());
    Some(id)
}
