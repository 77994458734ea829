//! Hydro plants as `system/hydros.json` declares them.

use cobre_engine::system::{Limits, UnitGroup, topological_order};

use super::buses::BusData;
use super::cursor::Object;
use super::files::CaseFiles;
use super::finding::{Finding, Place, Report};
use super::keys::Shape;
use super::keys::system as keys;
use super::penalties::{HydroCosts, read_plant_costs};
use super::range::Range;
use super::registry::{Operation, Registry};
use super::stages::Stages;

/// How far, relative to the plant's limit, the limits of its unit groups may stray.
const GROUP_TOLERANCE: f64 = 1e-6;

/// A unit group and the id of its bus.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GroupData {
    id: i32,
    name: String,
    pub(super) bus_id: i32,
    turbined_m3s: Limits,
    generation_mw: Limits,
}

/// What `system/hydros.json` says about a plant.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HydroData {
    pub(super) downstream_id: Option<i32>,
    /// Receiver and largest flow (m³/s) of the diversion.
    pub(super) diversion: Option<(i32, f64)>,
    pub(super) operation: Operation,
    pub(super) storage_hm3: Limits,
    pub(super) outflow_m3s: Limits,
    pub(super) turbined_m3s: Limits,
    pub(super) generation_mw: Limits,
    pub(super) groups: Vec<GroupData>,
    pub(super) costs: HydroCosts,
}

/// Reads `system/hydros.json`.
pub(super) fn read(files: &CaseFiles, buses: &Registry<BusData>, report: &Report) -> Registry<HydroData> {
    let hydros = Registry::read(files, &keys::HYDROS_ROOT, "hydros", &keys::HYDRO, report, |object| {
        let downstream_id = object.optional_id("downstream_id");
        if let Some(travel_time) = object.optional("travel_time_hours")
            && travel_time.number(Range::NOT_NEGATIVE).is_some_and(|hours| hours > 0.0)
        {
            travel_time.unsupported("unsupported.travel_time");
        }
        let operation = Operation::read(object);
        let storage = read_storage(object);
        let outflow = read_outflow(object);
        let generation = read_generation(object);
        let diversion = match object.optional("diversion") {
            None => Some(None),
            Some(node) => node.object(&keys::DIVERSION_OBJECT).and_then(|diversion| {
                let (id, max) = (diversion.id("downstream_id"), diversion.number("max_flow_m3s", Range::NOT_NEGATIVE));
                Some(Some((id?, max?)))
            }),
        };
        let costs = object.optional("penalties").and_then(|node| node.object(&keys::HYDRO_PENALTIES));
        let costs = costs.map(|costs| read_plant_costs(&costs)).unwrap_or_default();
        let groups = read_groups(object, buses);
        let (turbined_m3s, generation_mw) = generation?;
        let groups = groups?;
        check_groups(object.place(), &groups, turbined_m3s, generation_mw, report);
        Some(HydroData {
            downstream_id,
            diversion: diversion?,
            operation,
            storage_hm3: storage?,
            outflow_m3s: outflow?,
            turbined_m3s,
            generation_mw,
            groups,
            costs,
        })
    });
    check_cascade(&hydros, report);
    hydros
}

/// The limits `min_key` and `max_key` of an object, checked against each other.
fn read_limits(object: &Object, min_key: &'static str, max_key: &'static str, code: &'static str) -> Option<Limits> {
    let min = object.number(min_key, Range::NOT_NEGATIVE);
    let limits = Limits::new(min?, object.number(max_key, Range::NOT_NEGATIVE)?);
    check_limits(limits, code, object.place(), object.report());
    Some(limits)
}

fn check_limits(limits: Limits, code: &'static str, place: &Place, report: &Report) {
    if limits.min > limits.max {
        report.error(code, place, format!("the minimum {} lies above the maximum {}", limits.min, limits.max));
    }
}

fn sub<'a>(object: &Object<'a>, key: &'static str, shape: &'static Shape) -> Option<Object<'a>> {
    object.required(key)?.object(shape)
}

fn read_storage(object: &Object) -> Option<Limits> {
    let reservoir = sub(object, "reservoir", &keys::RESERVOIR)?;
    read_limits(&reservoir, "min_storage_hm3", "max_storage_hm3", "semantic.5a.2")
}

fn read_outflow(object: &Object) -> Option<Limits> {
    let outflow = sub(object, "outflow", &keys::OUTFLOW)?;
    let min = outflow.number("min_outflow_m3s", Range::NOT_NEGATIVE);
    let max = match outflow.optional("max_outflow_m3s") {
        Some(max) => max.number(Range::NOT_NEGATIVE)?,
        None => f64::INFINITY,
    };
    let limits = Limits::new(min?, max);
    check_limits(limits, "semantic.5a.4", outflow.place(), outflow.report());
    Some(limits)
}

