//! The long-step ratio test (Kostina 2002): how far the prices may move when a variable leaves.
//!
//! The leaving variable is beyond the end of its piece by `slope`; that is how fast the dual objective rises. Along the
//! way prices of nonbasic variables meet the next slope of their cost. A variable that has another breakpoint behind can
//! be moved on to it, which takes `width·|a|` off the slope. The last breakpoint before the slope turns is where the
//! entering variable is found. The leaving variable has breakpoints of its own in the same way.

use super::form::Form;
use super::piecewise::Piece;
use super::variables::Variables;
use crate::simd::{self, LANES};

/// Breakpoints whose prices differ by less than this are met at the same time: the largest pivot among them is taken
/// (Harris 1973).
const HARRIS: f64 = 1e-10;
/// By how much the reach of the candidates that are looked at grows at a time.
const WIDEN: f64 = 3.0;
/// A pivot is weak below this share of the largest one met, or of one if that is less. A weak one is avoided where an
/// earlier breakpoint has a larger one: small entries may be nothing but rounding, and a basis with such a pivot is
/// singular.
const WEAK: f64 = 0.1;

/// A breakpoint ahead of a nonbasic variable, or of the leaving one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    /// Step at which the price meets the slope.
    pub(super) ratio: f64,
    /// Step up to which breakpoints count as met together with this one.
    limit: f64,
    /// Size of the pivot element; 1 for the leaving variable.
    pub(super) size: f64,
    pub(super) variable: u32,
    /// Breakpoint at which the variable is.
    pub(super) breakpoint: u32,
    /// Whether its price moves up.
    pub(super) up: bool,
    /// What passing the breakpoint takes off the slope.
    pub(super) room: f64,
}

impl Candidate {
    /// The breakpoint `breakpoint` of a variable, met after a step of `ratio`.
    pub(super) fn new(form: &Form, variable: usize, breakpoint: u32, up: bool, size: f64, ratio: f64) -> Self {
        let piece = breakpoint as usize + usize::from(up);
        let Piece { low, high, .. } = Variables::piece(form, variable, piece);
        Self {
            ratio,
            limit: ratio + HARRIS / size,
            size,
            variable: variable as u32,
            breakpoint,
            up,
            room: (high - low) * size,
        }
    }
}

/// Working space of the ratio test.
#[derive(Debug, Default)]
pub(super) struct RatioTest {
    /// The row of the leaving variable over all variables, with the direction of the step. Entries of basic variables mean
    /// nothing; nothing limits the prices of those.
    pub(super) row: Vec<f64>,
    /// Groups of lanes of `row` that are not zero, and the steps at which their prices meet the next slope; those that are
    /// candidates already have none.
    groups: Vec<u32>,
    ratios: Vec<[f64; LANES]>,
    n_groups: usize,
    /// Breakpoints that are met soon enough to matter.
    pub(super) candidates: Vec<Candidate>,
    /// Candidates that were passed, in order, as they were before.
    passed: Vec<(u32, Candidate)>,
    /// Breakpoints met up to here are candidates.
    reach: f64,
    /// Pivots of candidates below this are weak.
    weak: f64,
    /// Places in `ratios` that become candidates, and what was there.
    chosen: Vec<u32>,
    taken: Vec<f64>,
}

/// What the ratio test found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found {
    /// Place in `candidates` of the one to stop at.
    Blocking(usize),
    /// The slope never turns: the dual is unbounded.
    Unbounded,
}

impl RatioTest {
    /// Forgets everything, for `n` variables.
    pub(super) fn reset(&mut self, n: usize) {
        self.n_groups = 0;
        self.row.clear();
        self.fit(n);
    }

    /// Makes room for `n` variables.
    pub(super) fn fit(&mut self, n: usize) {
        if n > self.row.len() {
            self.row.resize(n, 0.0);
        }
        if n > self.taken.len() {
            self.groups.resize(n / LANES, 0);
            self.ratios.resize(n / LANES, [f64::INFINITY; LANES]);
            self.chosen.resize(n, 0);
            self.taken.resize(n, 0.0);
        }
    }

    /// Forgets the last row.
    pub(super) fn clear(&mut self) {
        for &group in &self.groups[..self.n_groups] {
            self.row[group as usize * LANES..][..LANES].fill(0.0);
        }
        self.n_groups = 0;
        self.candidates.clear();
        self.passed.clear();
        self.reach = f64::NEG_INFINITY;
        self.weak = 0.0;
    }

    /// Moves the prices of all variables by a step.
    #[inline]
    pub(super) fn move_prices(&self, step: f64, price: &mut [f64]) {
        simd::add_groups(&self.groups[..self.n_groups], step, &self.row, price);
    }

