use std::iter::once;
use std::path::Path;

use cobre_engine::sddp::IterationRecord;

use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::table_file::TableFile;

/// Writes the rows of `solver_iterations`; `folder` is the run's, for messages.
pub(super) fn write(
    mut file: TableFile,
    records: &[IterationRecord],
    stage_ids: &[i32],
    folder: &Path,
) -> Result<FileRecord, OutputError> {
    for record in records {
        for (phase, stage, work) in &record.solver {
            let count = |name: &str, value: u64| {
                u32::try_from(value).map_err(|_| {
                    let (iteration, phase) = (record.iteration, phase.name());
                    OutputError::schema(
                        folder,
                        format!("{name} of iteration {iteration}, {phase}, stage {stage}: {value} exceeds 32 bits"),
                    )
                })
            };
            let solves = count("lp_solves", work.lp_solves)?;
            let retries = count("lp_retries", work.retries)?;
            let attempts = count("retry_attempts", work.retry_attempts)?;
            let offered = count("basis_offered", work.basis_offered)?;
            file.begin(1)
                .id("iteration", record.iteration as i32)
                .null("scenario_id")
                .text("phase", phase.name())
                .id("stage_id", stage_ids[*stage])
                .null("opening_index")
                .null("rank")
                .null("worker_id")
                .counts("lp_solves", once(solves))
                .counts("lp_successes", once(solves))
                .counts("lp_retries", once(retries))
                .counts("lp_failures", once(0))
                .counts("retry_attempts", once(attempts))
                .counts("basis_offered", once(offered))
                .counts("basis_consistency_failures", once(0))
                .long_counts("simplex_iterations", once(work.simplex_iterations))
                .float("solve_time_ms", work.solve_seconds * 1e3)
                .float("load_model_time_ms", 0.0)
                .float("set_bounds_time_ms", 0.0)
                .float("basis_set_time_ms", 0.0);
            file.end()?;
        }
    }
    file.publish()
}
