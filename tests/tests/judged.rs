//! Optima of the dual simplex, in trainings of the cases of this repository, of the shared ones and of generated systems,
//! judged by HiGHS.
//!
//! `COBRE_JUDGED` says how many are judged; 20,000 where it does not, a million in the long tier. What is drawn depends on
//! that number alone.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cobre_data::case::read_case;
use cobre_engine::Study;
use cobre_engine::sddp::{Control, IterationRecord, TrainingError, TrainingSnapshot, TrainingStart, train};
use cobre_engine::test_models::{Judge, Verdicts};

use crate::setting::{control, dataset, root, shared_cases, training, virtual_environment};

/// Trainings of a case get twice as long each time, up to 2⁵ times.
const FIRST_ITERATIONS: u32 = 16;
const MOST_DOUBLINGS: u32 = 5;
const FORWARD_PASSES: usize = 4;

/// Cases of this repository, and how large a part of all problems each of them gives. A million of them is enough for pools
/// that are searched in trees.
const OWN: [(&str, f64); 3] = [("toy", 1.0), ("four-reservoirs", 4.0), ("four-reservoirs-60", 4.0)];
/// Arguments of the generator, the part, and how many problems there are to one that is judged.
const GENERATED: [(&str, f64, u64); 7] = [
    ("--plants 10 --cascades 3 --thermals 12 --stages 12 --openings 10", 2.0, 5),
    ("--plants 10 --cascades 3 --thermals 12 --stages 12 --openings 10 --ar-order 6", 2.0, 5),
    ("--plants 40 --cascades 8 --thermals 30 --stages 12 --openings 10", 0.2, 7),
    ("--plants 40 --cascades 8 --thermals 30 --stages 12 --openings 10 --ar-order 6", 0.2, 7),
    ("--plants 160 --cascades 20 --thermals 100 --stages 6 --openings 5 --ar-order 6", 0.01, 17),
    // Many blocks of equal prices, whose steps gain nothing; and many rows, whose bases are factored.
    ("--plants 160 --cascades 20 --thermals 100 --blocks 12 --stages 4 --openings 5 --ar-order 6", 0.05, 3),
    ("--plants 160 --cascades 20 --thermals 100 --min-outflow 0.15 --stages 4 --openings 5 --ar-order 6", 0.1, 3),
];

/// A case that problems are drawn from.
struct Source {
    name: String,
    study: Study,
    part: f64,
    every: u64,
}

impl Source {
    /// None where the case needs what is not modelled.
    fn read(name: &str, folder: &Path, part: f64, every: u64) -> Option<Self> {
        let study = read_case(folder).ok()?.study;
        // What knows no chance gives the same few problems again and again: they are judged all, once.
        let is_random = (0..study.system.n_stages()).any(|t| study.openings.n_openings(t) > 1);
        let (part, every) = if is_random { (part, every) } else { (0.0, 1) };
        Some(Self { name: name.to_owned(), study, part, every })
    }

    /// Trains until `wanted` problems are judged, each time with another seed and for longer; once where none are wanted.
    fn judge(&self, wanted: u64) -> (Verdicts, u64) {
        let judge = Arc::new(Judge::new(self.every));
        let make_solver = || judge.solver();
        let is_enough = || wanted > 0 && judge.verdicts().n_judged >= wanted;
        let control = Control { make_solver: &make_solver, stop_requested: &is_enough, ..control(1) };
        let mut n_recovered = 0;
        let mut count = |record: &IterationRecord, _: &TrainingSnapshot<'_>| -> Result<(), Infallible> {
            n_recovered += record.solver.iter().map(|(_, _, work)| work.retries).sum::<u64>();
            Ok(())
        };
        for round in 0.. {
            let options = training(FIRST_ITERATIONS << round.min(MOST_DOUBLINGS), FORWARD_PASSES, u64::from(round));
            train(&self.study, &options, control, TrainingStart::Fresh, &mut count)
                .map_err(TrainingError::into_engine)
                .unwrap_or_else(|error| panic!("{}: {error}", self.name));
            if wanted == 0 || is_enough() {
                break;
            }
        }
        (judge.verdicts(), n_recovered)
    }
}