    /// Walks from breakpoint to breakpoint until the slope turns, or what is left of it is within `tolerance`.
    ///
    /// Of breakpoints that are met together, one behind which there is room for all that is left is taken at once: to
    /// pass the others would move variables for nothing, and what they move may leave its own bounds.
    pub(super) fn walk(&mut self, form: &Form, vars: &Variables, mut slope: f64, tolerance: f64) -> Found {
        let n = self.row.len();
        let (n_groups, nearest) = simd::ratios(
            &self.row,
            &vars.price[..n],
            &vars.below[..n],
            &vars.above[..n],
            &mut self.groups,
            &mut self.ratios,
        );
        self.n_groups = n_groups;
        self.gather(form, vars, slope, nearest);
        loop {
            let mut limit = self.first_limit();
            if limit > self.reach {
                let nearest = simd::least(&self.ratios[..self.n_groups]);
                self.gather(form, vars, slope, nearest);
                limit = self.first_limit();
            }
            if limit == f64::INFINITY {
                return Found::Unbounded;
            }
            let mut best = ((false, false, 0.0), usize::MAX);
            for (i, candidate) in self.candidates.iter().enumerate() {
                if candidate.ratio > limit {
                    continue;
                }
                let strong = candidate.size >= self.weak;
                let roomy = candidate.room >= slope && strong;
                let value = (roomy, strong, if roomy { candidate.size } else { candidate.room });
                if value > best.0 || best.1 == usize::MAX {
                    best = (value, i);
                }
            }
            let chosen = best.1;
            let candidate = self.candidates[chosen];
            let rest = slope - candidate.room;
            if rest <= tolerance || rest.is_nan() {
                return Found::Blocking(self.choose(chosen));
            }
            slope = rest;
            self.passed.push((chosen as u32, candidate));
            let variable = candidate.variable as usize;
            let piece = candidate.breakpoint as usize + usize::from(candidate.up);
            let next = Variables::slope_behind(form, variable, piece, candidate.up);
            self.candidates[chosen] = if next.is_finite() {
                let breakpoint = if candidate.up { candidate.breakpoint + 1 } else { candidate.breakpoint - 1 };
                let before = Variables::piece(form, variable, piece).slope;
                let ratio = candidate.ratio + (next - before).abs() / candidate.size;
                Candidate::new(form, variable, breakpoint, candidate.up, candidate.size, ratio)
            } else {
                Candidate { ratio: f64::INFINITY, limit: f64::INFINITY, ..candidate }
            };
        }
    }

    /// The step up to which breakpoints are met together with the first.
    #[inline]
    fn first_limit(&self) -> f64 {
        let mut first = f64::INFINITY;
        for candidate in &self.candidates {
            // Not `min`, which would look for what is no number.
            first = if candidate.limit < first { candidate.limit } else { first };
        }
        first
    }

    /// Makes candidates of the nearest breakpoints, in growing steps, until there is room for `slope` among them.
    fn gather(&mut self, form: &Form, vars: &Variables, slope: f64, mut nearest: f64) {
        let mut room = 0.0;
        while nearest < f64::INFINITY {
            self.reach = nearest.max(self.reach) * WIDEN + HARRIS;
            let ratios = &mut self.ratios[..self.n_groups];
            let (n_taken, rest) = simd::take_up_to(self.reach, ratios, &mut self.chosen, &mut self.taken);
            nearest = rest;
            for (&place, &ratio) in self.chosen[..n_taken].iter().zip(&self.taken) {
                let group = self.groups[place as usize / LANES] as usize;
                let variable = group * LANES + place as usize % LANES;
                let a = self.row[variable];
                let breakpoint = vars.place[variable];
                let candidate = Candidate::new(form, variable, breakpoint, a > 0.0, a.abs(), ratio);
                room += candidate.room;
                self.weak = self.weak.max(WEAK * candidate.size.min(1.0));
                self.candidates.push(candidate);
            }
            if room >= slope {
                return;
            }
        }
        self.reach = f64::INFINITY;
    }

    /// The candidate to stop at; if its pivot is weak, an earlier one that was passed.
    fn choose(&mut self, chosen: usize) -> usize {
        let size = self.candidates[chosen].size;
        if size >= self.weak {
            return chosen;
        }
        let last = self.passed.iter().rposition(|(_, candidate)| candidate.size >= self.weak);
        let Some(last) = last else { return chosen };
        let mut found = chosen;
        for (place, candidate) in self.passed.drain(last..).rev() {
            self.candidates[place as usize] = candidate;
            found = place as usize;
        }
        found
    }

    /// Breakpoints that were passed: the variable and where it comes to rest; a variable may appear several times, the
    /// last one counts.
    pub(super) fn passed(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.passed.iter().map(|(_, candidate)| {
            let breakpoint = candidate.breakpoint as usize;
            (candidate.variable as usize, if candidate.up { breakpoint + 1 } else { breakpoint - 1 })
        })
    }
}
