use datafusion::error::{DataFusionError, Result};

use super::sample::Weighted;

/// A statistic that depends on the order of the values alone, not on that of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Statistic {
    /// `cvar(x, tail_probability [, weight])`: mean of the greatest values, as many as have `tail_probability` of the
    /// weight; of the value at the edge counts the part that is missing.
    Cvar,
    /// `quantile(x, p)`: linear between order statistics, type 7 of Hyndman and Fan.
    Quantile,
    /// `weighted_quantile(x, weight, p)`: linear between the middles of the weights, type 7 where all are equal.
    WeightedQuantile,
}

impl Statistic {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Cvar => "cvar",
            Self::Quantile => "quantile",
            Self::WeightedQuantile => "weighted_quantile",
        }
    }

    /// Numbers of arguments it takes.
    pub(super) fn arities(self) -> &'static [usize] {
        match self {
            Self::Cvar => &[2, 3],
            Self::Quantile => &[2],
            Self::WeightedQuantile => &[3],
        }
    }

    /// Position of its probability among `arity` arguments.
    pub(super) fn probability_argument(self) -> usize {
        if self == Self::WeightedQuantile { 2 } else { 1 }
    }

    /// Position of its weight among `arity` arguments, if it has one.
    pub(super) fn weight_argument(self, arity: usize) -> Option<usize> {
        match self {
            Self::Cvar => (arity == 3).then_some(2),
            Self::Quantile => None,
            Self::WeightedQuantile => Some(1),
        }
    }

    /// Its probability, if it can be one.
    pub(super) fn checked(self, probability: f64) -> Result<f64> {
        let (holds, expected) = match self {
            Self::Cvar => (probability > 0.0 && probability <= 1.0, "tail probability has to be in (0, 1]"),
            Self::Quantile | Self::WeightedQuantile => {
                ((0.0..=1.0).contains(&probability), "probability has to be in [0, 1]")
            }
        };
        let name = self.name();
        let refused = || DataFusionError::Plan(format!("{name}: the {expected}, it is {probability}"));
        holds.then_some(probability).ok_or_else(refused)
    }

    /// Its value; none without values, or without weight. A value that is no number makes none of it.
    pub(super) fn of_values(self, values: &mut [f64], probability: f64) -> Option<f64> {
        if values.iter().any(|value| value.is_nan()) {
            return Some(f64::NAN);
        }
        if values.is_empty() {
            return None;
        }
        Some(match self {
            Self::Cvar => cvar(values, probability),
            Self::Quantile | Self::WeightedQuantile => quantile(values, probability),
        })
    }

    /// As [`of_values`](Self::of_values), of values with weights.
    pub(super) fn of_weighted(self, sample: &mut Vec<Weighted>, probability: f64) -> Option<f64> {
        sample.retain(|at| at.weight > 0.0);
        if sample.iter().any(|at| at.value.is_nan()) {
            return Some(f64::NAN);
        }
        sample.sort_unstable_by(|a, b| a.value.total_cmp(&b.value).then(a.weight.total_cmp(&b.weight)));
        match self {
            Self::Cvar => weighted_cvar(sample, probability),
            Self::Quantile | Self::WeightedQuantile => weighted_quantile(sample, probability),
        }
    }
}

/// Mean of the greatest `tail·n` values, the sum taken from the greatest on.
fn cvar(values: &mut [f64], tail: f64) -> f64 {
    let weight = values.len() as f64 * tail;
    let whole = (weight.floor() as usize).min(values.len());
    let share = weight - whole as f64;
    // Only the tail and the value at its edge have to be in order.
    let ordered = values.len() - (whole + 1).min(values.len());
    if ordered > 0 {
        values.select_nth_unstable_by(ordered, f64::total_cmp);
    }
    let ordered = &mut values[ordered..];
    ordered.sort_unstable_by(f64::total_cmp);
    let (edge, tail) = ordered.split_at(ordered.len() - whole);
    let edge = edge.last().filter(|_| share > 0.0).map_or(0.0, |edge| share * edge);
    (tail.iter().rev().sum::<f64>() + edge) / weight
}

