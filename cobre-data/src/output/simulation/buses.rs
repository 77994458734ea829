use cobre_engine::simulation::BusBlockOutcome;

use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::schema::BUSES;
use super::grid::Grid;
use super::table_folder::TableFolder;

/// Writes the buses of a bucket.
pub(super) fn write(folder: &TableFolder, grid: &Grid<BusBlockOutcome>) -> Result<Option<FileRecord>, OutputError> {
    let layout = folder.layout;
    folder.write_blocks(&BUSES, layout.buses.len(), |rows, entity, stage| {
        let run = grid.run(entity, stage);
        rows.id("bus_id", layout.system.buses()[layout.buses[entity]].id)
            .floats("load_mw", run.iter().map(|row| row.load_mw))
            .floats_with("load_mwh", |out| folder.by_hours(out, stage, run, |row, hours| row.load_mw * hours))
            .floats("deficit_mw", run.iter().map(|row| row.deficit_mw))
            .floats_with("deficit_mwh", |out| folder.by_hours(out, stage, run, |row, hours| row.deficit_mw * hours))
            .floats("excess_mw", run.iter().map(|row| row.excess_mw))
            .floats_with("excess_mwh", |out| folder.by_hours(out, stage, run, |row, hours| row.excess_mw * hours))
            .floats("spot_price", run.iter().map(|row| row.spot_price));
    })
}
