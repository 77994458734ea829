use cobre_engine::system::System;

use super::codes::entity;
use super::csv::push_record;

/// `entities.csv`: entities by type code, then in their canonical order.
///
/// `bus_id` is −1 where an entity has no single bus (plants and lines); a unit group is named after its plant,
/// `<hydro_id>/<name>`, and its label is unique within the plant alone.
pub(super) fn csv(system: &System) -> String {
    let mut out = String::new();
    push_record(&mut out, &["entity_type_code", "entity_id", "name", "bus_id", "system_id"]);
    let mut push = |kind: i8, id: i32, name: &str, bus_id: i32| {
        push_record(&mut out, &[&kind.to_string(), &id.to_string(), name, &bus_id.to_string(), "0"]);
    };
    let bus_id = |position: usize| system.buses()[position].id;
    for hydro in system.hydros() {
        push(entity::HYDRO, hydro.id, &hydro.name, -1);
    }
    for thermal in system.thermals() {
        push(entity::THERMAL, thermal.id, &thermal.name, bus_id(thermal.bus));
    }
    for bus in system.buses() {
        push(entity::BUS, bus.id, &bus.name, bus.id);
    }
    for line in system.lines() {
        push(entity::LINE, line.id, &line.name, -1);
    }
    for hydro in system.hydros() {
        for group in &hydro.unit_groups {
            push(entity::HYDRO_UNIT_GROUP, group.id, &format!("{}/{}", hydro.id, group.name), bus_id(group.bus));
        }
    }
    out
}
