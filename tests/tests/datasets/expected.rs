use std::path::Path;

use serde_json::{Value, json};

/// What running a case is known to give.
pub(super) struct Expected {
    /// Lower bound after the last iteration ($).
    pub(super) lower_bound: f64,
    /// How far the bound may lie off, relative.
    pub(super) rel_tol: f64,
    /// How far the simulated cost may lie off, relative.
    pub(super) simulated_rel_tol: f64,
    pub(super) iterations: u32,
    pub(super) forward_passes: usize,
    pub(super) n_scenarios: usize,
    /// Mean and sample standard deviation of the discounted cost of the scenarios ($).
    pub(super) simulated_mean: f64,
    pub(super) simulated_std: f64,
}

impl Expected {
    fn json(&self) -> Value {
        json!({
            "lower_bound": self.lower_bound,
            "rel_tol": self.rel_tol,
            "simulated_rel_tol": self.simulated_rel_tol,
            "iterations": self.iterations,
            "forward_passes": self.forward_passes,
            "n_scenarios": self.n_scenarios,
            "simulated_mean": self.simulated_mean,
            "simulated_std": self.simulated_std,
            "obtained": "by training and simulating this case with Cobre itself, seeds as in config.json; \
                         COBRE_BLESS=1 cargo test --workspace --test all -- datasets:: writes this file",
        })
    }
}

/// Compares with the file, or writes it when asked to by `COBRE_BLESS`.
pub(super) fn compare(path: &Path, found: &Expected) {
    if std::env::var_os("COBRE_BLESS").is_some() {
        let text = serde_json::to_string_pretty(&found.json()).expect("numbers are JSON");
        std::fs::write(path, text + "\n").unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let expected: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let found = found.json();
    for key in ["rel_tol", "simulated_rel_tol", "iterations", "forward_passes", "n_scenarios"] {
        assert_eq!(found[key], expected[key], "{}: {key}", path.display());
    }
    for (key, tolerance) in
        [("lower_bound", "rel_tol"), ("simulated_mean", "simulated_rel_tol"), ("simulated_std", "simulated_rel_tol")]
    {
        let tolerance = number(&expected, tolerance);
        let (found, expected) = (number(&found, key), number(&expected, key));
        let off = (found - expected).abs() / expected.abs();
        assert!(off <= tolerance, "{}: {key} is {found}, expected {expected} within {tolerance:e}", path.display());
    }
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or(f64::NAN)
}
