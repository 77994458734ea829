/// Equal steps that numbers are counted by, in 16 bits: number `q` of a grid is `origin + q·step`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Grid {
    pub(super) origin: f64,
    pub(super) step: f64,
}

/// Steps of a grid from its lower to its upper end, some fewer than there are: neither rounding leads past an end.
const STEPS: f64 = 65_530.0;

impl Grid {
    /// Over the numbers from `least` to `largest`.
    pub(super) fn over(least: f64, largest: f64) -> Self {
        // Halves first: the difference of two numbers may be too large for one.
        let step = ((largest / STEPS - least / STEPS).max(f64::MIN_POSITIVE)).next_up();
        Self { origin: 0.5 * least + 0.5 * largest, step }
    }

    fn steps(self, value: f64) -> f64 {
        (value - self.origin) / self.step
    }

    /// The highest number that is not above `value`, within rounding; the last one where there is none.
    pub(super) fn below(self, value: f64) -> i16 {
        self.steps(value).floor() as i16
    }

    /// The lowest number that is not below `value`, within rounding; the first one where `value` is below the grid.
    pub(super) fn above(self, value: f64) -> i16 {
        self.steps(value).ceil() as i16
    }

    /// The number that is nearest to `value`: not farther than half a step on the grid.
    pub(super) fn nearest(self, value: f64) -> i16 {
        self.steps(value).round() as i16
    }
}

#[cfg(test)]
mod tests {
    use super::Grid;

    #[test]
    fn nothing_is_farther_than_a_grid_says() {
        for (least, largest) in [
            (-1.0, 1.0),
            (0.0, 1e9),
            (-3e5, -2e5),
            (7.0, 7.0),
            (0.0, 0.0),
            (0.0, 1e-310),
            (-1e308, 1e308),
            (1e20, 1.1e20),
        ] {
            let grid = Grid::over(least, largest);
            let rounding = 4.0 * f64::EPSILON * f64::max(least.abs(), largest.abs());
            let number = |q: i16| grid.origin + f64::from(q) * grid.step;
            for k in 0..=1000 {
                let share = f64::from(k) / 1000.0;
                let value = (least * (1.0 - share) + largest * share).clamp(least, largest);
                let (below, nearest, above) = (grid.below(value), grid.nearest(value), grid.above(value));
                assert!(number(below) <= value + rounding && value - rounding <= number(above), "{value} on {grid:?}");
                assert!((number(nearest) - value).abs() <= 0.5 * grid.step + rounding, "{value} on {grid:?}");
                assert!((below..=above).contains(&nearest) && i32::from(above) - i32::from(below) <= 1);
                assert!(below > i16::MIN && above < i16::MAX, "{value} is at the end of {grid:?}");
            }
            assert_eq!(grid.above(f64::NEG_INFINITY), i16::MIN);
        }
    }
}
