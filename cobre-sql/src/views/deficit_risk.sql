-- Demand that is not served, bus by bus. A scenario counts as one with a deficit from 1 kWh in the stage on.
WITH stages AS (
  SELECT stage_id, bus_id, scenario_id, sum(deficit_mwh) AS deficit_mwh, sum(load_mwh) AS load_mwh
  FROM buses
  GROUP BY stage_id, bus_id, scenario_id
)
SELECT
  stage_id,
  bus_id,
  avg(CASE WHEN deficit_mwh >= 0.001 THEN 1.0 ELSE 0.0 END) AS probability,
  avg(deficit_mwh) AS expected_deficit_mwh,
  cvar(deficit_mwh, 0.05) AS cvar_5_deficit_mwh,
  max(deficit_mwh) AS max_deficit_mwh,
  sum(deficit_mwh) / nullif(sum(load_mwh), 0.0) AS share_of_load
FROM stages
GROUP BY stage_id, bus_id
