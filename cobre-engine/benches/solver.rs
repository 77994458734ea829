//! Microseconds of a load with its first solve, and of a hot re-solve, on random stage problems.
//!
//! `cargo bench -p cobre-engine --bench solver`; a chain is a load from the basis of the trial point before it, then
//! ten openings sorted by inflow. Medians over all chains: a busy machine interrupts some solves, not half of them.

use cobre_engine::solver::{Basis, Highs, LpSolver, LpStatus, highs_version};
use cobre_engine::test_models::{RandomLp, RandomLpSize};
use std::time::{Duration, Instant};

const N_OPENINGS: u64 = 10;
const N_CHAINS: u64 = 400;

/// What the chains of one problem took.
struct Measured {
    first: Vec<Duration>,
    hot: Vec<Duration>,
    hot_iterations: u64,
}

fn run_chains(solver: &mut Highs, lp: &RandomLp) -> Measured {
    let mut measured = Measured { first: Vec::new(), hot: Vec::new(), hot_iterations: 0 };
    let mut basis: Option<Basis> = None;
    for trial_point in 0..N_CHAINS {
        let mut openings: Vec<Vec<f64>> = (0..N_OPENINGS).map(|opening| lp.rhs(trial_point, opening)).collect();
        let water = |rhs: &Vec<f64>| rhs[..lp.model.state_columns.len()].iter().sum::<f64>();
        openings.sort_by(|a, b| water(a).total_cmp(&water(b)));
        for (place, rhs) in openings.iter().enumerate() {
            let start = Instant::now();
            if place == 0 {
                solver.load(&lp.model, &lp.cuts, basis.as_ref());
            }
            let status = solver.solve(rhs, &lp.cut_rhs);
            let elapsed = start.elapsed();
            assert_eq!(status, LpStatus::Optimal, "trial point {trial_point}, opening {place}");
            if place == 0 {
                measured.first.push(elapsed);
            } else {
                measured.hot.push(elapsed);
                measured.hot_iterations += solver.solution().simplex_iterations;
            }
        }
        solver.write_basis(basis.get_or_insert_default());
    }
    measured
}

/// The median in microseconds.
fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e6)
}

fn main() {
    println!("HiGHS {}", highs_version());
    let sizes = [
        ("no cuts", RandomLpSize { n_cuts: 0, ..RandomLpSize::SMALL }),
        ("12 cuts", RandomLpSize::SMALL),
        ("100 cuts", RandomLpSize { n_cuts: 100, ..RandomLpSize::SMALL }),
        ("40 hydros, 30 cuts", RandomLpSize { n_hydros: 40, n_buses: 6, n_blocks: 3, n_thermals: 6, n_cuts: 30 }),
    ];
    let mut solver = Highs::new();
    for (name, size) in sizes {
        let lp = RandomLp::new(1, size);
        let mut measured = run_chains(&mut solver, &lp);
        println!(
            "{name:20} {:4} rows {:4} columns: {:7.1} us per load and first solve, {:6.1} us per hot re-solve, {:5.2} iterations",
            lp.model.n_rows(),
            lp.model.n_columns() + lp.model.segments.len(),
            median(&mut measured.first),
            median(&mut measured.hot),
            measured.hot_iterations as f64 / measured.hot.len() as f64,
        );
    }
}
