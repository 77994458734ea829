use std::sync::Arc;

use cobre_engine::system::System;
use serde::{Deserialize, Serialize};

use super::OutputError;
use super::claim::Claim;
use super::ledger::Ledger;
use super::options::ResultOptions;
use super::ownership::Ownership;
use super::parquet_file::Origin;
use super::run_folder::RunFolder;
use super::run_name::run_folder;
use super::simulation::{SimulationParquetWriter, SimulationSink, Turn};
use crate::store::Store;

/// What the ranks beside the first need to write their buckets of scenarios into a run. The first rank owns the run and
/// commits what they have written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunShare {
    pub(super) run: u32,
    /// The claim of the first rank.
    pub(super) claim: Claim,
    pub(super) origin: Origin,
    pub(super) simulation_hash: String,
    /// Buckets that earlier attempts have committed.
    pub(super) n_earlier: usize,
}

impl RunShare {
    /// The writer of the simulation tables of a rank, on a thread of its own. It writes files and no record: their
    /// records are in its reports.
    ///
    /// # Errors
    /// [`OutputError::SchemaError`] when the options do not fit the tables or the system, [`OutputError::IoError`] when
    /// the thread cannot be started.
    pub fn simulation_sink(
        &self,
        store: &Store,
        system: &System,
        options: &ResultOptions,
        turn: Turn,
    ) -> Result<SimulationSink, OutputError> {
        let folder = RunFolder {
            store: store.clone(),
            origin: self.origin.clone(),
            ledger: Ledger::default(),
            relative: run_folder(self.run),
            attempt: self.claim.attempt,
            simulation_hash: self.simulation_hash.clone(),
            ownership: Arc::new(Ownership::of_first_rank(store, self.claim.clone(), self.run)),
        };
        let writer =
            SimulationParquetWriter::new(folder.into(), system, options)?.after(self.n_earlier).in_turn(turn)?;
        SimulationSink::start(writer)
    }
}
