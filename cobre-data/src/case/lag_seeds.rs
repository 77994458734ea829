//! Past inflow at the start of the study, from history and recent observations.

use cobre_engine::stochastic::ParModel;

use super::files::CaseFiles;
use super::finding::{Finding, Place, Report};
use super::hydros::HydroData;
use super::registry::Registry;
use super::stages::Stages;
use super::table::{Input, Table};
use super::tables::INFLOW_HISTORY;
use super::windows::Windows;

/// Reads `scenarios/inflow_history.parquet`.
pub(super) fn read_history(files: &CaseFiles, hydros: &Registry<HydroData>, report: &Report) -> Input<Windows> {
    let table = match Table::read(files, &INFLOW_HISTORY, report) {
        Input::Absent => return Input::Absent,
        Input::Broken => return Input::Broken,
        Input::Read(table) => table,
    };
    let mut windows = Windows::default();
    let (starts, ends) = (table.days("start_date"), table.days("end_date"));
    for row in 0..table.n_rows() {
        let (Some(hydro), Some(start), Some(end)) = (table.ids("hydro_id")[row], starts[row], ends[row]) else {
            continue;
        };
        hydros.check(hydro, "hydro plant", &table.place(row, "hydro_id"), report);
        let value = table.numbers("value_m3s")[row].unwrap_or(0.0);
        windows.add(hydro, (start, end), value, table.place(row, "start_date"), report);
    }
    Input::Read(windows.finish(report))
}

/// Past inflow of every plant (m³/s), `max_order` months back, the most recent first.
///
/// A month is the mean over its days; a day takes the observation, else the history. A month that the model reads must
/// be covered day by day; one that it does not read is 0 where it is not covered.
pub(super) fn seeds(
    model: &ParModel,
    hydros: &Registry<HydroData>,
    stages: &Stages,
    observations: &Windows,
    history: &Input<Windows>,
    report: &Report,
) -> Vec<Vec<f64>> {
    let first_month = stages.study[0].start.month();
    let mut seeds = Vec::with_capacity(hydros.len());
    for (h, entity) in hydros.entities().iter().enumerate() {
        let depth = depth_read(model, h);
        let mut lags = vec![0.0; model.max_order];
        let mut uncovered = Vec::new();
        for (l, lag) in lags.iter_mut().enumerate() {
            let month = first_month.back(l + 1);
            let (first, n_days) = (month.first_day(), month.n_days());
            let value = |day| {
                let observed = observations.on_day(entity.id, day);
                observed.or_else(|| history.read().and_then(|history| history.on_day(entity.id, day)))
            };
            match (first..first + n_days).map(value).sum::<Option<f64>>() {
                Some(sum) => *lag = sum / f64::from(n_days),
                None if l < depth => uncovered.push(month.to_string()),
                None => {}
            }
        }
        if !uncovered.is_empty() && !matches!(history, Input::Broken) {
            let message = format!("the inflow model of plant {} reads months that are not covered", entity.id);
            let finding = Finding::error("lag_seeds.uncovered", &Place::file(INFLOW_HISTORY.file), message);
            let hint = "give windows that cover every day of these months, or recent_observations";
            report.push(finding.value(uncovered.join(", ")).hint(hint));
        }
        seeds.push(lags);
    }
    seeds
}

/// How many months before the study the model reads for a plant.
fn depth_read(model: &ParModel, hydro: usize) -> usize {
    let reach = |(t, stage): (usize, &Vec<cobre_engine::stochastic::ParStage>)| {
        let order = stage[hydro].psi.iter().rposition(|&psi| psi != 0.0).map_or(0, |last| last + 1);
        order.saturating_sub(t)
    };
    model.stages.iter().enumerate().map(reach).max().unwrap_or(0)
}
