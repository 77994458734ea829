-- What every iteration brought, and what it had cost until then.
SELECT
  iteration,
  lower_bound,
  lower_bound - lag(lower_bound) OVER (ORDER BY iteration) AS lower_bound_gain,
  upper_bound AS simulated_cost,
  upper_bound_std AS simulated_cost_std,
  gap_percent,
  cuts_active,
  sum(lp_solves) OVER (ORDER BY iteration ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS lp_solves_so_far,
  sum(time_total_ms) OVER (ORDER BY iteration ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS time_so_far_ms
FROM convergence
