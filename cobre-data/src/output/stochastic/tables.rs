use std::collections::BTreeMap;
use std::iter::once;

use cobre_engine::Study;
use cobre_engine::stochastic::{InflowData, InflowStatistics};

use super::super::OutputError;
use super::super::destination::Destination;
use super::super::manifest::FileRecord;
use super::super::schema::Table;
use super::super::table_file::TableFile;
use super::super::table_shape::TableShape;

/// Starts the only file of a table.
pub(super) fn create(to: &Destination, table: &'static Table) -> Result<TableFile, OutputError> {
    to.create_table(&TableShape::whole(table), &table.qualified_name(), BTreeMap::new())
}

/// Stages by label, as (label, position).
fn stages(study: &Study) -> Vec<(i32, usize)> {
    let mut stages: Vec<_> = study.system.stages().iter().map(|stage| stage.id).zip(0..).collect();
    stages.sort_unstable();
    stages
}

/// Writes the rows of `noise_openings`.
pub(super) fn write_openings(mut file: TableFile, study: &Study) -> Result<FileRecord, OutputError> {
    let dimension = study.openings.dimension();
    for (stage_id, t) in stages(study) {
        for opening in 0..study.openings.n_openings(t) {
            file.begin(dimension)
                .id("stage_id", stage_id)
                .counts("opening_index", std::iter::repeat_n(opening as u32, dimension))
                .counts("entity_index", 0..dimension as u32)
                .floats("value", study.openings.noise(t, opening).iter().copied());
            file.end()?;
        }
    }
    file.publish()
}

/// Statistics of every plant by label, as (label of the plant, row).
fn inflow_rows<'a>(study: &Study, data: &'a InflowData) -> Vec<(i32, &'a InflowStatistics)> {
    let plants = study.system.hydros().iter().zip(&data.plants);
    let mut rows: Vec<_> = plants.flat_map(|(hydro, rows)| rows.iter().map(|row| (hydro.id, row))).collect();
    rows.sort_by_key(|(hydro_id, row)| (*hydro_id, row.stage_id));
    rows
}

/// Writes the rows of `inflow_seasonal_stats`.
pub(super) fn write_inflow_statistics(
    mut file: TableFile,
    study: &Study,
    data: &InflowData,
) -> Result<FileRecord, OutputError> {
    for (hydro_id, row) in inflow_rows(study, data) {
        file.begin(1)
            .id("hydro_id", hydro_id)
            .id("stage_id", row.stage_id)
            .float("mean_m3s", row.mean_m3s)
            .float("std_m3s", row.std_m3s);
        file.end()?;
    }
    file.publish()
}

/// Writes the rows of `inflow_ar_coefficients`.
pub(super) fn write_coefficients(
    mut file: TableFile,
    study: &Study,
    data: &InflowData,
) -> Result<FileRecord, OutputError> {
    for (hydro_id, row) in inflow_rows(study, data) {
        for (lag, &coefficient) in (1..).zip(&row.coefficients) {
            file.begin(1)
                .id("hydro_id", hydro_id)
                .id("stage_id", row.stage_id)
                .id("lag", lag)
                .floats("coefficient", once(coefficient));
            file.end()?;
        }
    }
    file.publish()
}

/// Writes the rows of `load_seasonal_stats`.
pub(super) fn write_load(mut file: TableFile, study: &Study) -> Result<FileRecord, OutputError> {
    let mut buses: Vec<_> = study.system.buses().iter().collect();
    buses.sort_by_key(|bus| bus.id);
    for bus in buses {
        for (stage_id, t) in stages(study) {
            file.begin(1)
                .id("bus_id", bus.id)
                .id("stage_id", stage_id)
                .float("mean_mw", bus.stages[t].load_mean_mw)
                .float("std_mw", bus.stages[t].load_std_mw);
            file.end()?;
        }
    }
    file.publish()
}
