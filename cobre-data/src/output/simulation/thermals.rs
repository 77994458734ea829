use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::schema::THERMALS;
use super::grid::Grid;
use super::operative_state::thermal_state;
use super::table_folder::TableFolder;

/// Writes the thermal plants of a bucket from their generation (MW).
pub(super) fn write(folder: &TableFolder, grid: &Grid<f64>) -> Result<Option<FileRecord>, OutputError> {
    let layout = folder.layout;
    folder.write_blocks(&THERMALS, layout.thermals.len(), |rows, entity, stage| {
        let run = grid.run(entity, stage);
        let thermal = &layout.system.thermals()[layout.thermals[entity]];
        let data = &thermal.stages[stage];
        let cost = data.cost_per_mwh;
        rows.id("thermal_id", thermal.id)
            .floats_with("generation_mw", |out| out.extend_from_slice(run))
            .floats_with("generation_mwh", |out| folder.by_hours(out, stage, run, |mw, hours| mw * hours))
            .floats_with("generation_cost", |out| folder.by_hours(out, stage, run, |mw, hours| cost * (mw * hours)))
            .flag("is_anticipated", false)
            .null("anticipated_committed_mw")
            .null("anticipated_decision_mw")
            .codes(
                "operative_state_code",
                run.iter().zip(data.generation_mw.iter().cycle()).map(|(&mw, &limits)| thermal_state((mw, limits))),
            );
    })
}
