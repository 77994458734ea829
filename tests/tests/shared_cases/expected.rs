use std::path::Path;

use serde_json::Value;

/// What an expected bound is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The exact optimum: to be met, and never exceeded on the way.
    Optimum,
    /// The exact optimum of a study whose bound may stay below.
    NotAbove,
    /// A bound after so many iterations, from another program.
    AfterIterations,
}

/// The known bound of a case.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    pub(super) name: String,
    pub(super) lower_bound: f64,
    pub(super) rel_tol: f64,
    pub(super) kind: Kind,
    pub(super) iterations: u32,
    pub(super) forward_passes: usize,
}

/// Reads `expected.json`, by name of the case.
pub(super) fn read_expected(folder: &Path) -> Vec<Expected> {
    let path = folder.join("expected.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let json: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut all: Vec<Expected> =
        json.as_object().expect("an object of cases").iter().map(|(name, entry)| read_entry(name, entry)).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn read_entry(name: &str, entry: &Value) -> Expected {
    let number = |key: &str| entry[key].as_f64().unwrap_or_else(|| panic!("{name}: no number {key}"));
    let count = |key: &str| entry[key].as_u64().unwrap_or_else(|| panic!("{name}: no count {key}"));
    Expected {
        name: name.to_owned(),
        lower_bound: number("lower_bound"),
        rel_tol: number("rel_tol"),
        kind: match entry["kind"].as_str() {
            Some("optimum") => Kind::Optimum,
            Some("not_above") => Kind::NotAbove,
            Some("after_iterations") => Kind::AfterIterations,
            other => panic!("{name}: unknown kind {other:?}"),
        },
        iterations: u32::try_from(count("iterations")).expect("a number of iterations"),
        forward_passes: usize::try_from(count("forward_passes")).expect("a number of trajectories"),
    }
}
