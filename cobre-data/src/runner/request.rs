use cobre_engine::sddp::{Control, IterationRecord, TrainingOptions, TrainingResult};

use crate::case::Case;
use crate::output::RunWriter;
use crate::store::{Store, StoreOptions};

/// What to run, and where to.
pub struct RunRequest<'a> {
    /// The case.
    pub case: &'a Case,
    /// Where the case was read from, for the record.
    pub case_path: String,
    /// Root of the outputs.
    pub store: &'a Store,
    /// Options of further stores: that of a policy elsewhere.
    pub store_options: &'a StoreOptions,
    /// Which run to begin or to resume.
    pub start: RunStart,
    /// Where the policy to start from is, if not where the case says: a URL, or a path relative to the root of the
    /// outputs.
    pub policy: Option<String>,
    /// The LP solver, for the record.
    pub solver: SolverIdentity,
    /// Threads, clock, solver, requests to stop.
    pub control: Control<'a>,
}

/// Which run to begin or to resume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStart {
    /// A new run with the next free number, or the one given.
    New {
        /// Number of the run.
        run: Option<u32>,
    },
    /// The newest run of the same study, or the one given: what is left of it if it was not completed, else a new run
    /// whose training goes on from its policy.
    Resume {
        /// Number of the run.
        run: Option<u32>,
        /// Whether a writer elsewhere that gives no sign of life may be succeeded.
        takeover: bool,
    },
}

/// Name and version of an LP solver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SolverIdentity {
    /// Name.
    pub name: String,
    /// Version, if it tells.
    pub version: Option<String>,
}

/// Sees a run while it happens.
pub trait RunEvents {
    /// The run is claimed; now it is computed.
    fn begun(&mut self, writer: &RunWriter);
    /// Something a person should know.
    fn note(&mut self, message: &str);
    /// Training starts after `iterations_done` iterations of before.
    fn training_starts(&mut self, options: &TrainingOptions, iterations_done: u32);
    /// An iteration has ended.
    fn iteration(&mut self, record: &IterationRecord);
    /// A checkpoint was committed.
    fn checkpoint(&mut self, iteration: u32);
    /// Training has ended.
    fn training_ends(&mut self, result: &TrainingResult);
    /// The simulation starts; `done` of `total` scenarios were simulated before.
    fn simulation_starts(&mut self, done: usize, total: usize);
    /// `done` of `total` scenarios are simulated.
    fn scenarios(&mut self, done: usize, total: usize);
}
