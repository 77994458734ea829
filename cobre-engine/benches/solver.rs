//! Kernels: a load with its first solve and a warm re-solve, by each solver, on random stage problems; a look at all
//! cuts of a pool; and what is known of the outgoing states of eight openings, each alone and all in one pass.
//!
//! `cargo bench -p cobre-engine --bench solver`; a chain is a load from the basis of the trial point before it, then
//! ten openings sorted by inflow. Solvers take turns, chain by chain. Medians: a busy machine interrupts some solves, not
//! half of them.

use cobre_engine::cuts::{CutOrigin, CutPool};
use cobre_engine::instruction_set;
use cobre_engine::solver::{Basis, LpSolver, LpStatus, SolverChoice, highs_version};
use cobre_engine::test_models::{RandomLp, RandomLpSize, SplitMix64};
use std::hint::black_box;
use std::time::{Duration, Instant};

const N_OPENINGS: u64 = 10;
/// Bytes of cuts that a measurement reads in all.
const SCANNED: usize = 1 << 31;

/// A solver, and what its chains of one problem took.
struct Runner {
    solver: Box<dyn LpSolver>,
    basis: Option<Basis>,
    first: Vec<Duration>,
    warm: Vec<Duration>,
    n_steps: u64,
    objective: f64,
}

impl Runner {
    fn new(choice: SolverChoice) -> Self {
        let (first, warm) = (Vec::new(), Vec::new());
        Self { solver: choice.make(), basis: None, first, warm, n_steps: 0, objective: 0.0 }
    }

    fn run_chain(&mut self, lp: &RandomLp, openings: &[Vec<f64>]) {
        for (place, rhs) in openings.iter().enumerate() {
            let start = Instant::now();
            if place == 0 {
                self.solver.load(&lp.model, &lp.cuts, self.basis.as_ref());
            }
            let status = self.solver.solve(rhs, &lp.cut_rhs);
            let elapsed = start.elapsed();
            assert_eq!(status, LpStatus::Optimal, "{}, opening {place}", self.solver.name());
            self.objective += self.solver.solution().objective;
            if place == 0 {
                self.first.push(elapsed);
            } else {
                self.warm.push(elapsed);
                self.n_steps += self.solver.solution().simplex_iterations;
            }
        }
        self.solver.write_basis(self.basis.get_or_insert_default());
    }
}

/// The median in microseconds.
fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e6)
}

fn bench_solves(name: &str, size: RandomLpSize, n_chains: u64) {
    let lp = RandomLp::new(1, size);
    let mut runners = SolverChoice::ALL.iter().map(|&choice| Runner::new(choice)).collect::<Vec<Runner>>();
    for trial_point in 0..n_chains {
        let mut openings: Vec<Vec<f64>> = (0..N_OPENINGS).map(|opening| lp.rhs(trial_point, opening)).collect();
        let water = |rhs: &Vec<f64>| rhs[..lp.model.state_columns.len()].iter().sum::<f64>();
        openings.sort_by(|a, b| water(a).total_cmp(&water(b)));
        for runner in &mut runners {
            runner.run_chain(&lp, &openings);
        }
    }
    let n_columns = lp.model.n_columns() + lp.model.segments.len();
    println!("{name}: {} rows, {n_columns} columns, {} cuts", lp.model.n_rows(), lp.cuts.len());
    let expected = runners[0].objective;
    for runner in &mut runners {
        let apart = (runner.objective - expected).abs() / expected.abs();
        assert!(apart < 1e-7, "{} finds {} where {expected} was found", runner.solver.name(), runner.objective);
        println!(
            "    {:12} {:8.1} us per load and first solve, {:8.2} us per warm re-solve, {:6.2} steps",
            runner.solver.name(),
            median(&mut runner.first),
            median(&mut runner.warm),
            runner.n_steps as f64 / runner.warm.len() as f64,
        );
    }
}

/// A pool of cuts without a pattern, and the generator behind it.
fn random_pool(n_cuts: usize, dimension: usize) -> (CutPool, SplitMix64) {
    let mut random = SplitMix64::new(1);
    let mut pool = CutPool::new(dimension);
    for _ in 0..n_cuts {
        let coefficients: Vec<f64> = (0..dimension).map(|_| random.uniform(-1e3, 0.0)).collect();
        pool.add(random.uniform(1e6, 1e7), &coefficients, CutOrigin::GIVEN);
    }
    assert_eq!(pool.len(), n_cuts, "random cuts are not alike");
    (pool, random)
}

