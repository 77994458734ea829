-- Dual of the water balance, plant by plant: negative where water saves money. It is one value per stage.
SELECT
  stage_id,
  hydro_id,
  avg(water_value_per_hm3) AS mean_per_hm3,
  quantile(water_value_per_hm3, 0.05) AS p5_per_hm3,
  quantile(water_value_per_hm3, 0.5) AS median_per_hm3,
  quantile(water_value_per_hm3, 0.95) AS p95_per_hm3
FROM hydros
WHERE block_id = 0
GROUP BY stage_id, hydro_id
