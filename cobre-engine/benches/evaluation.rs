//! A pool of cuts at many states at once, beside what the processor can multiply and add at best.
//!
//! `cargo bench -p cobre-engine --bench evaluation [-- STATES]`; one thread. Both are measured in turns, the best of each counts. A
//! product of matrices of the same size takes the same multiplications and additions.

use cobre_engine::cuts::{CutOrigin, CutPool, States};
use cobre_engine::test_models::SplitMix64;
use cobre_engine::{OPERATIONS_PER_ROUND, instruction_set, multiply_adds};
use std::hint::black_box;
use std::time::Instant;

/// States, if no other number is asked for.
const N_STATES: usize = 20_000;
const N_TURNS: usize = 5;

fn gflops(operations: usize, work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    operations as f64 / start.elapsed().as_secs_f64() / 1e9
}

fn main() {
    let n_states = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(N_STATES);
    println!("instruction set {}, {n_states} states at once", instruction_set());
    println!("{:>6} {:>10} {:>14} {:>14} {:>7}", "cuts", "components", "ours (GF/s)", "peak (GF/s)", "share");
    for (n_cuts, dimension) in [(8, 160), (100, 4), (1000, 4), (1000, 16), (1000, 160), (10_000, 160)] {
        let mut random = SplitMix64::new(7);
        let mut numbers = |n: usize| -> Vec<f64> { (0..n).map(|_| random.uniform(-0.5, 0.5)).collect() };
        let mut pool = CutPool::new(dimension);
        for _ in 0..n_cuts {
            pool.add(numbers(1)[0], &numbers(dimension), CutOrigin::GIVEN);
        }
        let states = numbers(n_states * dimension);
        let (mut ours, mut peak) = (0.0f64, 0.0f64);
        for _ in 0..N_TURNS {
            let rounds = 20_000_000;
            peak = peak.max(gflops(rounds * OPERATIONS_PER_ROUND, || {
                black_box(multiply_adds(rounds, black_box(0.5)));
            }));
            ours = ours.max(gflops(2 * n_cuts * dimension * n_states, || {
                black_box(pool.binding_cuts(States::from_rows(&states, dimension, n_states)));
            }));
        }
        println!("{n_cuts:>6} {dimension:>10} {ours:>14.1} {peak:>14.1} {:>6.0}%", 100.0 * ours / peak);
    }
}
