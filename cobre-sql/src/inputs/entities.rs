use cobre_data::case::Case;

use crate::frame::Frame;

/// Buses.
pub(super) fn buses(case: &Case) -> Frame {
    let buses = case.study.system.buses();
    Frame::default().ids("bus_id", buses.iter().map(|bus| bus.id)).texts("name", buses.iter().map(|bus| &bus.name))
}

/// Deficit cost curves: steps in order; the last has no end.
pub(super) fn deficit_segments(case: &Case) -> Frame {
    let buses = case.study.system.buses().iter();
    let rows: Vec<_> =
        buses.flat_map(|bus| bus.deficit_segments.iter().enumerate().map(move |segment| (bus, segment))).collect();
    Frame::default()
        .ids("bus_id", rows.iter().map(|(bus, _)| bus.id))
        .indices("segment_index", rows.iter().map(|(_, (index, _))| *index))
        .limits("depth_mw", rows.iter().map(|(_, (_, segment))| segment.depth_mw))
        .floats("cost_per_mwh", rows.iter().map(|(_, (_, segment))| segment.cost_per_mwh))
}

/// Lines.
pub(super) fn lines(case: &Case) -> Frame {
    let (lines, buses) = (case.study.system.lines(), case.study.system.buses());
    Frame::default()
        .ids("line_id", lines.iter().map(|line| line.id))
        .texts("name", lines.iter().map(|line| &line.name))
        .ids("source_bus_id", lines.iter().map(|line| buses[line.source_bus].id))
        .ids("target_bus_id", lines.iter().map(|line| buses[line.target_bus].id))
        .floats("losses_percent", lines.iter().map(|line| line.losses_percent))
}

/// Thermal plants.
pub(super) fn thermals(case: &Case) -> Frame {
    let (thermals, buses) = (case.study.system.thermals(), case.study.system.buses());
    Frame::default()
        .ids("thermal_id", thermals.iter().map(|thermal| thermal.id))
        .texts("name", thermals.iter().map(|thermal| &thermal.name))
        .ids("bus_id", thermals.iter().map(|thermal| buses[thermal.bus].id))
}

/// Hydro plants; a plant without a receiver is the last of its river.
pub(super) fn hydros(case: &Case) -> Frame {
    let system = &case.study.system;
    let hydros = system.hydros();
    let id = |position: Option<usize>| position.map(|position| hydros[position].id);
    Frame::default()
        .ids("hydro_id", hydros.iter().map(|hydro| hydro.id))
        .texts("name", hydros.iter().map(|hydro| &hydro.name))
        .optional_ids("downstream_id", hydros.iter().map(|hydro| id(hydro.downstream)))
        .optional_ids("diversion_downstream_id", hydros.iter().map(|hydro| id(hydro.diversion_downstream)))
        .floats("initial_storage_hm3", system.initial().storage_hm3.iter().copied())
}

/// Generating units, plant by plant.
pub(super) fn hydro_unit_groups(case: &Case) -> Frame {
    let buses = case.study.system.buses();
    let hydros = case.study.system.hydros().iter();
    let rows: Vec<_> = hydros.flat_map(|hydro| hydro.unit_groups.iter().map(move |group| (hydro, group))).collect();
    Frame::default()
        .ids("hydro_id", rows.iter().map(|(hydro, _)| hydro.id))
        .ids("unit_group_id", rows.iter().map(|(_, group)| group.id))
        .texts("name", rows.iter().map(|(_, group)| &group.name))
        .ids("bus_id", rows.iter().map(|(_, group)| buses[group.bus].id))
        .limits("min_turbined_m3s", rows.iter().map(|(_, group)| group.turbined_m3s.min))
        .limits("max_turbined_m3s", rows.iter().map(|(_, group)| group.turbined_m3s.max))
        .limits("min_generation_mw", rows.iter().map(|(_, group)| group.generation_mw.min))
        .limits("max_generation_mw", rows.iter().map(|(_, group)| group.generation_mw.max))
}

/// Inflow before the study, lag 1 the most recent.
pub(super) fn initial_inflow_lags(case: &Case) -> Frame {
    let system = &case.study.system;
    let plants = system.hydros().iter().zip(&system.initial().inflow_lags_m3s);
    let rows: Vec<_> =
        plants.flat_map(|(hydro, lags)| lags.iter().enumerate().map(move |lag| (hydro.id, lag))).collect();
    Frame::default()
        .ids("hydro_id", rows.iter().map(|(id, _)| *id))
        .indices("lag", rows.iter().map(|(_, (lag, _))| lag + 1))
        .floats("inflow_m3s", rows.iter().map(|(_, (_, inflow))| **inflow))
}
