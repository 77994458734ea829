use super::instructions::Instructions;
use super::{LANES, kernel};

/// Multiply–adds of vectors in a round.
const PER_ROUND: usize = 12;

/// Floating-point operations of one round of [`multiply_adds`].
pub const OPERATIONS_PER_ROUND: usize = 2 * PER_ROUND * LANES;

kernel! {
    /// Does `rounds` rounds of multiply–adds on what is in registers already. Nothing in it waits for memory: the time
    /// it takes is what the processor can do at best, the measure for kernels that do something useful.
    multiply_adds_of_rounds, multiply_adds_body,
    (rounds: usize, factor: f64) -> f64
}

#[inline(always)]
fn multiply_adds_body<I: Instructions>(i: I, rounds: usize, factor: f64) -> f64 {
    // As many side by side as registers hold.
    if I::REGISTERS >= 32 {
        chains::<I, PER_ROUND>(i, rounds, factor)
    } else if I::REGISTERS >= 8 {
        chains::<I, 6>(i, 2 * rounds, factor)
    } else {
        chains::<I, 3>(i, 4 * rounds, factor)
    }
}

/// `N` chains of multiply–adds side by side, `length` long.
#[inline(always)]
fn chains<I: Instructions, const N: usize>(i: I, length: usize, factor: f64) -> f64 {
    let factor = i.splat(factor);
    let mut sums: [I::Vector; N] = std::array::from_fn(|k| i.splat(k as f64));
    for _ in 0..length {
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