/// The heights of all cuts at one state after the other.
fn bench_scan(n_cuts: usize, dimension: usize) {
    let (pool, mut random) = random_pool(n_cuts, dimension);
    let states: Vec<Vec<f64>> = (0..64).map(|_| (0..dimension).map(|_| random.uniform(0.0, 1e3)).collect()).collect();
    let mut heights = Vec::new();
    let n_rounds = (SCANNED / (n_cuts * (dimension + 1) * 8)).clamp(64, 50_000);
    let mut times = Vec::with_capacity(n_rounds);
    for round in 0..n_rounds {
        let start = Instant::now();
        pool.evaluate(&states[round % states.len()], &mut heights);
        times.push(start.elapsed());
        black_box(&heights);
    }
    println!("    {n_cuts:6} cuts of {dimension:3} components: {:8.3} us", median(&mut times));
}

/// What the newest of six lags of `n_hydros` plants adds to all heights, for eight openings: pass by pass, and in one.
fn bench_announced(n_cuts: usize, n_hydros: usize) {
    const N_LAGS: usize = 6;
    let dimension = n_hydros * (1 + N_LAGS);
    let (pool, mut random) = random_pool(n_cuts, dimension);
    let panel: Vec<[f64; 8]> = (0..n_hydros).map(|_| std::array::from_fn(|_| random.uniform(0.0, 1e3))).collect();
    let states: Vec<Vec<f64>> = (0..8).map(|k| panel.iter().map(|values| values[k]).collect()).collect();
    let n_blocks = n_cuts.div_ceil(8);
    let (mut alone, mut together) = (vec![[0.0; 8]; n_blocks * 8], vec![[0.0; 8]; n_blocks * 8]);
    let n_rounds = (SCANNED / (n_cuts * dimension * 8)).clamp(16, 2_000);
    let (mut passes, mut one_pass) = (Vec::new(), Vec::new());
    for _ in 0..n_rounds {
        let start = Instant::now();
        for (state, heights) in states.iter().zip(alone.chunks_exact_mut(n_blocks)) {
            pool.add_components(n_hydros, state, heights);
        }
        passes.push(start.elapsed() / 8);
        let start = Instant::now();
        pool.add_components_at(n_hydros, &panel, &mut together);
        one_pass.push(start.elapsed() / 8);
    }
    assert!(alone == together, "the two ways differ");
    let (passes, one_pass) = (median(&mut passes), median(&mut one_pass));
    println!("    {n_cuts:6} cuts, {n_hydros:3} plants: {passes:9.2} us each alone, {one_pass:8.2} us in one pass");
}

fn main() {
    println!("HiGHS {}; kernels for {}", highs_version(), instruction_set());
    let small = RandomLpSize::SMALL;
    let medium = RandomLpSize { n_hydros: 40, n_buses: 6, n_blocks: 3, n_thermals: 6, n_cuts: 30 };
    let large = RandomLpSize { n_hydros: 160, n_buses: 6, n_blocks: 3, n_thermals: 17, n_cuts: 30 };
    bench_solves("4 hydros", RandomLpSize { n_cuts: 0, ..small }, 400);
    bench_solves("4 hydros", small, 400);
    bench_solves("4 hydros", RandomLpSize { n_cuts: 100, ..small }, 400);
    bench_solves("40 hydros", medium, 100);
    bench_solves("40 hydros", RandomLpSize { n_cuts: 240, ..medium }, 100);
    bench_solves("160 hydros", large, 20);
    println!("heights of all cuts of a pool at one state");
    for (n_cuts, dimension) in [(1024, 4), (240, 40), (2000, 40), (11_520, 160)] {
        bench_scan(n_cuts, dimension);
    }
    println!("newest lag of eight openings, per opening");
    for (n_cuts, n_hydros) in [(256, 40), (1024, 40), (1024, 160), (11_520, 160)] {
        bench_announced(n_cuts, n_hydros);
    }
}
