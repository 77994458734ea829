use cobre_engine::simulation::LineBlockOutcome;
use cobre_engine::system::Limits;

use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::schema::EXCHANGES;
use super::grid::Grid;
use super::operative_state::line_state;
use super::table_folder::TableFolder;

/// Writes the lines of a bucket.
pub(super) fn write(folder: &TableFolder, grid: &Grid<LineBlockOutcome>) -> Result<Option<FileRecord>, OutputError> {
    let layout = folder.layout;
    folder.write_blocks(&EXCHANGES, layout.lines.len(), |rows, entity, stage| {
        let run = grid.run(entity, stage);
        let line = &layout.system.lines()[layout.lines[entity]];
        let data = &line.stages[stage];
        let loss = line.losses_percent / 100.0;
        let cost = data.exchange_cost_per_mwh;
        rows.id("line_id", line.id)
            .floats("direct_flow_mw", run.iter().map(|row| row.direct_mw))
            .floats("reverse_flow_mw", run.iter().map(|row| row.reverse_mw))
            .floats("net_flow_mw", run.iter().map(net))
            .floats_with("net_flow_mwh", |out| folder.by_hours(out, stage, run, |row, hours| net(row) * hours))
            .floats("losses_mw", run.iter().map(|row| loss * gross(row)))
            .floats_with("losses_mwh", |out| folder.by_hours(out, stage, run, |row, hours| loss * gross(row) * hours))
            .floats_with("exchange_cost", |out| {
                folder.by_hours(out, stage, run, |row, hours| cost * gross(row) * hours);
            })
            .codes(
                "operative_state_code",
                run.iter().zip(data.blocks.iter().cycle()).map(|(row, limits)| {
                    line_state(
                        (row.direct_mw, Limits::new(0.0, limits.direct_mw)),
                        (row.reverse_mw, Limits::new(0.0, limits.reverse_mw)),
                    )
                }),
            );
    })
}

fn net(row: &LineBlockOutcome) -> f64 {
    row.direct_mw - row.reverse_mw
}

fn gross(row: &LineBlockOutcome) -> f64 {
    row.direct_mw + row.reverse_mw
}
