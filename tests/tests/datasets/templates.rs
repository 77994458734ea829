//! `cobre init` writes the cases of this repository.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::program::cobre;
use crate::setting::dataset;

/// Files below `folder` by path, without those that only make or judge a case, and without results.
fn case_files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for part in ["", "system", "scenarios", "constraints"] {
        let Ok(entries) = std::fs::read_dir(folder.join(part)) else { continue };
        for path in entries.map(|entry| entry.expect("a readable folder").path()) {
            let name = path.file_name().expect("an entry has a name").to_string_lossy().into_owned();
            let is_python = path.extension().is_some_and(|extension| extension == "py");
            if path.is_dir() || name == "expected.json" || is_python {
                continue;
            }
            let content = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            files.insert(format!("{part}/{name}"), content);
        }
    }
    files
}

fn written_template(name: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    let case = root.path().join("case");
    let done = cobre(&["init", "--template", name, &case.display().to_string()]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.contains("cobre run"), "no next step in: {}", done.out);
    let (written, original) = (case_files(&case), case_files(&dataset(name)));
    assert!(original.len() >= 14, "only {} files of {name}", original.len());
    assert_eq!(written.keys().collect::<Vec<_>>(), original.keys().collect::<Vec<_>>());
    for (file, content) in &original {
        assert!(written[file] == *content, "{name}: {file} is not the file of the dataset");
    }
    root
}

fn validate_and_run(case: &Path) {
    let path = case.display().to_string();
    let checked = cobre(&["validate", &path]);
    assert_eq!(checked.code, Some(0), "{}", checked.err);
    assert!(checked.out.starts_with("valid:") && checked.out.contains(" 0 warnings"), "{}", checked.out);
    let done = cobre(&["run", &path]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(case.join("output/_meta/run-1.json").is_file(), "no manifest; {}", done.err);
}

#[test]
fn the_toy_template_is_the_dataset_and_runs() {
    let root = written_template("toy");
    validate_and_run(&root.path().join("case"));
}

#[test]
fn the_four_reservoirs_template_is_the_dataset_and_runs() {
    let root = written_template("four-reservoirs");
    let case = root.path().join("case");
    let config = case.join("config.json");
    let text = std::fs::read_to_string(&config).expect("the settings are there");
    let mut json: Value = serde_json::from_str(&text).expect("the settings are JSON");
    json["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 2}]);
    json["simulation"]["selection"]["num_scenarios"] = json!(8);
    std::fs::write(&config, json.to_string()).expect("the settings can be changed");
    validate_and_run(&case);
}

#[test]
fn a_folder_with_files_is_left_alone() {
    let root = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(root.path().join("notes.txt"), "mine").expect("a file can be written");
    let done = cobre(&["init", &root.path().display().to_string()]);
    assert_eq!(done.code, Some(2), "{}", done.err);
    assert!(done.err.contains("is not empty") && done.err.contains("hint:"), "{}", done.err);
    assert_eq!(std::fs::read_dir(root.path()).expect("the folder is there").count(), 1);
}

#[test]
fn an_unknown_template_is_an_error_that_names_the_known_ones() {
    let done = cobre(&["init", "--template", "none-such", "somewhere"]);
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert!(done.err.contains("toy") && done.err.contains("four-reservoirs"), "{}", done.err);
}
