//! Vector kernels, chosen by what the processor can do.
//!
//! Each kernel is one body over [`Instructions`], compiled for AVX-512, for AVX2 with fused multiply–add, and for any
//! processor. The order in which lanes are summed is part of a kernel, so a kernel gives the same bits wherever it runs
//! with the same instruction set; AVX-512 and AVX2 round alike.
//!
//! Matrices are column-major with a leading dimension that is a multiple of [`LANES`]; rows beyond the matrix are
//! zero, so kernels work on whole groups of lanes.
#![allow(unsafe_code)]
// A body takes the instruction set of the function it is inlined into.
#![expect(clippy::inline_always)]

mod cuts;
mod instructions;
mod matrix;
mod optimality;
mod peak;
mod pricing;
mod states;
#[cfg(test)]
mod tests;
mod tree;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::sync::atomic::{AtomicU8, Ordering};

pub(crate) use cuts::{evaluate_blocks, evaluate_highest, highest, highest_one};
pub(crate) use matrix::{add_groups, combine, dot_columns, nonzeros, rank_one};
pub(crate) use optimality::{Columns, activities, column_terms};
pub use peak::{OPERATIONS_PER_ROUND, multiply_adds};
pub(crate) use pricing::{largest_open, least, most_violated, ratios, take_up_to};
pub(crate) use states::{Highest, evaluate_at_states, highest_at_states};
#[cfg(test)]
pub(crate) use tests::at_every_level;
pub(crate) use tree::{Scale, TreeBlocks, TreeSearch, Wanted, highest_in_tree};

/// Numbers per group of lanes: one AVX-512 register or two of AVX2.
pub(crate) const LANES: usize = 8;

/// A difference smaller than this part of what it was taken from is rounding, and taken for zero.
pub(crate) const CANCELLED: f64 = 1e-13;

/// `n` rounded up to whole groups of lanes.
#[inline]
pub(crate) fn padded(n: usize) -> usize {
    n.next_multiple_of(LANES)
}

/// Name of the instruction set the kernels use.
pub fn instruction_set() -> &'static str {
    match level() {
        Level::Avx512 => "avx512",
        Level::Avx2 => "avx2+fma",
        Level::Portable => "portable",
    }
}

/// What the processor can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
#[repr(u8)]
pub(crate) enum Level {
    Portable = 1,
    Avx2 = 2,
    Avx512 = 3,
}

/// What was found out, 0 before; a kernel of a few nanoseconds cannot ask the standard library each time.
static LEVEL: AtomicU8 = AtomicU8::new(0);

#[inline]
fn level() -> Level {
    #[cfg(test)]
    if let Some(forced) = tests::FORCED.get() {
        return forced;
    }
    match LEVEL.load(Ordering::Relaxed) {
        0 => find_level(),
        1 => Level::Portable,
        2 => Level::Avx2,
        _ => Level::Avx512,
    }
}

#[cold]
fn find_level() -> Level {
    let level = best_level();
    LEVEL.store(level as u8, Ordering::Relaxed);
    level
}

fn best_level() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("fma") {
            if std::arch::is_x86_feature_detected!("avx512f") {
                return Level::Avx512;
            }
            if std::arch::is_x86_feature_detected!("avx2") {
                return Level::Avx2;
            }
        }
    }
    Level::Portable
}

/// The whole groups of lanes of a slice.
#[inline(always)]
fn groups(values: &[f64]) -> &[[f64; LANES]] {
    values.as_chunks().0
}

/// The whole groups of lanes of a slice, to be changed.
#[inline(always)]
fn groups_mut(values: &mut [f64]) -> &mut [[f64; LANES]] {
    values.as_chunks_mut().0
}

macro_rules! kernel {
    ($(#[$doc:meta])* $name:ident, $body:ident, ($($arg:ident: $type:ty),*) $(-> $result:ty)?) => {
        $(#[$doc])*
        #[inline]
        pub(crate) fn $name($($arg: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                use super::x86::{Avx2, Avx512};

                #[target_feature(enable = "avx512f,fma")]
                fn avx512($($arg: $type),*) $(-> $result)? {
                    // SAFETY: this function needs the instructions itself.
                    $body(unsafe { Avx512::new() }, $($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $type),*) $(-> $result)? {
                    // SAFETY: this function needs the instructions itself.
                    $body(unsafe { Avx2::new() }, $($arg),*)
                }
                match super::level() {
                    // SAFETY: the processor has AVX-512 and FMA, as was just found out.
                    super::Level::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: the processor has AVX2 and FMA, as was just found out.
                    super::Level::Avx2 => return unsafe { avx2($($arg),*) },
                    super::Level::Portable => {}
                }
            }
            $body(super::instructions::Portable, $($arg),*)
        }
    };
}
use kernel;
