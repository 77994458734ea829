//! Which variable leaves the basis, and which ones limit the step.

use super::instructions::Instructions;
use super::{LANES, groups, kernel};

kernel! {
    /// The place with the largest squared violation of `low ≤ x ≤ high` over `norms`, the first of equals, among those
    /// violated by more than `tolerance·(1 + |x|)`. All slices are the same whole number of groups of lanes long.
    most_violated, most_violated_body,
    (x: &[f64], low: &[f64], high: &[f64], norms: &[f64], tolerance: f64) -> Option<usize>
}

#[inline(always)]
fn most_violated_body<I: Instructions>(
    i: I,
    x: &[f64],
    low: &[f64],
    high: &[f64],
    norms: &[f64],
    tolerance: f64,
) -> Option<usize> {
    let tolerance = i.splat(tolerance);
    // A violation over a norm without end is zero, and is one.
    let mut best = i.splat(-1.0);
    let mut group = i.splat(0.0);
    let mut any = 0;
    let ends = groups(low).iter().zip(groups(high)).zip(groups(norms));
    for (g, (x, ((low, high), norms))) in groups(x).iter().zip(ends).enumerate() {
        let x = i.load(x);
        let violation = i.larger(i.subtract(i.load(low), x), i.subtract(x, i.load(high)));
        let is_violated = i.less(i.multiply_add(tolerance, i.abs(x), tolerance), violation);
        let bits = i.bits(is_violated);
        if bits == 0 {
            continue;
        }
        any |= bits;
        let score = i.divide(i.multiply(violation, violation), i.load(norms));
        let is_better = i.both(is_violated, i.less(best, score));
        best = i.select(is_better, score, best);
        group = i.select(is_better, i.splat(g as f64), group);
    }
    if any == 0 {
        return None;
    }
    let mut largest = !i.bits(i.less(best, i.splat(i.largest(best)))) & any;
    let group = i.lanes(group);
    let mut found = usize::MAX;
    while largest != 0 {
        let lane = largest.trailing_zeros() as usize;
        found = found.min(group[lane] as usize * LANES + lane);
        largest &= largest - 1;
    }
    (found != usize::MAX).then_some(found)
}

kernel! {
    /// The largest size of all numbers, and where the largest is found among those that are `open` (one; the others are zero),
    /// the first of equals. Both slices are the same whole number of groups of lanes long.
    largest_open, largest_open_body,
    (values: &[f64], open: &[f64]) -> (f64, f64, usize)
}

#[inline(always)]
fn largest_open_body<I: Instructions>(i: I, values: &[f64], open: &[f64]) -> (f64, f64, usize) {
    let (mut all, mut best) = (i.splat(0.0), i.splat(0.0));
    for (values, open) in groups(values).iter().zip(groups(open)) {
        let size = i.abs(i.load(values));
        all = i.larger(size, all);
        best = i.larger(i.multiply(size, i.load(open)), best);
    }
    let (all, best) = (i.largest(all), i.largest(best));
    let limit = i.splat(best);
    let place = groups(values).iter().zip(groups(open)).enumerate().find_map(|(g, (values, open))| {
        let below = i.bits(i.less(i.multiply(i.abs(i.load(values)), i.load(open)), limit));
        let reached = !below & 0xff;
        (reached != 0).then(|| g * LANES + reached.trailing_zeros() as usize)
    });
    (all, best, place.unwrap_or(0))
}

kernel! {
    /// The ratio test of the dual simplex: for every variable the step at which its price, moving by `row` per unit, meets
    /// the slope `above` or `below` it; ∞ where the entry is none. `which` and `steps` begin with the groups of lanes with
    /// a nonzero entry and what was found there; returns their number and the least step. All slices are the same whole
    /// number of groups of lanes long.
    ratios, ratios_body,
    (row: &[f64], price: &[f64], below: &[f64], above: &[f64], which: &mut [u32], steps: &mut [[f64; LANES]]) -> (usize, f64)
}

/// An entry of the row of a leaving variable below this is none.
const SMALLEST: f64 = 1e-9;

#[inline(always)]
fn ratios_body<I: Instructions>(
    i: I,
    row: &[f64],
    price: &[f64],
    below: &[f64],
    above: &[f64],
    which: &mut [u32],
    steps: &mut [[f64; LANES]],
) -> (usize, f64) {
    let mut n = 0;
    let (zero, never, smallest) = (i.splat(0.0), i.splat(f64::INFINITY), i.splat(SMALLEST));
    let mut least = never;
    let slopes = groups(price).iter().zip(groups(below)).zip(groups(above));
    for (g, (row, ((price, below), above))) in groups(row).iter().zip(slopes).enumerate() {
        let a = i.load(row);
        let size = i.abs(a);
        if i.bits(i.less(zero, size)) == 0 {
            continue;
        }
        let price = i.load(price);
        let (up, down) = (i.subtract(i.load(above), price), i.subtract(price, i.load(below)));
        let gap = i.select(i.less(zero, a), up, down);
        let step = i.divide(i.larger(gap, zero), size);
        let step = i.select(i.less(size, smallest), never, step);
        least = i.smaller(step, least);
        which[n] = g as u32;
        i.store(step, &mut steps[n]);
        n += 1;
    }
    (n, i.least(least))
}

kernel! {
    /// The least of all numbers.
    least, least_body,
    (values: &[[f64; LANES]]) -> f64
}

#[inline(always)]
fn least_body<I: Instructions>(i: I, values: &[[f64; LANES]]) -> f64 {
    let mut least = i.splat(f64::INFINITY);
    for group in values {
        least = i.smaller(i.load(group), least);
    }
    i.least(least)
}

kernel! {
    /// Takes the numbers up to `reach` out of `values`, leaving ∞: their places into `places`, themselves into `taken`,
    /// which are as long as all numbers. Returns how many there were, and the least of the rest.
    take_up_to, take_up_to_body,
    (reach: f64, values: &mut [[f64; LANES]], places: &mut [u32], taken: &mut [f64]) -> (usize, f64)
}

#[inline(always)]
fn take_up_to_body<I: Instructions>(
    i: I,
    reach: f64,
    values: &mut [[f64; LANES]],
    places: &mut [u32],
    taken: &mut [f64],
) -> (usize, f64) {
    let mut n = 0;
    let (limit, never) = (i.splat(reach), i.splat(f64::INFINITY));
    let mut least = never;
    for (k, group) in values.iter_mut().enumerate() {
        let steps = i.load(group);
        let is_beyond = i.less(limit, steps);
        let mut mask = !i.bits(is_beyond) & 0xff;
        let rest = i.select(is_beyond, steps, never);
        least = i.smaller(rest, least);
        if mask == 0 {
            continue;
        }
        while mask != 0 {
            let lane = mask.trailing_zeros() as usize;
            places[n] = (k * LANES + lane) as u32;
            taken[n] = group[lane];
            n += 1;
            mask &= mask - 1;
        }
        i.store(rest, group);
    }
    (n, i.least(least))
}
