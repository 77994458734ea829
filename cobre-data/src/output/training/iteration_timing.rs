use std::iter::once;

use cobre_engine::sddp::IterationRecord;

use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::table_file::TableFile;
use super::milliseconds;

/// Writes the rows of `iteration_timing`.
pub(super) fn write(mut file: TableFile, records: &[IterationRecord]) -> Result<FileRecord, OutputError> {
    for record in records {
        let forward = milliseconds(record.forward_seconds);
        let backward = milliseconds(record.backward_seconds);
        let lower_bound = milliseconds(record.lower_bound_seconds);
        let selection = milliseconds(record.selection_seconds);
        let rest = milliseconds(record.total_seconds) - forward - backward - selection - lower_bound;
        let rows = file.begin(1).id("iteration", record.iteration as i32).null("rank").null("worker_id");
        rows.longs("forward_wall_ms", once(forward)).longs("backward_wall_ms", once(backward));
        rows.longs("cut_selection_ms", once(selection));
        for name in ["mpi_allreduce_ms", "cut_sync_ms"] {
            rows.longs(name, once(0));
        }
        rows.longs("lower_bound_ms", once(lower_bound));
        for name in [
            "state_exchange_ms",
            "cut_batch_build_ms",
            "bwd_setup_ms",
            "bwd_load_imbalance_ms",
            "bwd_scheduling_overhead_ms",
            "fwd_setup_ms",
            "fwd_load_imbalance_ms",
            "fwd_scheduling_overhead_ms",
        ] {
            rows.longs(name, once(0));
        }
        // Each part is rounded on its own, so the rest may fall one short of nothing.
        rows.longs("overhead_ms", once(rest.max(0))).longs("lazy_scoring_ms", once(0));
        file.end()?;
    }
    file.publish()
}
