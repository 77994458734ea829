-- Mean energy of every stage by where it comes from; what is not served is a source of its own.
WITH energy AS (
  SELECT stage_id, 'hydro' AS source, sum(generation_mwh) AS energy_mwh FROM hydros GROUP BY stage_id
  UNION ALL
  SELECT stage_id, 'thermal' AS source, sum(generation_mwh) AS energy_mwh FROM thermals GROUP BY stage_id
  UNION ALL
  SELECT stage_id, 'deficit' AS source, sum(deficit_mwh) AS energy_mwh FROM buses GROUP BY stage_id
),
means AS (
  SELECT stage_id, source, energy_mwh / (SELECT count(*) FROM scenario_summary) AS mean_mwh
  FROM energy
)
SELECT
  stage_id,
  source,
  mean_mwh,
  mean_mwh / sum(mean_mwh) OVER (PARTITION BY stage_id) AS share
FROM means
