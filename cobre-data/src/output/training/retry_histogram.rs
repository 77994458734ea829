use std::iter::once;

use cobre_engine::sddp::IterationRecord;

use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::table_file::TableFile;

/// Whether any of the iterations needed the recovery ladder.
pub(super) fn has_rows(records: &[IterationRecord]) -> bool {
    records.iter().flat_map(|record| &record.solver).any(|(_, _, work)| work.retries_by_level.iter().any(|&n| n > 0))
}

/// Writes the rows of `retry_histogram`.
pub(super) fn write(
    mut file: TableFile,
    records: &[IterationRecord],
    stage_ids: &[i32],
) -> Result<FileRecord, OutputError> {
    for record in records {
        for (phase, stage, work) in &record.solver {
            for (level, &count) in (0..).zip(&work.retries_by_level).filter(|(_, count)| **count > 0) {
                file.begin(1)
                    .counts("iteration", once(record.iteration))
                    .text("phase", phase.name())
                    .id("stage_id", stage_ids[*stage])
                    .counts("retry_level", once(level))
                    .long_counts("count", once(count));
                file.end()?;
            }
        }
    }
    file.publish()
}
