//! Functions that SQL gains.

mod order_statistic;
mod sample;
mod sample_groups;
mod statistic;

use datafusion::logical_expr::AggregateUDF;

use order_statistic::OrderStatistic;
use statistic::Statistic;

/// `cvar`, `quantile` and `weighted_quantile`.
pub(crate) fn aggregates() -> Vec<AggregateUDF> {
    [Statistic::Cvar, Statistic::Quantile, Statistic::WeightedQuantile]
        .map(|statistic| AggregateUDF::new_from_impl(OrderStatistic::new(statistic)))
        .into()
}
