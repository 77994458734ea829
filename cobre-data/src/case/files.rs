//! The files of a case: which there are, which must be there, and their content.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::CaseError;
use super::cursor::did_you_mean;
use super::finding::{Finding, Place, Report};
use super::json::Json;
use super::keys::{Shape, refused};
use super::source::Source;

/// Largest file that is read (bytes).
pub(super) const MAX_BYTES: u64 = 1 << 30;
/// Folders a case is made of, the case itself first.
const FOLDERS: [&str; 4] = ["", "system", "scenarios", "constraints"];
/// Folder that may be beside the files of a case and is not looked at.
const RESULTS: &str = "output";
/// Extensions of files that accompany a case: notes and the programs that make it.
const COMPANIONS: [&str; 2] = ["md", "py"];
/// Results that a case is known to have, beside it for tests.
const EXPECTED: &str = "expected.json";

/// What a file is to this reader.
#[derive(Clone, Copy)]
pub(super) enum Role {
    /// Must be there.
    Required,
    /// May be there.
    Optional,
    /// A registry of something that is not supported; may be there when it is empty.
    RefusedJson(&'static Shape),
    /// A table of something that is not supported; may be there when it has no rows.
    RefusedTable(&'static str),
    /// Without effect; a warning says so.
    NoEffect(&'static str),
    /// Gone from the format.
    Retired(&'static str),
}

/// Every file of the format.
pub(super) static FILES: &[(&str, Role)] = &[
    ("config.json", Role::Required),
    ("penalties.json", Role::Required),
    ("stages.json", Role::Required),
    ("initial_conditions.json", Role::Required),
    ("post_study_stages.json", Role::RefusedJson(&refused::POST_STUDY)),
    ("system/buses.json", Role::Required),
    ("system/lines.json", Role::Required),
    ("system/hydros.json", Role::Required),
    ("system/thermals.json", Role::Required),
    ("system/non_controllable_sources.json", Role::RefusedJson(&refused::SOURCES)),
    ("system/pumping_stations.json", Role::RefusedJson(&refused::PUMPING)),
    ("system/energy_contracts.json", Role::RefusedJson(&refused::CONTRACTS)),
    ("system/hydro_production_models.json", Role::Optional),
    ("system/hydro_energy_productivity.parquet", Role::Optional),
    ("system/hydro_geometry.parquet", Role::NoEffect("only head-dependent production and evaporation would use it")),
    ("system/fpha_hyperplanes.parquet", Role::NoEffect("only the piecewise-linear production function would use it")),
    ("system/tailrace_curves.parquet", Role::NoEffect("only head-dependent production would use it")),
    ("system/scalar_parameters.json", Role::Retired("moved to constraints/generic_parameters.json")),
    ("scenarios/inflow_seasonal_stats.parquet", Role::Optional),
    ("scenarios/inflow_ar_coefficients.parquet", Role::Optional),
    ("scenarios/inflow_annual_component.parquet", Role::RefusedTable("unsupported.annual_component")),
    ("scenarios/inflow_history.parquet", Role::Optional),
    ("scenarios/load_seasonal_stats.parquet", Role::Optional),
    ("scenarios/load_factors.json", Role::Optional),
    ("scenarios/non_controllable_stats.parquet", Role::RefusedTable("unsupported.non_controllable_sources")),
    ("scenarios/non_controllable_factors.json", Role::RefusedJson(&refused::SOURCE_FACTORS)),
    ("scenarios/correlation.json", Role::Optional),
    ("scenarios/external_inflow_scenarios.parquet", Role::RefusedTable("unsupported.external_scenarios")),
    ("scenarios/external_load_scenarios.parquet", Role::RefusedTable("unsupported.external_scenarios")),
    ("scenarios/external_ncs_scenarios.parquet", Role::RefusedTable("unsupported.external_scenarios")),
    ("scenarios/noise_openings.parquet", Role::Optional),
    ("constraints/thermal_bounds.parquet", Role::Optional),
    ("constraints/hydro_bounds.parquet", Role::Optional),
    ("constraints/line_bounds.parquet", Role::Optional),
    ("constraints/pumping_bounds.parquet", Role::RefusedTable("unsupported.pumping")),
    ("constraints/contract_bounds.parquet", Role::RefusedTable("unsupported.contracts")),
    ("constraints/ncs_bounds.parquet", Role::RefusedTable("unsupported.non_controllable_sources")),
    ("constraints/hydro_unit_group_bounds.parquet", Role::RefusedTable("unsupported.unit_group_bounds")),
    ("constraints/generic_constraints.json", Role::RefusedJson(&refused::GENERIC_CONSTRAINTS)),
    ("constraints/generic_constraint_bounds.parquet", Role::RefusedTable("unsupported.generic_constraints")),
    ("constraints/generic_parameters.json", Role::RefusedJson(&refused::GENERIC_PARAMETERS)),
    ("constraints/penalty_overrides_bus.parquet", Role::Optional),
    ("constraints/penalty_overrides_line.parquet", Role::Optional),
    ("constraints/penalty_overrides_hydro.parquet", Role::Optional),
    ("constraints/penalty_overrides_ncs.parquet", Role::RefusedTable("unsupported.non_controllable_sources")),
    (
        "constraints/exchange_factors.json",
        Role::Retired("give absolute MW per block in constraints/line_bounds.parquet"),
    ),
];

/// The content of the files of a case.
pub(super) struct CaseFiles {
    contents: BTreeMap<&'static str, Bytes>,
}

impl CaseFiles {
    /// Reads all files of the format; reports what is missing, retired or unknown.
    ///
    /// # Errors
    /// [`CaseError::Io`] when the case or a file of it cannot be read.
    pub(super) fn read(source: &impl Source, report: &Report) -> Result<Self, CaseError> {
        let mut contents = BTreeMap::new();
        for (path, bytes) in list(source)? {
            let place = Place::file(&path);
            match FILES.iter().find(|file| file.0 == path) {
                None => report_unknown(&path, report),
                Some((_, Role::Retired(hint))) => {
                    let message = "the file has left the format";
                    report.push(Finding::error("structural.1", &place, message).hint(*hint));
                }
                Some((known, _)) if bytes > MAX_BYTES => {
                    let message = format!("the file is larger than {MAX_BYTES} bytes");
                    report.push(Finding::error("structural.file_too_large", &place, message).value(bytes));
                    contents.insert(*known, None);
                }
                Some((known, _)) => {
                    contents.insert(*known, Some(source.read(known)?));
                }
            }
        }
        for (path, role) in FILES {
            if matches!(role, Role::Required) && !contents.contains_key(path) {
                report.error("structural.2", &Place::file(path), "the file is required and missing");
            }
        }
        Ok(Self { contents: contents.into_iter().filter_map(|(path, bytes)| Some((path, bytes?))).collect() })
    }

    /// One file of the format alone.
    pub(super) fn single(path: &'static str, content: Bytes) -> Self {
        Self { contents: BTreeMap::from([(path, content)]) }
    }

    /// The content of a file.
    pub(super) fn bytes(&self, path: &str) -> Option<&[u8]> {
        self.contents.get(path).map(Bytes::as_ref)
    }

    /// The JSON tree of a file, if it is there; a file that is no JSON is reported.
    pub(super) fn json(&self, path: &str, report: &Report) -> Option<Json> {
        match serde_json::from_slice(self.bytes(path)?) {
            Ok(json) => Some(json),
            Err(error) => {
                let message = format!("not valid JSON at line {}, column {}: {error}", error.line(), error.column());
                report.error("structural.parse", &Place::file(path), message);
                None
            }
        }
    }

    /// SHA-256 over path and content of all files, in order of path, as hexadecimal digits.
    pub(super) fn hash(&self) -> String {
        self.hash_with(|_| true, &[])
    }

    /// The same over the files that `is_included` names, and more parts after them, each with a name.
    pub(super) fn hash_with(&self, is_included: impl Fn(&str) -> bool, parts: &[(&str, &[u8])]) -> String {
        let files = self.contents.iter().map(|(path, content)| (*path, content.as_ref()));
        let files = files.filter(|file| is_included(file.0));
        let mut hasher = Sha256::new();
        for (name, content) in files.chain(parts.iter().copied()) {
            for part in [name.as_bytes(), content] {
                hasher.update((part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
        hasher.finalize().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// Paths and sizes of the files in the folders of a case, in order; other folders have a trailing slash and no size.
pub(super) fn list(source: &impl Source) -> Result<BTreeMap<String, u64>, CaseError> {
    let mut paths = BTreeMap::new();
    for folder in FOLDERS {
        let path_of = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let listing = source.list(folder)?;
        for (name, bytes) in listing.files {
            let path = path_of(&name);
            if !is_companion(&name) && path != EXPECTED {
                paths.insert(path, bytes);
            }
        }
        for name in listing.folders {
            let is_known = folder.is_empty() && (FOLDERS.contains(&name.as_str()) || name == RESULTS);
            if !is_companion(&name) && !is_known {
                paths.insert(format!("{}/", path_of(&name)), 0);
            }
        }
    }
    Ok(paths)
}

/// Whether a file or folder of this name accompanies a case and is passed over.
fn is_companion(name: &str) -> bool {
    let extension = Path::new(name).extension();
    name.starts_with('.') || extension.is_some_and(|extension| COMPANIONS.iter().any(|known| extension == *known))
}

fn report_unknown(path: &str, report: &Report) {
    let known: Vec<&str> = FILES.iter().map(|file| file.0).collect();
    let what = if path.ends_with('/') { "folder" } else { "file" };
    let message = format!("the {what} is not part of the format and is not read");
    let finding = Finding::warning("structural.unknown_file", &Place::file(path), message);
    report.push(finding.hint(did_you_mean(path, &known)));
}
