//! What a stage problem costs in training: microseconds, pivots and rounds of cuts per problem, by phase.
//!
//! `cargo bench -p cobre-data --bench training -- CASE [--solver highs] [--iterations N] [--threads N] [--scenarios N]`;
//! CASE defaults to `datasets/four-reservoirs`. Nothing is written.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Instant;

use cobre_data::case::read_case;
use cobre_engine::comm::Local;
use cobre_engine::sddp::{
    Control, IterationRecord, Phase, SolverStatistics, StoppingRule, TrainingSnapshot, TrainingStart, train,
};
use cobre_engine::solver::SolverChoice;

struct Arguments {
    case: PathBuf,
    solver: SolverChoice,
    iterations: Option<u32>,
    threads: usize,
}

fn arguments() -> Arguments {
    let mut parsed = Arguments {
        case: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/four-reservoirs")),
        solver: SolverChoice::default(),
        iterations: None,
        threads: 1,
    };
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("{word} needs a value"));
        match word.as_str() {
            "--solver" => {
                let name = value();
                parsed.solver = SolverChoice::from_name(&name).unwrap_or_else(|| panic!("no solver {name}"));
            }
            "--iterations" => parsed.iterations = Some(value().parse().expect("a number of iterations")),
            "--threads" => parsed.threads = value().parse().expect("a number of threads"),
            _ => parsed.case = PathBuf::from(word),
        }
    }
    parsed
}

/// CPU seconds of this process so far.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|field| field.parse::<f64>().ok()).unwrap_or(f64::NAN);
    (ticks(11) + ticks(12)) / 100.0
}

fn main() {
    let arguments = arguments();
    let case = read_case(&arguments.case).unwrap_or_else(|error| panic!("{}: {error}", arguments.case.display()));
    let mut options = case.training.clone().expect("the case trains");
    if let Some(limit) = arguments.iterations {
        options.stopping_rules = vec![StoppingRule::IterationLimit { limit }];
    }
    let started = Instant::now();
    let control = Control {
        n_threads: arguments.threads,
        make_solver: &|| arguments.solver.make(),
        clock: &|| started.elapsed().as_secs_f64(),
        stop_requested: &|| false,
        communicator: &Local,
    };
    let mut phases: Vec<(Phase, SolverStatistics)> =
        [Phase::Forward, Phase::Backward, Phase::LowerBound].map(|phase| (phase, SolverStatistics::default())).into();
    let mut last_tenth = (0u64, 0.0);
    let mut observer = |record: &IterationRecord, snapshot: &TrainingSnapshot<'_>| -> Result<(), Infallible> {
        for (phase, sum) in &mut phases {
            sum.add(&record.phase_statistics(*phase));
        }
        if snapshot.iteration().is_multiple_of(32) {
            last_tenth = (record.lp_solves, record.total_seconds);
        }
        Ok(())
    };
    let before = cpu_seconds();
    let result = train(&case.study, &options, control, TrainingStart::Fresh, &mut observer)
        .unwrap_or_else(|error| panic!("{error:?}"));
    let (wall, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - before);
    println!("{} with {}, {} threads", arguments.case.display(), arguments.solver.name(), arguments.threads);
    let mut all = SolverStatistics::default();
    for (phase, sum) in &phases {
        all.add(sum);
        line(phase.name(), sum);
    }
    line("all", &all);
    println!(
        "lower bound {:.7e} after {} iterations, {} cuts; {wall:.3} s, {cpu:.3} s CPU, {:.2} us CPU per problem; last {:.2} us",
        result.lower_bound,
        result.iterations,
        result.state.policy.n_cuts(),
        1e6 * cpu / all.lp_solves as f64,
        1e6 * last_tenth.1 / last_tenth.0 as f64,
    );
}

fn line(name: &str, sum: &SolverStatistics) {
    let per = |count: f64| count / sum.lp_solves as f64;
    println!(
        "{name:12} {:9} problems {:8.2} us {:7.2} steps {:6.2} rounds {:6.1} cut rows; {} needed recovery",
        sum.lp_solves,
        per(1e6 * sum.solve_seconds),
        per(sum.simplex_iterations as f64),
        per(sum.solver_calls as f64),
        per(sum.cut_rows as f64),
        sum.retries,
    );
}
