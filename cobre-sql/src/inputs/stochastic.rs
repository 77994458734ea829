use cobre_data::case::Case;
use cobre_engine::stochastic::InflowStatistics;

use super::at_stages;
use crate::frame::Frame;

/// Statistics of the inflow, plant by plant, by label of the stage; stages before the study have negative labels.
fn inflow_statistics(case: &Case) -> Vec<(i32, &InflowStatistics)> {
    let plants = case.study.system.hydros().iter().zip(&case.stochastic.inflow.plants);
    let mut rows: Vec<_> = plants.flat_map(|(hydro, rows)| rows.iter().map(|row| (hydro.id, row))).collect();
    rows.sort_by_key(|(hydro, row)| (*hydro, row.stage_id));
    rows
}

/// Mean and standard deviation of the inflow.
pub(super) fn inflow_seasonal_stats(case: &Case) -> Frame {
    let rows = inflow_statistics(case);
    Frame::default()
        .ids("hydro_id", rows.iter().map(|(hydro, _)| *hydro))
        .ids("stage_id", rows.iter().map(|(_, row)| row.stage_id))
        .optional_ids(
            "season_id",
            rows.iter().map(|(_, row)| row.season.and_then(|at| case.seasons.get(at)).map(|season| season.id as i32)),
        )
        .floats("mean_m3s", rows.iter().map(|(_, row)| row.mean_m3s))
        .floats("std_m3s", rows.iter().map(|(_, row)| row.std_m3s))
}

/// Standardised coefficients, lag 1 the most recent.
pub(super) fn inflow_ar_coefficients(case: &Case) -> Frame {
    let rows = inflow_statistics(case).into_iter();
    let rows: Vec<_> =
        rows.flat_map(|(hydro, row)| row.coefficients.iter().enumerate().map(move |lag| (hydro, row, lag))).collect();
    Frame::default()
        .ids("hydro_id", rows.iter().map(|(hydro, _, _)| *hydro))
        .ids("stage_id", rows.iter().map(|(_, row, _)| row.stage_id))
        .indices("lag", rows.iter().map(|(_, _, (lag, _))| lag + 1))
        .floats("coefficient", rows.iter().map(|(_, _, (_, coefficient))| **coefficient))
}

/// The inflow model in m³/s, `inflow = base + Σ ψ·lag + residual std·noise`, without its ψ.
pub(super) fn inflow_model(case: &Case) -> Frame {
    let system = &case.study.system;
    let mut rows = Vec::new();
    for (h, hydro) in system.hydros().iter().enumerate() {
        for (stage, plants) in system.stages().iter().zip(&case.study.inflow.stages) {
            rows.push((hydro.id, stage.id, &plants[h]));
        }
    }
    Frame::default()
        .ids("hydro_id", rows.iter().map(|row| row.0))
        .ids("stage_id", rows.iter().map(|row| row.1))
        .floats("base_m3s", rows.iter().map(|row| row.2.base_m3s))
        .floats("residual_std_m3s", rows.iter().map(|row| row.2.sigma_m3s))
        .indices("ar_order", rows.iter().map(|row| row.2.psi.len()))
}

/// Mean and standard deviation of the demand, and the price of energy without use.
pub(super) fn load_seasonal_stats(case: &Case) -> Frame {
    let rows = at_stages(case, case.study.system.buses(), |bus| &bus.stages);
    Frame::default()
        .ids("bus_id", rows.iter().map(|row| row.entity.id))
        .ids("stage_id", rows.iter().map(|row| row.stage.id))
        .floats("mean_mw", rows.iter().map(|row| row.data.load_mean_mw))
        .floats("std_mw", rows.iter().map(|row| row.data.load_std_mw))
        .floats("excess_cost_per_mwh", rows.iter().map(|row| row.data.excess_cost_per_mwh))
}

/// Factors of the blocks on the demand of a stage.
pub(super) fn load_factors(case: &Case) -> Frame {
    let rows = at_stages(case, case.study.system.buses(), |bus| &bus.stages);
    let rows: Vec<_> =
        rows.iter().flat_map(|row| row.data.load_factors.iter().enumerate().map(move |f| (row, f))).collect();
    Frame::default()
        .ids("bus_id", rows.iter().map(|(row, _)| row.entity.id))
        .ids("stage_id", rows.iter().map(|(row, _)| row.stage.id))
        .indices("block_id", rows.iter().map(|(_, (block, _))| *block))
        .floats("factor", rows.iter().map(|(_, (_, factor))| **factor))
}

/// Correlation of the noise, profile by profile. Components are the plants in their order, then the buses with
/// stochastic demand.
pub(super) fn correlation(case: &Case) -> Frame {
    let mut rows = Vec::new();
    for (profile, groups) in case.stochastic.correlation.profiles.iter().enumerate() {
        for group in groups {
            let n = group.components.len();
            for (i, &row) in group.components.iter().enumerate() {
                for (j, &column) in group.components.iter().enumerate() {
                    rows.push((profile, row, column, group.matrix[i * n + j]));
                }
            }
        }
    }
    Frame::default()
        .indices("profile_index", rows.iter().map(|row| row.0))
        .indices("entity_index", rows.iter().map(|row| row.1))
        .indices("other_entity_index", rows.iter().map(|row| row.2))
        .floats("correlation", rows.iter().map(|row| row.3))
}

/// The noise of every opening, as the backward pass uses it. Components as in the correlation.
pub(super) fn noise_openings(case: &Case) -> Frame {
    let tree = &case.study.openings;
    let mut rows = Vec::new();
    for (position, stage) in case.study.system.stages().iter().enumerate() {
        for opening in 0..tree.n_openings(position) {
            let noise = tree.noise(position, opening).iter().enumerate();
            rows.extend(noise.map(|(component, &value)| (stage.id, opening, component, value)));
        }
    }
    Frame::default()
        .ids("stage_id", rows.iter().map(|row| row.0))
        .indices("opening_index", rows.iter().map(|row| row.1))
        .indices("entity_index", rows.iter().map(|row| row.2))
        .floats("value", rows.iter().map(|row| row.3))
}
