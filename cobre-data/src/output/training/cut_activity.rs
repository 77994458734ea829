use std::iter::once;

use cobre_engine::cuts::{CutOrigin, CutPool};

use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::table_file::TableFile;

/// Writes the rows of `cut_activity`, stages in the order of their labels: `order` are their positions.
pub(super) fn write(
    mut file: TableFile,
    pools: &[CutPool],
    stage_ids: &[i32],
    order: &[usize],
) -> Result<FileRecord, OutputError> {
    for &stage in order {
        let pool = &pools[stage];
        let cuts = pool.intercepts().zip(pool.origins()).zip(pool.activities());
        for (id, ((intercept, origin), activity)) in (0..).zip(cuts) {
            let rows = file.begin(1).id("stage_id", stage_ids[stage]).id("cut_id", id);
            if *origin == CutOrigin::GIVEN {
                rows.null("iteration").null("forward_pass");
            } else {
                rows.id("iteration", origin.iteration as i32).id("forward_pass", origin.trajectory as i32);
            }
            rows.float("intercept", intercept).long_counts("times_binding", once(activity.times_binding));
            match activity.last_iteration {
                0 => rows.null("last_binding_iteration"),
                iteration => rows.id("last_binding_iteration", iteration as i32),
            };
            file.end()?;
        }
    }
    file.publish()
}
