//! Crates that must exist once in the graph, at the version the code was written for.

use super::tree::read;

/// Crate and the version it is held at (a prefix, whole components). What the graph does not hold is not looked at.
const PINS: &[(&str, &str)] = &[
    ("arrow", "59.3"),
    ("parquet", "59.3"),
    ("arrow-flight", "59.3"),
    ("object_store", "0.13.2"),
    ("datafusion", "55.2"),
    ("polars", "0.55.2"),
    ("pyo3", "0.29"),
    ("numpy", "0.29"),
    ("pyo3-arrow", "0.19"),
    ("pyo3-polars", "0.28"),
    ("pyo3-async-runtimes", "0.29"),
    ("flatbuffers", "25.12.19"),
    ("highs-sys", "1.15"),
    ("mpi", "0.8.2"),
];

/// `(name, version)` of every package of a lock file.
fn packages(lock: &str) -> Vec<(&str, &str)> {
    let mut packages = Vec::new();
    let mut name = None;
    for line in lock.lines() {
        if let Some(found) = quoted(line, "name") {
            name = Some(found);
        } else if let Some(version) = quoted(line, "version") {
            packages.extend(name.take().map(|name| (name, version)));
        }
    }
    packages
}

/// The value of a line `key = "value"`.
fn quoted<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')
}

fn meets(version: &str, pin: &str) -> bool {
    version == pin || version.strip_prefix(pin).is_some_and(|rest| rest.starts_with('.'))
}

/// The rule `one_version_of_what_crosses_crates` checks: what is wrong with a lock file.
fn offences(lock: &str) -> Vec<String> {
    let packages = packages(lock);
    let mut wrong = Vec::new();
    for &(name, pin) in PINS {
        let versions: Vec<&str> =
            packages.iter().filter(|(package, _)| *package == name).map(|(_, version)| *version).collect();
        if versions.len() > 1 {
            wrong.push(format!("{name} is in the graph {} times: {}", versions.len(), versions.join(", ")));
        }
        for version in versions.iter().filter(|version| !meets(version, pin)) {
            wrong.push(format!("{name} is {version}, held at {pin}"));
        }
    }
    wrong
}

#[test]
fn one_version_of_what_crosses_crates() {
    let lock = read("Cargo.lock");
    let held: Vec<_> =
        packages(&lock).into_iter().filter(|(name, _)| PINS.iter().any(|(pinned, _)| pinned == name)).collect();
    for (name, version) in &held {
        println!("{name} {version}");
    }
    for needed in ["arrow", "parquet", "highs-sys"] {
        assert!(held.iter().any(|(name, _)| *name == needed), "{needed} is not in Cargo.lock");
    }
    let wrong = offences(&lock);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_second_version_and_a_wrong_version_are_found() {
    let entry = |name: &str, version: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n\n");
    assert!(offences(&entry("arrow", "59.3.2")).is_empty());
    assert_eq!(offences(&entry("arrow", "59.30.0")), ["arrow is 59.30.0, held at 59.3"]);
    let twice = entry("pyo3", "0.29.0") + &entry("pyo3", "0.29.1");
    assert_eq!(offences(&twice), ["pyo3 is in the graph 2 times: 0.29.0, 0.29.1"]);
}
