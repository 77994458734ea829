//! Reading case directories: every rule of the format that applies is checked, all findings come at once.
//!
//! `docs/case-keys.md` lists every key and what becomes of it.

mod assemble;
mod bounds;
mod buses;
mod codes;
mod config;
mod correlation;
mod cursor;
mod cut_selection;
pub(crate) mod date;
mod exports;
mod external;
mod files;
mod finding;
mod folder;
mod graph;
mod hydros;
mod inflow;
mod initial;
mod json;
mod keys;
mod lag_seeds;
mod lines;
mod load;
mod openings;
mod overrides;
mod penalties;
mod policy;
mod production;
mod range;
mod refusals;
mod registry;
mod seasons;
mod source;
mod stages;
mod study_hash;
mod table;
mod tables;
mod thermals;
mod unsupported;
mod windows;

use std::path::{Path, PathBuf};

use cobre_engine::Study;
use cobre_engine::sddp::{SimulationOptions, TrainingOptions};
use cobre_engine::solver::SolverChoice;
use cobre_engine::stochastic::{Correlation, InflowData};

pub use config::OpeningsSource;
pub use exports::Exports;
pub use external::{ExternalScenarios, ScenarioKind, read_external_scenarios};
pub use finding::{Finding, Severity};
pub use folder::CaseFolder;
pub use policy::{Checkpointing, PolicyMode, PolicyOptions};
pub use seasons::Season;

use crate::store::{Location, Store, StoreOptions};

use finding::Report;
use source::{LocalFolder, Source, StoreRoot, of_store};

/// A case, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Name of the case directory.
    pub name: String,
    /// The optimisation problem.
    pub study: Study,
    /// The solver that the case asks for.
    pub solver: SolverChoice,
    /// How to train a policy for it; `None`: the stored policy of [`Case::policy`] is simulated.
    pub training: Option<TrainingOptions>,
    /// How to simulate the policy, if the case asks for it.
    pub simulation: Option<SimulationOptions>,
    /// Which stored policy is read, and what training starts from.
    pub policy: PolicyOptions,
    /// When checkpoints are written during training, if at all.
    pub checkpointing: Option<Checkpointing>,
    /// What is written beside the policy, and how.
    pub exports: Exports,
    /// The declared seasons, by id; `Stage::season` is a position in this list.
    pub seasons: Vec<Season>,
    /// What the inflow model and the openings of the study were built from.
    pub stochastic: StochasticInputs,
    /// Where the openings come from.
    pub openings: OpeningsSource,
    /// Seed of generated openings.
    pub tree_seed: u64,
    /// What the reader should know about the case.
    pub warnings: Vec<Finding>,
    /// SHA-256 over path and content of all files of the case, as hexadecimal digits.
    pub case_hash: String,
    /// SHA-256 over all that decides the bits of training, as hexadecimal digits. Stopping rules, simulation, exports
    /// and policy are not part of it: two cases with the same hash can continue each other.
    pub study_hash: String,
}

/// The data that inflow model and openings are built from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StochasticInputs {
    /// Statistics and coefficients of the inflow.
    pub inflow: InflowData,
    /// Correlation of the noise; not applied where the openings come from a file.
    pub correlation: Correlation,
}

/// Why a case cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// The case breaks rules of the format.
    #[error("the case has {} errors{}", count_errors(findings), list(findings))]
    Invalid {
        /// Everything that was found, warnings included.
        findings: Vec<Finding>,
    },
    /// A file or folder cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A case in memory cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The cause, and what is left of the case.
        source: std::io::Error,
    },
    /// A case in memory cannot be changed, or looked at, so.
    #[error("{file}: {message}")]
    Edit {
        /// Path of the file, relative to the case.
        file: String,
        /// What stands against it.
        message: String,
    },
}

fn count_errors(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.severity == Severity::Error).count()
}

fn list(findings: &[Finding]) -> String {
    findings.iter().fold(String::new(), |text, finding| format!("{text}\n{finding}"))
}

/// Reads the case directory at `path`.
///
/// # Errors
/// [`CaseError::Invalid`] with all findings when the case breaks a rule or needs what is not supported;
/// [`CaseError::Io`] when a file cannot be read.
pub fn read_case(path: &Path) -> Result<Case, CaseError> {
    read(&LocalFolder::new(path), name(path))
}

/// Reads the case at the root of a store; `name` is what the case is called. Findings and hashes are those of
/// [`read_case`] for the same files.
///
/// # Errors
/// As [`read_case`]; [`CaseError::Io`] names the URL. A location without any file is not a case but an error of kind
/// [`NotFound`](std::io::ErrorKind::NotFound).
pub fn read_case_from(store: &Store, name: &str) -> Result<Case, CaseError> {
    read(&StoreRoot::new(store), name.to_owned())
}

/// Reads the case at a path or URL; its last component is the name of the case.
///
/// # Errors
/// As [`read_case_from`]; [`CaseError::Io`] when the store cannot be opened.
pub fn read_case_at(location: &Location, options: &StoreOptions) -> Result<Case, CaseError> {
    if let Some(path) = location.as_path() {
        return read_case(path);
    }
    read_case_from(&Store::open(location, options).map_err(of_store)?, &case_name(location))
}

/// What a case at a path or URL is called: the last component.
pub fn case_name(location: &Location) -> String {
    if let Some(path) = location.as_path() {
        return name(path);
    }
    let text = location.to_string();
    let below = text.split_once("://").map_or(text.as_str(), |(_, below)| below);
    below.rsplit('/').find(|part| !part.is_empty()).unwrap_or("case").to_owned()
}

fn read(source: &impl Source, name: String) -> Result<Case, CaseError> {
    let report = Report::default();
    let files = files::CaseFiles::read(source, &report)?;
    let assembled = assemble::assemble(&files, &report);
    let n_errors = report.n_errors();
    let findings = report.into_findings();
    match assembled {
        Some(parts) if n_errors == 0 => Ok(Case {
            name,
            study: parts.study,
            solver: parts.solver,
            training: parts.training,
            simulation: parts.simulation,
            policy: parts.policy,
            checkpointing: parts.checkpointing,
            exports: parts.exports,
            seasons: parts.seasons,
            stochastic: parts.stochastic,
            openings: parts.openings,
            tree_seed: parts.tree_seed,
            warnings: findings,
            case_hash: files.hash(),
            study_hash: parts.study_hash,
        }),
        _ => Err(CaseError::Invalid { findings }),
    }
}

/// The last component of the path, resolved where it has none (`.`).
fn name(path: &Path) -> String {
    let own = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    own(path).or_else(|| own(&path.canonicalize().ok()?)).unwrap_or_else(|| "case".to_owned())
}
