//! The shared cases: those in scope read without errors, the others are refused by name.

use std::path::{Path, PathBuf};

use cobre_data::case::{CaseError, Severity, read_case};

/// Codes that a case out of scope must be refused with.
const REFUSED: &[(&str, &[&str])] = &[
    ("d05-fpha-constant-head", &["unsupported.fpha"]),
    ("d06-fpha-variable-head", &["unsupported.fpha"]),
    ("d07-fpha-computed", &["unsupported.fpha"]),
    ("d08-evaporation", &["unsupported.evaporation"]),
    ("d13-generic-constraint", &["unsupported.generic_constraints"]),
    ("d15-non-controllable-source", &["unsupported.non_controllable_sources"]),
];

pub(crate) fn shared_cases() -> Option<PathBuf> {
    let root = std::env::var_os("COBRE_CASES")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases"), PathBuf::from);
    if root.is_dir() {
        return Some(root);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "the shared cases are missing: {}", root.display());
    println!("did not run: the shared cases are missing ({})", root.display());
    None
}

/// Names of the folders in a folder, sorted.
pub(crate) fn folders(root: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn the_datasets_of_this_repository_read_without_errors() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets");
    let cases: Vec<PathBuf> =
        folders(&root).iter().map(|name| root.join(name)).filter(|case| case.join("config.json").exists()).collect();
    assert!(cases.len() >= 3, "only {} cases in {}", cases.len(), root.display());
    for path in cases {
        let case = read_case(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let strays = case.warnings.iter().filter(|warning| warning.code == "structural.unknown_file");
        assert_eq!(strays.count(), 0, "{}: {:#?}", path.display(), case.warnings);
    }
}

#[test]
fn cases_in_scope_read_and_the_others_are_refused_by_name() {
    let Some(root) = shared_cases() else { return };
    let names = folders(&root);
    assert!(names.len() >= 30, "only {} shared cases", names.len());
    for name in &names {
        let result = read_case(&root.join(name));
        match REFUSED.iter().find(|refused| refused.0 == name) {
            None => {
                let case = result.unwrap_or_else(|error| panic!("{name}: {error}"));
                for warning in &case.warnings {
                    println!("{name}: {warning}");
                }
                assert_eq!(&case.name, name);
                assert_eq!(case.case_hash.len(), 64);
            }
            Some((_, codes)) => {
                let Err(CaseError::Invalid { findings }) = result else { panic!("{name} must be refused") };
                let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
                let mut found: Vec<&str> = errors.map(|finding| finding.code).collect();
                found.sort_unstable();
                found.dedup();
                assert_eq!(&found, codes, "{name}: {findings:#?}");
            }
        }
    }
}