/// The value at position `(n − 1)·p`, counted from 0.
fn quantile(values: &mut [f64], probability: f64) -> f64 {
    let position = (values.len() - 1) as f64 * probability;
    let below = position.floor() as usize;
    let (_, &mut low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    between(low, high, position - below as f64)
}

/// The value at `share` of the way from `low` to `high`.
fn between(low: f64, high: f64, share: f64) -> f64 {
    // Also where the values are infinite.
    if share > 0.0 && low < high { low + share * (high - low) } else { low }
}

fn weighted_cvar(sorted: &[Weighted], tail: f64) -> Option<f64> {
    let target = tail * sorted.iter().map(|at| at.weight).sum::<f64>();
    let (mut left, mut sum) = (target, 0.0);
    for at in sorted.iter().rev() {
        if at.weight >= left {
            sum += if left > 0.0 { left * at.value } else { 0.0 };
            break;
        }
        sum += at.weight * at.value;
        left -= at.weight;
    }
    (target > 0.0).then_some(sum / target)
}

/// The value whose position is `p` of the way from the middle of the first weight to the middle of the last.
fn weighted_quantile(sorted: &[Weighted], probability: f64) -> Option<f64> {
    let (first, last) = (sorted.first()?, sorted.last()?);
    let total: f64 = sorted.iter().map(|at| at.weight).sum();
    let target = probability * (total - f64::midpoint(first.weight, last.weight));
    let mut middle = 0.0;
    for pair in sorted.windows(2) {
        let next = middle + f64::midpoint(pair[0].weight, pair[1].weight);
        if target < next {
            let share = (target - middle) / (next - middle);
            return Some(between(pair[0].value, pair[1].value, share));
        }
        middle = next;
    }
    Some(last.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cobre_data::output::CostStatistics;

    fn costs() -> Vec<f64> {
        (0..331).map(|i| f64::from(i * 197 % 331).powi(2) / 7.0 - 900.0).collect()
    }

    fn weighted(values: &[f64], weight: impl Fn(usize) -> f64) -> Vec<Weighted> {
        values.iter().enumerate().map(|(i, &value)| Weighted { value, weight: weight(i) }).collect()
    }

    #[test]
    fn they_are_the_statistics_of_the_cost_table_to_the_bit() {
        let table = CostStatistics::of(&costs()).expect("costs");
        for (statistic, of_table) in [(Statistic::Cvar, &table.cvar), (Statistic::Quantile, &table.quantiles)] {
            for at in of_table {
                let plain = statistic.of_values(&mut costs(), at.probability);
                assert_eq!(plain, Some(at.value), "{statistic:?} {}", at.probability);
                let equal = statistic.of_weighted(&mut weighted(&costs(), |_| 1.0), at.probability);
                assert_eq!(equal, plain, "{statistic:?} {} with equal weights", at.probability);
            }
        }
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter() {
        let weights = |i: usize| 0.1 + (i % 7) as f64;
        for statistic in [Statistic::Cvar, Statistic::WeightedQuantile] {
            let mut sample = weighted(&costs(), weights);
            let expected = statistic.of_weighted(&mut sample.clone(), 0.3);
            for turn in [1, 17, 200] {
                sample.rotate_left(turn);
                assert_eq!(statistic.of_weighted(&mut sample.clone(), 0.3), expected);
            }
        }
    }

    #[test]
    fn a_weight_of_two_counts_twice_in_the_tail() {
        let once = [3.0, 8.0, 1.0, 5.0];
        let twice = [3.0, 8.0, 8.0, 1.0, 5.0, 5.0];
        let mut sample = weighted(&once, |i| if i % 2 == 1 { 2.0 } else { 1.0 });
        for tail in [0.1, 0.5, 0.7, 1.0] {
            let repeated = Statistic::Cvar.of_values(&mut twice.to_vec(), tail).expect("values");
            let found = Statistic::Cvar.of_weighted(&mut sample, tail).expect("values");
            assert!((found - repeated).abs() < 1e-14, "{tail}: {found} {repeated}");
        }
    }

    #[test]
    fn the_weighted_quantile_moves_towards_the_weight() {
        let sample = || weighted(&[0.0, 10.0, 20.0], |i| [1.0, 1.0, 6.0][i]);
        let at = |p| Statistic::WeightedQuantile.of_weighted(&mut sample(), p);
        // Middles at 0, 1 and 4.5.
        assert_eq!(at(0.0), Some(0.0));
        assert_eq!(at(1.0 / 4.5), Some(10.0));
        assert_eq!(at(2.75 / 4.5), Some(15.0));
        assert_eq!(at(1.0), Some(20.0));
    }

    #[test]
    fn what_is_empty_weightless_or_no_number_has_no_value() {
        for statistic in [Statistic::Cvar, Statistic::Quantile, Statistic::WeightedQuantile] {
            assert_eq!(statistic.of_values(&mut [], 0.5), None);
            assert_eq!(statistic.of_weighted(&mut weighted(&[1.0], |_| 0.0), 0.5), None);
            assert!(statistic.of_values(&mut [1.0, f64::NAN], 0.5).is_some_and(f64::is_nan));
            statistic.checked(1.5).expect_err("no probability");
            statistic.checked(f64::NAN).expect_err("no probability");
        }
        Statistic::Cvar.checked(0.0).expect_err("no tail");
        Statistic::Quantile.checked(0.0).expect("a probability");
    }

    #[test]
    fn infinite_costs_are_values() {
        let mut values = [1.0, f64::INFINITY, 2.0, 3.0];
        assert_eq!(Statistic::Quantile.of_values(&mut values, 1.0), Some(f64::INFINITY));
        assert_eq!(Statistic::Quantile.of_values(&mut values, 1.0 / 3.0), Some(2.0));
        assert_eq!(Statistic::Cvar.of_values(&mut [f64::NEG_INFINITY, 1.0], 0.5), Some(1.0));
    }
}
