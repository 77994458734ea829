-- The discounted cost of a scenario: one row, the numbers of the table cost_statistics.
SELECT
  CAST(max(value) FILTER (WHERE statistic = 'n_scenarios') AS BIGINT) AS n_scenarios,
  max(value) FILTER (WHERE statistic = 'mean') AS mean_cost,
  max(value) FILTER (WHERE statistic = 'std') AS std_cost,
  max(value) FILTER (WHERE statistic = 'min') AS min_cost,
  max(value) FILTER (WHERE statistic = 'quantile' AND probability = 0.05) AS p5_cost,
  max(value) FILTER (WHERE statistic = 'quantile' AND probability = 0.25) AS p25_cost,
  max(value) FILTER (WHERE statistic = 'quantile' AND probability = 0.5) AS median_cost,
  max(value) FILTER (WHERE statistic = 'quantile' AND probability = 0.75) AS p75_cost,
  max(value) FILTER (WHERE statistic = 'quantile' AND probability = 0.95) AS p95_cost,
  max(value) FILTER (WHERE statistic = 'max') AS max_cost,
  max(value) FILTER (WHERE statistic = 'cvar' AND probability = 0.05) AS cvar_5_cost
FROM cost_statistics
