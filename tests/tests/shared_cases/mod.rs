//! Trained bounds against known ones: the cases beside the repository, with `expected.json`.

mod expected;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cobre_data::case::{CaseError, read_case};

use crate::setting::{case, shared_cases, train_recording, training, training_seed};
use expected::{Expected, Kind, read_expected};

/// Cases that need what is not modelled, with the code they are refused with.
const REFUSED: &[(&str, &str)] = &[
    ("d05-fpha-constant-head", "unsupported.fpha"),
    ("d06-fpha-variable-head", "unsupported.fpha"),
    ("d07-fpha-computed", "unsupported.fpha"),
    ("d08-evaporation", "unsupported.evaporation"),
    ("d13-generic-constraint", "unsupported.generic_constraints"),
    ("d15-non-controllable-source", "unsupported.non_controllable_sources"),
];

/// How far a bound may exceed an optimum, relative: what is left to rounding.
const ABOVE: f64 = 1e-8;

/// What training one case gave.
struct Verdict {
    name: String,
    row: String,
    faults: Vec<String>,
}

#[test]
fn bounds_of_the_shared_cases_are_met() {
    let Some(folder) = shared_cases() else { return };
    let expected = read_expected(&folder);
    let mut in_scope: Vec<&Expected> =
        expected.iter().filter(|case| REFUSED.iter().all(|(name, _)| *name != case.name)).collect();
    assert!(in_scope.len() >= 24, "only {} cases in scope", in_scope.len());
    // The longest first, so that two workers end at about the same time.
    in_scope.sort_by_key(|case| std::cmp::Reverse(u64::from(case.iterations) * case.forward_passes as u64));
    let next = AtomicUsize::new(0);
    let verdicts = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = in_scope.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let verdict = judge(&folder, case);
                    verdicts.lock().expect("no worker panics with the list in hand").push(verdict);
                }
            });
        }
    });
    let mut verdicts = verdicts.into_inner().expect("no worker panics with the list in hand");
    verdicts.sort_by(|a, b| a.name.cmp(&b.name));
    let mut table = format!(
        "{:<28} {:>22} {:>22} {:>11} {:>10}\n",
        "case", "expected ($)", "found ($)", "difference", "iterations"
    );
    for verdict in &verdicts {
        table.push_str(&verdict.row);
    }
    println!("{table}");
    assert_eq!(verdicts.len(), in_scope.len(), "a case was not judged:\n{table}");
    let faults: Vec<&str> = verdicts.iter().flat_map(|verdict| &verdict.faults).map(String::as_str).collect();
    assert!(faults.is_empty(), "{}\n\n{table}", faults.join("\n"));
}

fn judge(folder: &Path, expected: &Expected) -> Verdict {
    let name = &expected.name;
    let case = case(&folder.join(name));
    let options = training(expected.iterations, expected.forward_passes, training_seed(&case));
    let (result, records) = train_recording(&case.study, &options, 1);
    let bounds: Vec<f64> = records.iter().map(|record| record.lower_bound).collect();
    let difference = (result.lower_bound - expected.lower_bound) / expected.lower_bound.abs();
    let mut row = String::new();
    let _ = writeln!(
        row,
        "{name:<28} {:>22.6} {:>22.6} {difference:>11.2e} {:>10}",
        expected.lower_bound, result.lower_bound, result.iterations
    );
    if expected.kind == Kind::NotAbove {
        let _ = writeln!(row, "{:<28} lies {:.3} % below the optimum, as it may", "", -100.0 * difference);
    }
    Verdict { name: name.clone(), row, faults: faults(expected, &bounds) }
}

/// What is wrong with the bounds of the iterations of a case.
fn faults(expected: &Expected, bounds: &[f64]) -> Vec<String> {
    let Expected { name, lower_bound: value, rel_tol, kind, .. } = expected;
    let mut faults = Vec::new();
    let Some(&last) = bounds.last() else { return vec![format!("{name}: no iteration was made")] };
    for (i, pair) in bounds.windows(2).enumerate() {
        if pair[1] < pair[0] - ABOVE * pair[0].abs() {
            faults.push(format!("{name}: the bound fell from {} to {} in iteration {}", pair[0], pair[1], i + 2));
        }
    }
    if *kind != Kind::AfterIterations {
        let above = bounds.iter().position(|bound| *bound > value + ABOVE * value.abs());
        if let Some(i) = above {
            faults.push(format!("{name}: the bound {} of iteration {} exceeds {value}", bounds[i], i + 1));
        }
    }
    let off = (last - value).abs() / value.abs();
    if *kind != Kind::NotAbove && (off.is_nan() || off > *rel_tol) {
        faults.push(format!("{name}: found {last}, expected {value} within {rel_tol:e}, off by {off:e}"));
    }
    faults
}

#[test]
fn cases_out_of_scope_are_refused_by_name() {
    let Some(folder) = shared_cases() else { return };
    for (name, code) in REFUSED {
        match read_case(&folder.join(name)) {
            Err(CaseError::Invalid { findings }) => {
                assert!(findings.iter().any(|finding| finding.code == *code), "{name}: {findings:#?}");
            }
            other => panic!("{name} must be refused with {code}: {other:?}"),
        }
    }
}

#[test]
fn bounds_that_miss_exceed_or_fall_are_found() {
    let expected = |kind| Expected {
        name: "case".to_owned(),
        lower_bound: 100.0,
        rel_tol: 1e-6,
        kind,
        iterations: 3,
        forward_passes: 1,
    };
    let found = |kind, bounds: &[f64]| faults(&expected(kind), bounds).len();
    assert_eq!(found(Kind::Optimum, &[90.0, 95.0, 100.0]), 0);
    assert_eq!(found(Kind::Optimum, &[90.0, 95.0, 99.9]), 1, "a bound that stays below");
    assert_eq!(found(Kind::Optimum, &[90.0, 100.000_01, 100.000_01]), 1, "a bound above, within tolerance at the end");
    assert_eq!(found(Kind::Optimum, &[96.0, 95.0, 100.0]), 1, "a bound that falls");
    assert_eq!(found(Kind::Optimum, &[f64::NAN]), 1, "a bound that is no number");
    assert_eq!(found(Kind::NotAbove, &[90.0]), 0);
    assert_eq!(found(Kind::NotAbove, &[100.1]), 1);
    assert_eq!(found(Kind::AfterIterations, &[100.000_01]), 0);
    assert_eq!(found(Kind::AfterIterations, &[101.0]), 1);
}
