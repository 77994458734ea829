//! The inflow model: statistics and autoregressive coefficients per plant and stage.

use std::collections::BTreeMap;

use cobre_engine::stochastic::{InflowData, InflowStatistics, ParError, ParModel};

use super::files::CaseFiles;
use super::finding::{Finding, Place, Report};
use super::hydros::HydroData;
use super::registry::Registry;
use super::seasons::Declared;
use super::stages::Stages;
use super::table::{Input, Table};
use super::tables::{INFLOW_AR, INFLOW_HISTORY, INFLOW_STATS};

/// Rows by (hydro id, stage id).
type Rows<T> = BTreeMap<(i32, i32), T>;

/// Reads the inflow model of the study and the data it is built from; `None` when errors leave none.
pub(super) fn read(
    files: &CaseFiles,
    hydros: &Registry<HydroData>,
    stages: &Stages,
    has_history: bool,
    report: &Report,
) -> Option<(ParModel, InflowData)> {
    let statistics = Table::read(files, &INFLOW_STATS, report);
    let coefficients = Table::read(files, &INFLOW_AR, report);
    let errors = report.n_errors();
    refuse_estimation(&statistics, &coefficients, has_history, report);
    let mut data = InflowData { plants: vec![Vec::new(); hydros.len()], n_seasons: 0 };
    if let Declared::Yes(seasons) = &stages.seasons {
        data.n_seasons = seasons.list().len();
    }
    if let Input::Read(statistics) = &statistics {
        let rows = read_statistics(statistics, hydros, stages, report);
        let orders = coefficients.read().map(|table| read_coefficients(table, &rows, hydros, stages, report));
        let orders = orders.unwrap_or_default();
        if !orders.is_empty() {
            check_seasons(stages, report);
        }
        for ((hydro, stage_id), (mean_m3s, std_m3s)) in rows {
            let Some(position) = hydros.position(hydro) else { continue };
            data.plants[position].push(InflowStatistics {
                stage_id,
                season: stages.season_of(stage_id),
                mean_m3s,
                std_m3s,
                coefficients: orders.get(&(hydro, stage_id)).cloned().unwrap_or_default(),
            });
        }
    }
    if report.n_errors() > errors || matches!(statistics, Input::Broken) || matches!(coefficients, Input::Broken) {
        return None;
    }
    let labels: Vec<_> = stages.study.iter().map(|stage| (stage.stage.id, stage.stage.season)).collect();
    let model = ParModel::build(&data, &labels).map_err(|error| report_error(&error, hydros, report)).ok()?;
    warn_about_lags(&model, stages, report);
    Some((model, data))
}

/// Refuses the combinations of files that ask for an estimate, and names files that have no effect.
fn refuse_estimation(statistics: &Input<Table>, coefficients: &Input<Table>, has_history: bool, report: &Report) {
    let place = Place::file(INFLOW_HISTORY.file);
    if has_history && !(statistics.is_present() && coefficients.is_present()) {
        report.unsupported("unsupported.estimation", &place);
    }
    if coefficients.is_present() && !statistics.is_present() && !has_history {
        let message = format!("coefficients have no effect without {}", INFLOW_STATS.file);
        report.warning("accepted.no_effect", &Place::file(INFLOW_AR.file), message);
    }
}

/// Whether there is such a stage, in the study or before it; reported if not.
fn check_stage(table: &Table, row: usize, id: i32, stages: &Stages, report: &Report) -> bool {
    let known = stages.has(id);
    if !known {
        let place = table.place(row, "stage_id");
        report.push(Finding::error("semantic.5a.49", &place, "no stage has this id").value(id));
    }
    known
}

fn read_statistics(table: &Table, hydros: &Registry<HydroData>, stages: &Stages, report: &Report) -> Rows<(f64, f64)> {
    let mut rows = Rows::new();
    let (means, stds) = (table.numbers("mean_m3s"), table.numbers("std_m3s"));
    for row in 0..table.n_rows() {
        let (Some(hydro), Some(stage)) = (table.ids("hydro_id")[row], table.ids("stage_id")[row]) else { continue };
        hydros.check(hydro, "hydro plant", &table.place(row, "hydro_id"), report);
        if !check_stage(table, row, stage, stages, report) {
            continue;
        }
        if rows.insert((hydro, stage), (means[row].unwrap_or(0.0), stds[row].unwrap_or(0.0))).is_some() {
            let message = format!("plant {hydro} has more than one row at stage {stage}");
            report.error("referential.duplicate_row", &table.place(row, "hydro_id"), message);
        }
    }
    for entity in hydros.entities() {
        let ids = (0..stages.len()).map(|t| stages.id(t));
        let missing: Vec<i32> = ids.filter(|&id| !rows.contains_key(&(entity.id, id))).collect();
        if !missing.is_empty() {
            let message = format!("plant {} has no inflow statistics at the stages {missing:?}", entity.id);
            report.error("dimensional.1", &Place::file(INFLOW_STATS.file), message);
        }
    }
    rows
}

