use std::iter::once;

use cobre_engine::sddp::{IterationRecord, RankWork};

use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::table_file::TableFile;
use super::milliseconds;

/// Time and work of one rank in one iteration; seconds by the clock handed to the engine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankTimingRecord {
    /// 1-based.
    pub iteration: u32,
    /// Rank, 0-based.
    pub rank: u32,
    /// Forward pass (s).
    pub forward_seconds: f64,
    /// Backward pass (s).
    pub backward_seconds: f64,
    /// Lower bound (s).
    pub lower_bound_seconds: f64,
    /// Exchange with other ranks (s).
    pub communication_seconds: f64,
    /// Waiting for other ranks (s).
    pub idle_seconds: f64,
    /// Whole iteration (s).
    pub total_seconds: f64,
    /// Stage problems solved.
    pub lp_solves: u64,
    /// Trajectories of the forward pass.
    pub n_trajectories: u32,
}

impl RankTimingRecord {
    /// The records of all ranks that took part in an iteration.
    pub fn of_ranks(record: &IterationRecord) -> Vec<Self> {
        let of_rank = |work: &RankWork| Self {
            iteration: record.iteration,
            rank: work.rank,
            forward_seconds: work.forward_seconds,
            backward_seconds: work.backward_seconds,
            lower_bound_seconds: work.lower_bound_seconds,
            communication_seconds: work.communication_seconds,
            idle_seconds: work.idle_seconds,
            total_seconds: work.total_seconds,
            lp_solves: work.lp_solves,
            n_trajectories: work.n_trajectories,
        };
        record.ranks.iter().map(of_rank).collect()
    }
}

/// Writes the rows of `rank_timing`.
pub(super) fn write(mut file: TableFile, records: &[RankTimingRecord]) -> Result<FileRecord, OutputError> {
    for record in records {
        file.begin(1)
            .id("iteration", record.iteration as i32)
            .id("rank", record.rank as i32)
            .longs("forward_time_ms", once(milliseconds(record.forward_seconds)))
            .longs("backward_time_ms", once(milliseconds(record.backward_seconds)))
            .longs("lower_bound_time_ms", once(milliseconds(record.lower_bound_seconds)))
            .longs("communication_time_ms", once(milliseconds(record.communication_seconds)))
            .longs("idle_time_ms", once(milliseconds(record.idle_seconds)))
            .longs("total_time_ms", once(milliseconds(record.total_seconds)))
            .longs("lp_solves", once(record.lp_solves as i64))
            .id("scenarios_processed", record.n_trajectories as i32);
        file.end()?;
    }
    file.publish()
}
