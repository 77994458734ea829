//! Ranges a number of a case must lie in.

use std::fmt;

/// An interval of finite numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    min: f64,
    max: f64,
    above_min: bool,
}

impl Range {
    /// Any finite number.
    pub(super) const FINITE: Self = Self { min: f64::NEG_INFINITY, max: f64::INFINITY, above_min: false };
    /// At least 0.
    pub(super) const NOT_NEGATIVE: Self = Self::within(0.0, f64::INFINITY);
    /// Above 0.
    pub(super) const POSITIVE: Self = Self::above(0.0, f64::INFINITY);
    /// A share, 0 and 1 included.
    pub(super) const SHARE: Self = Self::within(0.0, 1.0);

    /// Both ends included.
    pub(super) const fn within(min: f64, max: f64) -> Self {
        Self { min, max, above_min: false }
    }

    /// The lower end excluded.
    pub(super) const fn above(min: f64, max: f64) -> Self {
        Self { min, max, above_min: true }
    }

    /// Whether the number is finite and in the interval.
    pub(super) fn contains(self, value: f64) -> bool {
        value.is_finite() && value <= self.max && if self.above_min { value > self.min } else { value >= self.min }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min.is_finite(), self.max.is_finite()) {
            (false, false) => f.write_str("a finite number"),
            (false, true) => write!(f, "a number of at most {}", self.max),
            (true, false) if self.above_min => write!(f, "a finite number above {}", self.min),
            (true, false) => write!(f, "a finite number of at least {}", self.min),
            (true, true) => {
                let open = if self.above_min { '(' } else { '[' };
                write!(f, "a number in {open}{}, {}]", self.min, self.max)
            }
        }
    }
}
