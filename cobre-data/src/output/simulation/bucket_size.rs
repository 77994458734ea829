use cobre_engine::system::System;

/// Rows that the largest table of a bucket should have about.
const BUCKET_ROWS: usize = 1 << 18;

/// Scenarios per bucket that suit a system: as many as keep the largest table near a quarter of a million rows, between 16 and 1024.
pub fn suitable_bucket_size(system: &System) -> usize {
    let n_blocks: usize = system.stages().iter().map(|stage| stage.blocks.len()).sum();
    let classes = [system.buses().len(), system.lines().len(), system.thermals().len(), system.n_hydros()];
    let rows = classes.into_iter().max().unwrap_or(0) * n_blocks;
    (BUCKET_ROWS / rows.max(1)).clamp(16, 1024)
}
