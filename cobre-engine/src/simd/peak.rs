use super::instructions::Instructions;
use super::{LANES, kernel};

/// Chains of multiply–adds side by side: enough to hide how long one takes.
const CHAINS: usize = 12;

/// Floating-point operations of one round of [`multiply_adds`].
pub const OPERATIONS_PER_ROUND: usize = 2 * CHAINS * LANES;

kernel! {
    /// Does `rounds` rounds of multiply–adds on what is in registers already. Nothing in it waits for memory: the time
    /// it takes is what the processor can do at best, the measure for kernels that do something useful.
    multiply_adds_of_rounds, multiply_adds_body,
    (rounds: usize, factor: f64) -> f64
}

#[inline(always)]
fn multiply_adds_body<I: Instructions>(i: I, rounds: usize, factor: f64) -> f64 {
    let factor = i.splat(factor);
    let mut sums: [I::Vector; CHAINS] = std::array::from_fn(|k| i.splat(k as f64));
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = i.multiply_add(*sum, factor, factor);
        }
    }
    i.sum(sums.into_iter().fold(i.splat(0.0), |total, sum| i.add(total, sum)))
}

/// Does `rounds` rounds of multiply–adds in registers; the result depends on all of them.
pub fn multiply_adds(rounds: usize, factor: f64) -> f64 {
    multiply_adds_of_rounds(rounds, factor)
}
