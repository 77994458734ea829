//! What a case says, resolved stage by stage as the engine takes it, as tables.

mod bounds;
mod entities;
mod stages;
mod stochastic;

use std::sync::Arc;

use cobre_data::case::Case;
use cobre_engine::system::Stage;

use crate::catalog::{Entry, Tables};
use crate::frame::Frame;

/// A table of a case: its name, and how it is made.
type Input = (&'static str, fn(&Case) -> Frame);

/// All tables of a case.
const INPUTS: &[Input] = &[
    ("blocks", stages::blocks),
    ("buses", entities::buses),
    ("correlation", stochastic::correlation),
    ("deficit_segments", entities::deficit_segments),
    ("findings", stages::findings),
    ("hydro_bounds", bounds::hydros),
    ("hydro_stages", bounds::hydro_stages),
    ("hydro_unit_groups", entities::hydro_unit_groups),
    ("hydros", entities::hydros),
    ("inflow_ar_coefficients", stochastic::inflow_ar_coefficients),
    ("inflow_model", stochastic::inflow_model),
    ("inflow_seasonal_stats", stochastic::inflow_seasonal_stats),
    ("initial_inflow_lags", entities::initial_inflow_lags),
    ("line_bounds", bounds::lines),
    ("lines", entities::lines),
    ("load_factors", stochastic::load_factors),
    ("load_seasonal_stats", stochastic::load_seasonal_stats),
    ("noise_openings", stochastic::noise_openings),
    ("seasons", stages::seasons),
    ("stages", stages::stages),
    ("thermal_bounds", bounds::thermals),
    ("thermals", entities::thermals),
];

/// The inputs of a case.
pub(crate) fn input_tables(case: &Arc<Case>) -> Tables {
    let entry = |of: fn(&Case) -> Frame| {
        let case = Arc::clone(case);
        Entry::new(move || std::future::ready(of(&case).table()))
    };
    INPUTS.iter().map(|&(name, of)| (name.to_owned(), entry(of))).collect()
}

/// An entity at a stage.
struct AtStage<'a, E, D> {
    entity: &'a E,
    stage: &'a Stage,
    data: &'a D,
}

/// Every entity at every stage: entity by entity, stages in order of time.
fn at_stages<'a, E, D>(case: &'a Case, entities: &'a [E], data: fn(&E) -> &[D]) -> Vec<AtStage<'a, E, D>> {
    let stages = case.study.system.stages();
    let of_entity =
        |entity: &'a E| stages.iter().zip(data(entity)).map(move |(stage, data)| AtStage { entity, stage, data });
    entities.iter().flat_map(of_entity).collect()
}