fn generate(arguments: &str, folder: &Path) -> PathBuf {
    let case = folder.join(arguments.replace("--", "").replace(' ', "-"));
    let output = Command::new(virtual_environment().join("bin/python"))
        .arg(root().join("datasets/generate_system.py"))
        .args(arguments.split(' '))
        .arg("--output")
        .arg(&case)
        .output()
        .expect("the Python environment of the tests is in place: ./dev setup");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    case
}

/// All cases that can be read, those that take longest first.
fn sources(folder: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    for (arguments, part, every) in GENERATED.into_iter().rev() {
        let case = generate(arguments, folder);
        sources.push(Source::read(arguments, &case, part, every).expect("a generated case can be read"));
    }
    for (name, part) in OWN.into_iter().rev() {
        sources.push(Source::read(name, &dataset(name), part, 5).expect("a case of this repository can be read"));
    }
    if let Some(shared) = shared_cases() {
        let entries = std::fs::read_dir(shared).expect("the shared cases can be listed");
        let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        folders.retain(|path| path.is_dir());
        folders.sort();
        let names = folders.iter().map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        let part_of = |name: &str| if name == "4ree" { 4.0 } else { 0.5 };
        let found: Vec<Source> =
            names.zip(&folders).filter_map(|(name, path)| Source::read(&name, path, part_of(&name), 5)).collect();
        assert!(found.len() >= 24, "only {} of the shared cases can be read", found.len());
        sources.extend(found);
    }
    sources
}

#[test]
fn optima_in_trainings_of_cases_are_those_of_highs() {
    let wanted: u64 = std::env::var("COBRE_JUDGED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sources = sources(folder.path());
    let parts: f64 = sources.iter().map(|source| source.part).sum();
    let next = AtomicUsize::new(0);
    let verdicts = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(source) = sources.get(i) else { break };
                    let found = source.judge((wanted as f64 * source.part / parts).ceil() as u64);
                    verdicts.lock().expect("no judge panics with the list in hand").push((i, found));
                }
            });
        }
    });
    let mut verdicts = verdicts.into_inner().expect("no judge panics with the list in hand");
    verdicts.sort_by_key(|&(i, _)| i);
    let mut table = format!("{:>9} {:>9} {:>7} {:>9} {:>9}\n", "problems", "judged", "unsure", "objective", "bound");
    for (i, (found, n_recovered)) in &verdicts {
        let Verdicts { n_problems, n_judged, n_unsure, worst_objective, worst_bound, .. } = found;
        let name = &sources[*i].name;
        assert!(n_recovered * 1000 <= *n_problems, "{n_recovered} of {n_problems} problems of {name} needed recovery");
        _ = writeln!(
            table,
            "{n_problems:>9} {n_judged:>9} {n_unsure:>7} {worst_objective:>9.1e} {worst_bound:>9.1e} {name}"
        );
    }
    let sum = |of: fn(&(Verdicts, u64)) -> u64| verdicts.iter().map(|(_, found)| of(found)).sum::<u64>();
    let (n_problems, n_judged) = (sum(|found| found.0.n_problems), sum(|found| found.0.n_judged));
    let (n_unsure, n_recovered) = (sum(|found| found.0.n_unsure), sum(|found| found.1));
    println!("{table}{n_judged} of {n_problems} problems judged; {n_recovered} needed recovery");
    assert!(n_judged >= wanted, "only {n_judged} problems were judged");
    assert!(n_unsure * 1000 <= n_judged, "HiGHS could not prove its own optimum of {n_unsure} problems");
    assert!(n_recovered * 1000 <= n_problems, "{n_recovered} of {n_problems} problems needed recovery");
}
