use serde::{Deserialize, Serialize};

use super::super::OutputError;
use super::super::destination::Destination;
use super::super::manifest::FileRecord;
use super::super::table_shape::TableShape;
use super::table_files::TableFiles;

/// Probabilities of the quantiles.
const QUANTILES: [f64; 9] = [0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99];
/// Shares of the scenarios, the costliest, whose mean is told.
const TAILS: [f64; 4] = [0.01, 0.05, 0.10, 0.25];

/// A value that belongs to a probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ProbabilityValue {
    /// Between 0 and 1.
    pub probability: f64,
    /// Value ($).
    pub value: f64,
}

/// Statistics of the discounted costs of simulated scenarios, every scenario as likely as the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CostStatistics {
    /// Scenarios.
    pub n_scenarios: u64,
    /// Mean ($).
    pub mean: f64,
    /// Sample standard deviation ($); none for one scenario.
    pub std: Option<f64>,
    /// Least cost ($).
    pub min: f64,
    /// Greatest cost ($).
    pub max: f64,
    /// Quantiles by probability, with linear interpolation between order statistics: type 7 of Hyndman and Fan,
    /// *Sample quantiles in statistical packages* (1996).
    pub quantiles: Vec<ProbabilityValue>,
    /// Means of the costliest share of the scenarios, the scenario at its edge counted in part: the conditional value
    /// at risk of Rockafellar and Uryasev, *Optimization of conditional value-at-risk* (2000).
    pub cvar: Vec<ProbabilityValue>,
}

impl CostStatistics {
    /// Statistics of `costs` ($), in the order of the scenarios; none without scenarios.
    pub fn of(costs: &[f64]) -> Option<Self> {
        let n = costs.len() as f64;
        let mut sorted = costs.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let mean = costs.iter().sum::<f64>() / n;
        let squares = || costs.iter().map(|cost| (cost - mean).powi(2)).sum::<f64>();
        let at = |probability, value: fn(&[f64], f64) -> f64| ProbabilityValue {
            probability,
            value: value(&sorted, probability),
        };
        Some(Self {
            n_scenarios: costs.len() as u64,
            mean,
            std: (costs.len() > 1).then(|| (squares() / (n - 1.0)).sqrt()),
            min,
            max,
            quantiles: QUANTILES.iter().map(|&p| at(p, quantile)).collect(),
            cvar: TAILS.iter().map(|&p| at(p, cvar)).collect(),
        })
    }

    /// The rows of the table: statistic, probability, value, ordered by the first two.
    fn rows(&self) -> Vec<(&'static str, Option<f64>, Option<f64>)> {
        let mut rows = Vec::new();
        rows.extend(self.cvar.iter().map(|at| ("cvar", Some(at.probability), Some(at.value))));
        rows.push(("max", None, Some(self.max)));
        rows.push(("mean", None, Some(self.mean)));
        rows.push(("min", None, Some(self.min)));
        rows.push(("n_scenarios", None, Some(self.n_scenarios as f64)));
        rows.extend(self.quantiles.iter().map(|at| ("quantile", Some(at.probability), Some(at.value))));
        rows.push(("std", None, self.std));
        rows
    }

    pub(super) fn write(
        &self,
        to: &Destination,
        shape: &TableShape,
        max_rows: Option<u64>,
    ) -> Result<Vec<FileRecord>, OutputError> {
        let mut files = TableFiles::whole(to, shape, max_rows);
        for (statistic, probability, value) in self.rows() {
            let file = files.file_for(1)?;
            file.begin(1)
                .text("statistic", statistic)
                .optional_float("probability", probability)
                .optional_float("value", value);
            file.end()?;
        }
        files.publish()
    }
}

/// Quantile of type 7: at position `(n − 1)·p`, counted from 0.
fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let position = (sorted.len() - 1) as f64 * probability;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let share = position - below as f64;
    sorted[below] + share * (sorted[above] - sorted[below])
}

/// Mean of the greatest `tail·n` values; of the value at the edge only the part that fills up `tail·n`.
fn cvar(sorted: &[f64], tail: f64) -> f64 {
    let weight = sorted.len() as f64 * tail;
    let whole = (weight.floor() as usize).min(sorted.len());
    let (rest, tail_values) = sorted.split_at(sorted.len() - whole);
    let edge = rest.last().map_or(0.0, |edge| (weight - whole as f64) * edge);
    (tail_values.iter().rev().sum::<f64>() + edge) / weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_of_a_hundred_values_are_known() {
        // 1 … 100 in another order.
        let costs: Vec<f64> = (0..100).map(|i| f64::from(i * 37 % 100 + 1)).collect();
        let statistics = CostStatistics::of(&costs).expect("scenarios");
        assert_eq!((statistics.n_scenarios, statistics.min, statistics.max), (100, 1.0, 100.0));
        assert_eq!(statistics.mean, 50.5);
        assert!((statistics.std.expect("many scenarios") - 841.666_666_666_666_7_f64.sqrt()).abs() < 1e-12);
        let values = |of: &[ProbabilityValue]| of.iter().map(|at| at.value).collect::<Vec<_>>();
        // What numpy.quantile says.
        let expected = [1.99, 5.95, 10.9, 25.75, 50.5, 75.25, 90.1, 95.05, 99.01];
        for (found, expected) in values(&statistics.quantiles).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        assert_eq!(values(&statistics.cvar), [100.0, 98.0, 95.5, 88.0]);
    }

    #[test]
    fn the_value_at_risk_minimises_the_formula_of_cvar() {
        let costs = [3.0, 8.0, 1.0, 5.0, 13.0, 2.0, 21.0];
        let mut sorted = costs.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        for tail in [0.01, 0.1, 0.25, 0.5, 0.9, 1.0] {
            let formula = |t: f64| t + costs.iter().map(|x| (x - t).max(0.0)).sum::<f64>() / (tail * 7.0);
            let least = costs.iter().map(|&t| formula(t)).fold(f64::INFINITY, f64::min);
            assert!((cvar(&sorted, tail) - least).abs() < 1e-12, "{tail}: {} {least}", cvar(&sorted, tail));
        }
    }

    #[test]
    fn one_scenario_is_its_own_statistics_and_none_has_none() {
        let statistics = CostStatistics::of(&[7.0]).expect("a scenario");
        assert_eq!((statistics.mean, statistics.std, statistics.min, statistics.max), (7.0, None, 7.0, 7.0));
        assert!(statistics.quantiles.iter().chain(&statistics.cvar).all(|at| (at.value - 7.0).abs() < 1e-14));
        assert_eq!(CostStatistics::of(&[]), None);
    }
}
