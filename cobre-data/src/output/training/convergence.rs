use std::iter::once;

use cobre_engine::sddp::IterationRecord;

use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::table_file::TableFile;
use super::milliseconds;

/// Writes the rows of `convergence`. Under risk aversion a sampled mean is no upper bound, and there is no gap.
pub(super) fn write(
    mut file: TableFile,
    records: &[IterationRecord],
    risk_averse: bool,
) -> Result<FileRecord, OutputError> {
    for record in records {
        file.begin(1)
            .id("iteration", record.iteration as i32)
            .float("lower_bound", record.lower_bound)
            .float("upper_bound", record.upper_bound)
            .optional_float("upper_bound_std", record.upper_bound_std)
            .text("upper_bound_kind", "statistical")
            .optional_float("gap_percent", gap_percent(record.lower_bound, record.upper_bound).filter(|_| !risk_averse))
            .id("cuts_added", record.cuts_added as i32)
            .id("cuts_removed", record.cuts_removed as i32)
            .longs("cuts_active", once(record.cuts_active as i64))
            .longs("time_forward_ms", once(milliseconds(record.forward_seconds)))
            .longs("time_backward_ms", once(milliseconds(record.backward_seconds)))
            .longs("time_total_ms", once(milliseconds(record.total_seconds)))
            .id("forward_passes", record.forward_passes as i32)
            .longs("lp_solves", once(record.lp_solves as i64))
            .float("mean_rows_in_lp", record.mean_rows_in_lp);
        file.end()?;
    }
    file.publish()
}

/// Distance of the bounds (%); none where the lower one is not positive.
pub(in super::super) fn gap_percent(lower: f64, upper: f64) -> Option<f64> {
    (lower > 0.0).then(|| 100.0 * (upper - lower) / lower.abs().max(1.0))
}