fn read_coefficients(
    table: &Table,
    statistics: &Rows<(f64, f64)>,
    hydros: &Registry<HydroData>,
    stages: &Stages,
    report: &Report,
) -> Rows<Vec<f64>> {
    let mut lags: Rows<BTreeMap<i32, f64>> = Rows::new();
    let (hydro_ids, stage_ids, values) = (table.ids("hydro_id"), table.ids("stage_id"), table.numbers("coefficient"));
    for row in 0..table.n_rows() {
        let (Some(hydro), Some(stage), Some(lag)) = (hydro_ids[row], stage_ids[row], table.ids("lag")[row]) else {
            continue;
        };
        hydros.check(hydro, "hydro plant", &table.place(row, "hydro_id"), report);
        if !check_stage(table, row, stage, stages, report) {
            continue;
        }
        if hydros.position(hydro).is_some() && !statistics.contains_key(&(hydro, stage)) {
            let message = format!("plant {hydro} has no statistics at stage {stage}");
            report.error("inflow.coefficient_without_statistics", &table.place(row, "stage_id"), message);
        }
        let of_stage = lags.entry((hydro, stage)).or_default();
        if of_stage.insert(lag, values[row].unwrap_or(0.0)).is_some() {
            let message = format!("plant {hydro} has more than one coefficient of lag {lag} at stage {stage}");
            report.error("referential.duplicate_row", &table.place(row, "lag"), message);
        }
    }
    let mut orders = Rows::new();
    for ((hydro, stage), of_stage) in lags {
        if of_stage.keys().zip(1..).any(|(&lag, expected)| lag != expected) {
            let found: Vec<i32> = of_stage.keys().copied().collect();
            let message = format!("the lags of plant {hydro} at stage {stage} must run from 1 without a gap");
            let place = Place { file: INFLOW_AR.file.into(), pointer: "column lag".into() };
            report.push(Finding::error("inflow.lags", &place, message).value(format!("{found:?}")));
        }
        if statistics.get(&(hydro, stage)).is_some_and(|statistics| statistics.1 == 0.0) {
            let message = format!("plant {hydro} has coefficients but no deviation at stage {stage}: they drop out");
            report.warning("semantic.5b.12", &Place::file(INFLOW_STATS.file), message);
        }
        orders.insert((hydro, stage), of_stage.into_values().collect());
    }
    orders
}

/// Coefficients need the twelve months as seasons, and stages that are months.
fn check_seasons(stages: &Stages, report: &Report) {
    let place = Place::file("stages.json");
    match &stages.seasons {
        Declared::No => {
            let finding = Finding::error("inflow.no_seasons", &place, "coefficients need season_definitions");
            report.push(finding.hint("declare the twelve months as seasons"));
        }
        Declared::Yes(seasons) if !seasons.is_full_year() => {
            report.unsupported("unsupported.season_cycle", &place.member("season_definitions"));
        }
        Declared::Yes(_) | Declared::Broken => {}
    }
    let mut previous_end = None;
    for stage in &stages.study {
        let month = stage.start.month();
        let is_month = month.first_day() == stage.start.day() && month.first_day() + month.n_days() == stage.end.day();
        if !is_month || previous_end.is_some_and(|end| end != stage.start) {
            report.unsupported("unsupported.stage_season_mismatch", &stage.place);
        }
        previous_end = Some(stage.end);
    }
}

fn warn_about_lags(model: &ParModel, stages: &Stages, report: &Report) {
    if model.max_order > 0
        && let Some(stage) = stages.study.iter().find(|stage| !stage.inflow_lags)
    {
        let place = stage.place.member("state_variables").member("inflow_lags");
        let message = "lags are part of the state whenever the AR order is above 0";
        report.push(Finding::warning("semantic.5b.34", &place, message).value(false).hint("set inflow_lags to true"));
    }
}

fn report_error(error: &ParError, hydros: &Registry<HydroData>, report: &Report) {
    let id = |hydro: &usize| hydros.entities().get(*hydro).map_or(-1, |entity| entity.id);
    let place = Place::file(INFLOW_AR.file);
    match error {
        ParError::NotStationary { hydro, season, residual_variance } => {
            let message = format!("the inflow of plant {} is not stationary in season {season}", id(hydro));
            let finding = Finding::error("semantic.5b.35", &place, message).value(residual_variance);
            report.push(finding.hint("the value is the residual variance that the coefficients imply; lower them"));
        }
        ParError::Singular { hydro } => {
            let message = format!("the coefficients of plant {} have no autocorrelations: singular system", id(hydro));
            report.error("inflow.singular", &place, message);
        }
        other => report.error("inflow.model", &place, format!("{other} (plants by position)")),
    }
}
