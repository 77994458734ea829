use cobre_engine::system::Limits;

/// Relative tolerance of comparisons with a limit.
const TOLERANCE: f64 = 1e-9;

const DEACTIVATED: i8 = 0;
const OPERATING: i8 = 2;
const SATURATED: i8 = 3;

/// A value and the limits it runs within.
pub(super) type Limited = (f64, Limits);

/// `operative_state_code` of a thermal plant from its generation.
pub(super) fn thermal_state(generation: Limited) -> i8 {
    state(is_closed(generation), is_full(generation))
}

/// `operative_state_code` of a hydro plant: deactivated where it can turbine or generate nothing, saturated where
/// either is at its maximum.
pub(super) fn hydro_state(turbined: Limited, generation: Limited) -> i8 {
    state(is_closed(turbined) || is_closed(generation), is_full(turbined) || is_full(generation))
}

/// `operative_state_code` of a line: deactivated where it carries nothing either way, saturated where a direction that
/// it has is full.
pub(super) fn line_state(direct: Limited, reverse: Limited) -> i8 {
    let is_saturated = |flow| !is_closed(flow) && is_full(flow);
    state(is_closed(direct) && is_closed(reverse), is_saturated(direct) || is_saturated(reverse))
}

fn state(is_deactivated: bool, is_saturated: bool) -> i8 {
    if is_deactivated {
        DEACTIVATED
    } else if is_saturated {
        SATURATED
    } else {
        OPERATING
    }
}

fn is_closed((_, limits): Limited) -> bool {
    limits.min == 0.0 && limits.max == 0.0
}

fn is_full((value, limits): Limited) -> bool {
    reaches(value, limits.max, limits)
}

/// `storage_binding_code`: 0 between the limits, 1 at or below the minimum, 2 at or above the maximum, 3 both.
pub(super) fn binding(value: f64, limits: Limits) -> i8 {
    let at_minimum = -value >= -limits.min - slack(limits);
    let at_maximum = reaches(value, limits.max, limits);
    i8::from(at_minimum) + 2 * i8::from(at_maximum)
}

fn reaches(value: f64, maximum: f64, limits: Limits) -> bool {
    maximum.is_finite() && value >= maximum - slack(limits)
}

/// What counts as equal: a share of the range, or of the magnitude where the range is empty or infinite.
fn slack(limits: Limits) -> f64 {
    let range = limits.max - limits.min;
    TOLERANCE * if range.is_finite() && range > 0.0 { range } else { limits.min.abs().max(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_binds_at_its_limits() {
        let limits = Limits::new(100.0, 300.0);
        for (value, code) in [
            (99.0, 1),
            (100.0, 1),
            (100.0 + 1e-7, 1),
            (100.0 + 1e-6, 0),
            (200.0, 0),
            (300.0 - 1e-6, 0),
            (300.0 - 1e-7, 2),
            (301.0, 2),
        ] {
            assert_eq!(binding(value, limits), code, "{value}");
        }
        assert_eq!(binding(50.0, Limits::new(50.0, 50.0)), 3);
        assert_eq!(binding(1e12, Limits::new(0.0, f64::INFINITY)), 0);
    }

    #[test]
    fn state_follows_the_limits() {
        let (open, closed) = (Limits::new(0.0, 10.0), Limits::new(0.0, 0.0));
        assert_eq!(thermal_state((0.0, closed)), DEACTIVATED);
        assert_eq!(thermal_state((5.0, open)), OPERATING);
        assert_eq!(thermal_state((10.0, open)), SATURATED);
        assert_eq!(thermal_state((1e9, Limits::new(0.0, f64::INFINITY))), OPERATING);
        assert_eq!(hydro_state((5.0, open), (10.0, open)), SATURATED);
        assert_eq!(hydro_state((5.0, open), (5.0, open)), OPERATING);
        assert_eq!(hydro_state((0.0, closed), (0.0, open)), DEACTIVATED);
        assert_eq!(line_state((0.0, closed), (0.0, closed)), DEACTIVATED);
        assert_eq!(line_state((5.0, open), (0.0, closed)), OPERATING);
        assert_eq!(line_state((0.0, open), (10.0, open)), SATURATED);
    }
}
