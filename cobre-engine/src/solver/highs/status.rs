//! HiGHS' codes of a basis and of an outcome, mapped to ours and back.

use crate::solver::{BasisStatus, LpStatus};
use highs_sys as c;

/// The code of a variable that is basic.
pub(super) const BASIC: i32 = c::kHighsBasisStatusBasic;
/// The code of a variable at its lower bound.
pub(super) const LOWER: i32 = c::kHighsBasisStatusLower;
/// The outcome of a model that HiGHS does not take.
pub(super) const MODEL_REFUSED: LpStatus = LpStatus::Failed(c::kHighsModelStatusModelError);

/// The outcome of a run.
pub(super) fn outcome(code: i32) -> LpStatus {
    match code {
        c::kHighsModelStatusOptimal => LpStatus::Optimal,
        c::kHighsModelStatusInfeasible => LpStatus::Infeasible,
        c::kHighsModelStatusUnbounded => LpStatus::Unbounded,
        other => LpStatus::Failed(other),
    }
}

/// The status of a variable, by its code.
pub(super) fn from_code(code: i32) -> BasisStatus {
    match code {
        c::kHighsBasisStatusBasic => BasisStatus::Basic,
        c::kHighsBasisStatusUpper => BasisStatus::Upper,
        c::kHighsBasisStatusZero => BasisStatus::Free,
        // "Nonbasic" without a side is at the lower bound where there is one; `to_code` mends it where not.
        _ => BasisStatus::Lower,
    }
}

/// The code of a status; a bound that does not exist gives way to the one that does.
pub(super) fn to_code(status: BasisStatus, lower: f64, upper: f64) -> i32 {
    match status {
        BasisStatus::Basic => c::kHighsBasisStatusBasic,
        BasisStatus::Upper if upper.is_finite() => c::kHighsBasisStatusUpper,
        _ if lower.is_finite() => c::kHighsBasisStatusLower,
        _ if upper.is_finite() => c::kHighsBasisStatusUpper,
        _ => c::kHighsBasisStatusZero,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_that_does_not_exist_gives_way() {
        let infinity = f64::INFINITY;
        assert_eq!(from_code(to_code(BasisStatus::Upper, 0.0, infinity)), BasisStatus::Lower);
        assert_eq!(from_code(to_code(BasisStatus::Lower, -infinity, 3.0)), BasisStatus::Upper);
        assert_eq!(from_code(to_code(BasisStatus::Lower, -infinity, infinity)), BasisStatus::Free);
        assert_eq!(from_code(to_code(BasisStatus::Upper, 0.0, 3.0)), BasisStatus::Upper);
    }
}
