use std::iter::once;

use cobre_engine::sddp::IterationRecord;

use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::table_file::TableFile;

/// Whether any of the iterations selected cuts.
pub(super) fn has_rows(records: &[IterationRecord]) -> bool {
    records.iter().any(|record| !record.selection.is_empty())
}

/// Writes the rows of `cut_selection`, stages in the order of their labels: `order` are their positions.
pub(super) fn write(
    mut file: TableFile,
    records: &[IterationRecord],
    stage_ids: &[i32],
    order: &[usize],
) -> Result<FileRecord, OutputError> {
    for record in records {
        for &stage in order {
            let Some(selection) = record.selection.iter().find(|selection| selection.stage == stage) else { continue };
            let rows = file.begin(1);
            rows.id("iteration", record.iteration as i32)
                .id("stage_id", stage_ids[stage])
                .id("cuts_populated", selection.n_cuts as i32)
                .id("cuts_active_before", selection.n_active_before as i32)
                .id("cuts_deactivated", selection.n_deactivated as i32)
                .id("cuts_reactivated", 0)
                .id("cuts_active_after", selection.n_active_after() as i32)
                .floats("selection_time_ms", once(selection.seconds * 1e3));
            match selection.n_evicted.zip(selection.n_active_after_cap()) {
                Some((n_evicted, n_active)) => {
                    rows.id("budget_evicted", n_evicted as i32).id("active_after_budget", n_active as i32)
                }
                None => rows.null("budget_evicted").null("active_after_budget"),
            };
            file.end()?;
        }
    }
    file.publish()
}
