//! Risk measures over equiprobable openings.

/// How the values of the openings of a stage are folded into one.
///
/// `Cvar` is the convex combination `(1 − λ)·E + λ·CVaR_α` where **α is the tail fraction**: `α = 0.05` averages the
/// worst 5 %, `α = 1` is the expectation (Rockafellar and Uryasev 2000; Shapiro 2011 for its use in SDDP).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RiskMeasure {
    /// The mean.
    Expectation,
    /// Convex combination of the mean and the conditional value at risk.
    Cvar {
        /// Tail fraction in (0, 1].
        alpha: f64,
        /// Weight of the tail in [0, 1].
        lambda: f64,
    },
}

impl RiskMeasure {
    /// Writes the weights of the openings for the given values (costs: larger is worse) into `weights`; they are
    /// non-negative and sum to one, and `Σ weights·values` is the risk-adjusted value. `order` is scratch space.
    ///
    /// For `Cvar`: `µ = (1 − λ)·p + λ·ν`, ν putting `p/α` on the costliest openings until its mass is one. Ties are
    /// broken by position, so the weights depend on the values alone.
    pub fn weigh(self, values: &[f64], order: &mut Vec<usize>, weights: &mut Vec<f64>) {
        let n = values.len();
        let p = 1.0 / n as f64;
        weights.clear();
        let RiskMeasure::Cvar { alpha, lambda } = self else {
            weights.resize(n, p);
            return;
        };
        weights.resize(n, (1.0 - lambda) * p);
        order.clear();
        order.extend(0..n);
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
        let cap = p / alpha;
        let mut left = 1.0;
        for &k in order.iter() {
            let mass = cap.min(left);
            weights[k] += lambda * mass;
            left -= mass;
            if left <= 0.0 {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RiskMeasure;

    fn weights(measure: RiskMeasure, values: &[f64]) -> Vec<f64> {
        let (mut order, mut weights) = (Vec::new(), Vec::new());
        measure.weigh(values, &mut order, &mut weights);
        weights
    }

    #[test]
    fn expectation_is_uniform() {
        assert_eq!(weights(RiskMeasure::Expectation, &[3.0, 1.0]), [0.5, 0.5]);
    }

    #[test]
    fn cvar_keeps_the_floor_on_cheap_openings() {
        let measure = RiskMeasure::Cvar { alpha: 0.5, lambda: 0.5 };
        assert_eq!(weights(measure, &[1.0, 4.0, 2.0, 3.0]), [0.125, 0.375, 0.125, 0.375]);
    }

    #[test]
    fn cvar_with_alpha_one_is_the_expectation() {
        let measure = RiskMeasure::Cvar { alpha: 1.0, lambda: 0.7 };
        for weight in weights(measure, &[5.0, 1.0, 2.0]) {
            assert!((weight - 1.0 / 3.0).abs() < 1e-15);
        }
    }

    #[test]
    fn a_tail_smaller_than_one_opening_is_the_worst_one() {
        let measure = RiskMeasure::Cvar { alpha: 0.05, lambda: 1.0 };
        assert_eq!(weights(measure, &[1.0, 9.0, 2.0]), [0.0, 1.0, 0.0]);
    }
}
