//! Which crate may depend on which.

use super::tree::cargo;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Every crate of the workspace and the crates of ours it may name, as a dependency of any kind.
const ARROWS: &[(&str, &[&str])] = &[
    ("cobre-engine", &[]),
    ("cobre-data", &["cobre-engine"]),
    ("cobre-polars", &["cobre-data"]),
    ("cobre-sql", &["cobre-data", "cobre-engine"]),
    ("cobre-cli", &["cobre-data", "cobre-engine", "cobre-sql"]),
    ("py-cobre", &["cobre-data", "cobre-engine", "cobre-polars", "cobre-sql"]),
    ("cobre-tests", &["cobre-cli", "cobre-data", "cobre-engine", "cobre-sql"]),
];

/// What `cargo test -p cobre-engine` must never have to compile.
const NOT_IN_THE_ENGINE: &[&str] =
    &["arrow", "parquet", "polars", "datafusion", "pyo3", "object_store", "tokio", "cobre-data", "cobre-cli"];

/// The workspace's crates with the crates of ours each names.
fn workspace_dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let text = cargo(&["metadata", "--format-version", "1", "--no-deps", "--locked"]);
    let metadata: Value = serde_json::from_str(&text).expect("cargo metadata prints JSON");
    let packages = metadata["packages"].as_array().expect("cargo metadata has packages");
    let name = |value: &Value| value["name"].as_str().expect("a package has a name").to_owned();
    let ours: BTreeSet<String> = packages.iter().map(name).collect();
    let named = |package: &Value| -> BTreeSet<String> {
        let dependencies = package["dependencies"].as_array().expect("a package lists its dependencies");
        dependencies.iter().map(name).filter(|dependency| ours.contains(dependency)).collect()
    };
    packages.iter().map(|package| (name(package), named(package))).collect()
}

#[test]
fn crates_depend_along_the_arrows_only() {
    let mut wrong = Vec::new();
    for (package, dependencies) in workspace_dependencies() {
        let Some(&(_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package) else {
            wrong.push(format!("{package} has no rule: say here what it may depend on"));
            continue;
        };
        for dependency in dependencies {
            if !allowed.contains(&dependency.as_str()) {
                wrong.push(format!("{package} must not depend on {dependency}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_names_a_crate_that_exists() {
    let packages = workspace_dependencies();
    for (name, _) in ARROWS {
        assert!(packages.contains_key(*name), "there is a rule for {name}, but no such crate");
    }
}

#[test]
fn the_engine_compiles_without_the_data_world() {
    let listed =
        cargo(&["tree", "-p", "cobre-engine", "--edges", "all", "--all-features", "--prefix", "none", "--locked"]);
    let found: BTreeSet<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(found.contains("cobre-engine"), "cargo tree lists no engine:\n{listed}");
    let wrong: Vec<&str> = found
        .into_iter()
        .filter(|name| NOT_IN_THE_ENGINE.iter().any(|stem| name == stem || name.starts_with(&format!("{stem}-"))))
        .collect();
    assert!(wrong.is_empty(), "cobre-engine pulls in {}", wrong.join(", "));
}
