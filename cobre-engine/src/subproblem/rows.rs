use super::builder::ModelBuilder;
use crate::system::System;

/// Positions of the balance rows of a stage problem.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    /// Water balance (hm³) per plant.
    pub(super) water: Vec<usize>,
    /// Energy balance (MW) per (bus, block), bus-major.
    pub(super) energy: Vec<usize>,
}

impl Rows {
    /// Adds the balance rows of stage `t`.
    pub(super) fn add(builder: &mut ModelBuilder, system: &System, t: usize) -> Self {
        let n_blocks = system.stages()[t].blocks.len();
        Self {
            water: (0..system.n_hydros()).map(|_| builder.add_row(0.0, 0.0)).collect(),
            energy: (0..system.buses().len() * n_blocks).map(|_| builder.add_row(0.0, 0.0)).collect(),
        }
    }
}
