//! Cases read from a store: the same as from the disk.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use cobre_data::case::{Case, CaseError, read_case, read_case_at, read_case_from};
use cobre_data::store::{Location, Store, StoreOptions};
use serde_json::json;

use super::fixture::Fixture;

/// Copies all files below a folder into a store.
fn upload(folder: &Path, below: &str, store: &Store) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        if entry.path().is_dir() {
            upload(&entry.path(), &path, store);
        } else {
            assert!(store.put_new(&path, fs::read(entry.path()).unwrap()).unwrap());
        }
    }
}

fn read_from_memory(folder: &Path, name: &str) -> Result<Case, CaseError> {
    let store = Store::memory();
    upload(folder, "", &store);
    read_case_from(&store, name)
}

#[test]
fn every_dataset_reads_the_same_from_memory() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets");
    let mut n_cases = 0;
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.join("config.json").exists() {
            let expected = read_case(&path).unwrap();
            assert_eq!(read_from_memory(&path, &expected.name).unwrap(), expected, "{}", path.display());
            n_cases += 1;
        }
    }
    assert!(n_cases >= 3, "only {n_cases} cases");
}

#[test]
fn companions_strays_and_faults_are_reported_the_same() {
    let mut fixture = Fixture::new();
    for (name, content) in [
        ("README.md", "notes"),
        ("generate.py", "pass"),
        (".hidden", "x"),
        ("expected.json", "{}"),
        ("system/hydro.json", "{}"),
        ("system/notes.md", "notes"),
        ("constraints/exchange_factors.json", "{}"),
        ("penalties.json", "{"),
    ] {
        fixture.raw.insert(name.to_owned(), content.as_bytes().to_vec());
    }
    fixture.json.remove("system/lines.json");
    fixture.set("config.json", "/training/stopping_mode", json!("Any"));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("fixture");
    fixture.write(&path);
    for folder in ["output/run=1", "scenarios/old", "notes", ".git", "system/deep/deeper"] {
        fs::create_dir_all(path.join(folder)).unwrap();
        fs::write(path.join(folder).join("buses.json"), "{}").unwrap();
    }
    let on_disk = read_case(&path);
    let Err(CaseError::Invalid { findings: expected }) = on_disk else { panic!("{on_disk:?}") };
    let in_store = read_from_memory(&path, "fixture");
    let Err(CaseError::Invalid { findings }) = in_store else { panic!("{in_store:?}") };
    assert_eq!(findings, expected);
    let strays = findings.iter().filter(|finding| finding.code == "structural.unknown_file");
    let strays: Vec<&str> = strays.map(|finding| finding.file.as_str()).collect();
    assert_eq!(strays, ["notes/", "scenarios/old/", "system/deep/", "system/hydro.json"]);
}

#[test]
fn objects_that_mark_folders_are_no_files_of_the_case() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("fixture");
    Fixture::new().write(&path);
    let expected = read_case(&path).unwrap();
    let store = Store::memory();
    upload(&path, "", &store);
    for marker in ["system", "scenarios", "output"] {
        assert!(store.put_new(marker, Vec::new()).unwrap());
    }
    store.put_new("output/run=1/part-0.parquet", vec![1]).unwrap();
    assert_eq!(read_case_from(&store, "fixture").unwrap(), expected);
}

#[test]
fn a_location_names_the_case() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("fixture");
    Fixture::new().write(&path);
    let expected = read_case(&path).unwrap();
    let options = StoreOptions::default();
    let location = Location::parse("memory://case-reader/studies/fixture/").unwrap();
    upload(&path, "", &Store::open(&location, &options).unwrap());
    assert_eq!(read_case_at(&location, &options).unwrap(), expected);
    assert_eq!(read_case_at(&Location::from(path.as_path()), &options).unwrap(), expected);
    let url = format!("file://{}", path.display());
    assert_eq!(read_case_at(&Location::parse(&url).unwrap(), &options).unwrap(), expected);
    let store = Store::open_path(&path).unwrap();
    assert_eq!(read_case_from(&store, "fixture").unwrap(), expected);
}

#[test]
fn a_location_without_files_is_an_error_that_names_it() {
    let location = Location::parse("memory://case-reader/nothing/here").unwrap();
    let error = read_case_at(&location, &StoreOptions::default()).unwrap_err();
    assert!(error.to_string().contains("memory://case-reader/nothing/here"), "{error}");
    let CaseError::Io { source, .. } = error else { panic!("{error}") };
    assert_eq!(source.kind(), ErrorKind::NotFound);
    let missing = Store::open_path(Path::new("no/such/case")).unwrap();
    let error = read_case_from(&missing, "case").unwrap_err();
    assert!(matches!(error, CaseError::Io { source, .. } if source.kind() == ErrorKind::NotFound));
}
