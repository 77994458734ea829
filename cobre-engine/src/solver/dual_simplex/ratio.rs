//! The long-step ratio test (Kostina 2002): how far the prices may move when a variable leaves.
//!
//! The leaving variable is beyond the end of its piece by `slope`; that is how fast the dual objective rises. Along the
//! way prices of nonbasic variables meet the next slope of their cost. A variable that has another breakpoint behind can
//! be moved on to it, which takes `width·|a|` off the slope. The last breakpoint before the slope turns is where the
//! entering variable is found. The leaving variable has breakpoints of its own in the same way.

use super::form::Form;
use super::variables::Variables;

/// A pivot element below this is no pivot.
const SMALLEST: f64 = 1e-9;
/// Breakpoints whose prices differ by less than this are met at the same time: the largest pivot among them is taken
/// (Harris 1973).
const HARRIS: f64 = 1e-10;
/// A pivot below this is avoided where an earlier breakpoint has a larger one.
const WEAK: f64 = 1e-6;

/// A breakpoint ahead of a nonbasic variable, or of the leaving one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    /// Step at which the price meets the slope.
    pub(super) ratio: f64,
    /// Size of the pivot element; 1 for the leaving variable.
    pub(super) size: f64,
    pub(super) variable: u32,
    /// Breakpoint at which the variable is.
    pub(super) breakpoint: u32,
    /// Whether its price moves up.
    pub(super) up: bool,
}

/// Working space of the ratio test.
#[derive(Debug, Default)]
pub(super) struct RatioTest {
    /// Nonbasic variables with a nonzero in the row of the leaving variable, with the direction of the step.
    pub(super) row: Vec<(u32, f64)>,
    pub(super) candidates: Vec<Candidate>,
    /// Candidates that were passed, in order, as they were before.
    passed: Vec<(u32, Candidate)>,
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
    pub(super) fn clear(&mut self) {
        self.row.clear();
        self.candidates.clear();
        self.passed.clear();
    }

    /// Adds a nonbasic variable whose price moves by `a` per unit of the step.
    #[inline]
    pub(super) fn push(&mut self, vars: &Variables, variable: usize, a: f64) {
        self.row.push((variable as u32, a));
        let size = a.abs();
        if size < SMALLEST {
            return;
        }
        let up = a > 0.0;
        let price = vars.price[variable];
        let gap = if up { vars.above[variable] - price } else { price - vars.below[variable] };
        if gap < f64::INFINITY {
            let ratio = gap.max(0.0) / size;
            let breakpoint = vars.place[variable];
            self.candidates.push(Candidate { ratio, size, variable: variable as u32, breakpoint, up });
        }
    }

    /// Walks from breakpoint to breakpoint until the slope turns.
    ///
    /// Of breakpoints that are met together, one behind which there is room for all that is left is taken at once: to
    /// pass the others would move variables for nothing, and what they move may leave its own bounds.
    pub(super) fn walk(&mut self, form: &Form, mut slope: f64) -> Found {
        loop {
            let mut limit = f64::INFINITY;
            for candidate in &self.candidates {
                limit = limit.min(candidate.ratio + HARRIS / candidate.size);
            }
            if limit == f64::INFINITY {
                return Found::Unbounded;
            }
            let mut best = (false, 0.0, usize::MAX);
            for (i, candidate) in self.candidates.iter().enumerate() {
                if candidate.ratio > limit {
                    continue;
                }
                let piece = candidate.breakpoint as usize + usize::from(candidate.up);
                let (width, _) = Variables::beyond(form, candidate.variable as usize, piece, candidate.up);
                let room = width * candidate.size;
                let roomy = room >= slope && candidate.size >= WEAK;
                let value = if roomy { candidate.size } else { room };
                if (roomy, value) > (best.0, best.1) || best.2 == usize::MAX {
                    best = (roomy, value, i);
                }
            }
            let chosen = best.2;
            let candidate = self.candidates[chosen];
            let piece = candidate.breakpoint as usize + usize::from(candidate.up);
            let (width, next) = Variables::beyond(form, candidate.variable as usize, piece, candidate.up);
            let rest = slope - width * candidate.size;
            if rest <= 0.0 || rest.is_nan() {
                return Found::Blocking(self.choose(chosen));
            }
            slope = rest;
            self.passed.push((chosen as u32, candidate));
            let before = Self::slope(form, candidate.variable as usize, piece);
            let moved = &mut self.candidates[chosen];
            moved.breakpoint = if candidate.up { candidate.breakpoint + 1 } else { candidate.breakpoint - 1 };
            moved.ratio =
                if next.is_finite() { candidate.ratio + (next - before).abs() / candidate.size } else { f64::INFINITY };
        }
    }

    fn slope(form: &Form, variable: usize, piece: usize) -> f64 {
        form.costs.cost(variable).slopes[piece]
    }

    /// The candidate to stop at; if its pivot is weak, an earlier one that was passed.
    fn choose(&mut self, chosen: usize) -> usize {
        if self.candidates[chosen].size >= WEAK {
            return chosen;
        }
        let Some(last) = self.passed.iter().rposition(|(_, candidate)| candidate.size >= WEAK) else { return chosen };
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
