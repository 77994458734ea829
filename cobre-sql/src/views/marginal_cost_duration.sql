-- For every marginal cost that occurs at a bus in a stage: the share of all scenario-hours in which it is reached or
-- exceeded.
WITH hours AS (
  SELECT stage_id, block_id, max(load_mwh / nullif(load_mw, 0.0)) AS hours
  FROM buses
  GROUP BY stage_id, block_id
),
costs AS (
  SELECT stage_id, block_id, bus_id, spot_price, count(*) AS n_scenarios
  FROM buses
  GROUP BY stage_id, block_id, bus_id, spot_price
),
weighted AS (
  SELECT stage_id, bus_id, spot_price, sum(n_scenarios * hours) AS scenario_hours
  FROM costs
  JOIN hours USING (stage_id, block_id)
  GROUP BY stage_id, bus_id, spot_price
)
SELECT
  stage_id,
  bus_id,
  spot_price AS marginal_cost_per_mwh,
  sum(scenario_hours) OVER (
    PARTITION BY stage_id, bus_id
    ORDER BY spot_price DESC
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) / sum(scenario_hours) OVER (PARTITION BY stage_id, bus_id) AS share_of_hours
FROM weighted
