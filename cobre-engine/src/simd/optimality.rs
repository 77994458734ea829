//! What proves an optimum: activities of rows, and terms of the Lagrangian bound.

use super::instructions::Instructions;
use super::{LANES, groups, kernel};

kernel! {
    /// `sums_k = row_k·x` and `sizes_k = Σ_j |row_kj·x_j|` for the first `sums.len()` rows of `lines`, `stride` numbers each;
    /// `x` is as long as a row.
    activities, activities_body,
    (lines: &[f64], stride: usize, x: &[f64], sums: &mut [f64], sizes: &mut [f64])
}

#[inline(always)]
fn activities_body<I: Instructions>(
    i: I,
    lines: &[f64],
    stride: usize,
    x: &[f64],
    sums: &mut [f64],
    sizes: &mut [f64],
) {
    let lines = groups(lines).chunks_exact((stride / LANES).max(1));
    for ((sum, size), line) in sums.iter_mut().zip(sizes).zip(lines) {
        let (mut total, mut magnitude) = (i.splat(0.0), i.splat(0.0));
        for (line, x) in line.iter().zip(groups(x)) {
            let term = i.multiply(i.load(line), i.load(x));
            total = i.add(total, term);
            magnitude = i.add(magnitude, i.abs(term));
        }
        (*sum, *size) = (i.sum(total), i.sum(magnitude));
    }
}

/// Columns at their values and prices; all slices are the same whole number of groups of lanes long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns<'a> {
    pub(crate) cost: &'a [f64],
    pub(crate) lower: &'a [f64],
    pub(crate) upper: &'a [f64],
    pub(crate) value: &'a [f64],
    pub(crate) price: &'a [f64],
    /// Between which the price is to lie; −∞ and ∞ for a basic column, whose price is to be its cost.
    pub(crate) below: &'a [f64],
    pub(crate) above: &'a [f64],
}

/// What columns add to the proof of an optimum.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ColumnTerms {
    /// `Σ cost·value`.
    pub(crate) objective: f64,
    /// `Σ min_x (cost − price)·x` over the bounds of the columns. A term without a minimum is one of rounding, and of the
    /// size of the residue times the value, unless [`uncertain`](Self::uncertain) says otherwise.
    pub(crate) bound: f64,
    /// Largest distance of a basic column's price from its cost, relative to `1 + |cost|`.
    pub(crate) dual: f64,
    /// A nonbasic column's price lies outside of its slopes by more than the tolerance, relative to `1 + |price|`.
    pub(crate) wrong_sign: bool,
    /// A term without a minimum is larger than the tolerance allows.
    pub(crate) uncertain: bool,
}

kernel! {
    /// Adds up the terms of all columns.
    column_terms, column_terms_body,
    (columns: Columns<'_>, tolerance: f64) -> ColumnTerms
}

#[inline(always)]
fn column_terms_body<I: Instructions>(i: I, columns: Columns<'_>, tolerance: f64) -> ColumnTerms {
    let (zero, one, tolerance) = (i.splat(0.0), i.splat(1.0), i.splat(tolerance));
    let (most, least) = (i.splat(f64::MAX), i.splat(f64::MIN));
    let (mut objective, mut bound, mut dual) = (zero, zero, zero);
    let (mut wrong_sign, mut uncertain) = (0, 0);
    let of = |slice: &[f64], g: usize| i.load(&groups(slice)[g]);
    for g in 0..columns.cost.len() / LANES {
        let (cost, value, price) = (of(columns.cost, g), of(columns.value, g), of(columns.price, g));
        let (below, above) = (of(columns.below, g), of(columns.above, g));
        objective = i.multiply_add(cost, value, objective);
        let allowed = i.multiply_add(tolerance, i.abs(price), tolerance);
        wrong_sign |= i.bits(i.less(i.add(above, allowed), price)) | i.bits(i.less(price, i.subtract(below, allowed)));
        let reduced = i.subtract(cost, price);
        let size = i.abs(reduced);
        let is_basic = i.both(i.less(below, least), i.less(most, above));
        let distance = i.divide(size, i.add(one, i.abs(cost)));
        dual = i.larger(i.select(is_basic, distance, zero), dual);
        let end = i.select(i.less(reduced, zero), of(columns.upper, g), of(columns.lower, g));
        let is_open = i.less(most, i.abs(end));
        uncertain |= i.bits(i.both(is_open, i.less(allowed, size)));
        let residue = i.subtract(zero, i.abs(i.multiply(reduced, value)));
        bound = i.add(bound, i.select(is_open, residue, i.multiply(reduced, end)));
    }
    ColumnTerms {
        objective: i.sum(objective),
        bound: i.sum(bound),
        dual: i.largest(dual),
        wrong_sign: wrong_sign != 0,
        uncertain: uncertain != 0,
    }
}