fn read_generation(object: &Object) -> Option<(Limits, Limits)> {
    let generation = sub(object, "generation", &keys::GENERATION)?;
    if let Some(model) = generation.required("model") {
        super::production::check_model(&model);
    }
    let turbined = read_limits(&generation, "min_turbined_m3s", "max_turbined_m3s", "semantic.5a.3");
    let power = read_limits(&generation, "min_generation_mw", "max_generation_mw", "semantic.5a.5");
    Some((turbined?, power?))
}

fn read_groups(object: &Object, buses: &Registry<BusData>) -> Option<Vec<GroupData>> {
    let node = object.required("unit_groups")?;
    let items = node.items()?;
    if items.is_empty() {
        node.invalid("unit_groups.none", "a plant needs at least one unit group");
        return None;
    }
    let mut groups: Vec<GroupData> = Vec::with_capacity(items.len());
    for item in &items {
        let group = item.object(&keys::UNIT_GROUP)?;
        let (id, bus_id) = (group.id("id"), group.id("bus_id"));
        let name = group.required("name").and_then(|name| name.text());
        if let Some(bus) = bus_id {
            buses.check(bus, "bus", &group.place().member("bus_id"), group.report());
        }
        let turbined = read_limits(&group, "min_turbined_m3s", "max_turbined_m3s", "semantic.5a.3");
        let power = read_limits(&group, "min_generation_mw", "max_generation_mw", "semantic.5a.5");
        let id = id?;
        if groups.iter().any(|known| known.id == id) {
            item.invalid("referential.duplicate_id", format!("the plant has two unit groups with the id {id}"));
        }
        let (bus_id, name) = (bus_id?, name?.to_owned());
        groups.push(GroupData { id, name, bus_id, turbined_m3s: turbined?, generation_mw: power? });
    }
    groups.sort_by_key(|group| group.id);
    Some(groups)
}

fn check_groups(place: &Place, groups: &[GroupData], turbined: Limits, generation: Limits, report: &Report) {
    let place = place.member("unit_groups");
    let sum = |value: fn(&GroupData) -> f64| groups.iter().map(value).sum::<f64>();
    let quantities = [
        ("turbined flow", turbined, sum(|g| g.turbined_m3s.min), sum(|g| g.turbined_m3s.max)),
        ("generation", generation, sum(|g| g.generation_mw.min), sum(|g| g.generation_mw.max)),
    ];
    for (what, plant, min, max) in quantities {
        let slack = |value: f64| GROUP_TOLERANCE * (1.0 + value);
        if max > plant.max + slack(plant.max) {
            let message = format!("the maxima of the {what} of the groups exceed the plant's {}", plant.max);
            report.push(Finding::error("unit_groups.maxima", &place, message).value(max));
        }
        if min < plant.min - slack(plant.min) {
            let message = format!("the minima of the {what} of the groups stay below the plant's {}", plant.min);
            report.push(Finding::error("unit_groups.minima", &place, message).value(min));
        }
    }
}

fn check_cascade(hydros: &Registry<HydroData>, report: &Report) {
    let mut receivers = Vec::with_capacity(hydros.len());
    for entity in hydros.entities() {
        let mut targets = Vec::new();
        let diverted = entity.data.diversion.map(|diversion| (diversion.0, "diversion/downstream_id"));
        for (id, key) in entity.data.downstream_id.map(|id| (id, "downstream_id")).into_iter().chain(diverted) {
            let place = Place { pointer: format!("{}/{key}", entity.place.pointer), ..entity.place.clone() };
            hydros.check(id, "hydro plant", &place, report);
            targets.extend(hydros.position(id));
        }
        receivers.push(targets);
    }
    if let Err(positions) = topological_order(&receivers) {
        let ids: Vec<i32> = positions.into_iter().map(|h| hydros.entities()[h].id).collect();
        let place = Place::file(keys::HYDROS_ROOT.file).member("hydros");
        let message = format!("water flows in a circle; the plants {ids:?} lie on it or below it");
        report.error("semantic.5a.1", &place, message);
    }
}

/// Refuses plants that are not in operation at every stage.
pub(super) fn check_operation(hydros: &Registry<HydroData>, stages: &Stages, report: &Report) {
    for entity in hydros.entities() {
        if !entity.data.operation.covers(stages) {
            report.unsupported("unsupported.hydro_entry_exit", &entity.place);
        }
    }
}

impl HydroData {
    /// The unit groups with the positions of their buses.
    pub(super) fn unit_groups(&self, buses: &Registry<BusData>) -> Option<Vec<UnitGroup>> {
        let resolve = |group: &GroupData| {
            Some(UnitGroup {
                id: group.id,
                name: group.name.clone(),
                bus: buses.position(group.bus_id)?,
                turbined_m3s: group.turbined_m3s,
                generation_mw: group.generation_mw,
            })
        };
        self.groups.iter().map(resolve).collect()
    }

    /// Whether the unit groups feed more than one bus.
    pub(super) fn feeds_several_buses(&self) -> bool {
        self.groups.iter().any(|group| group.bus_id != self.groups[0].bus_id)
    }
}
