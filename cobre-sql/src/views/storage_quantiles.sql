-- Storage at the end of every stage, plant by plant. It is one value per stage, repeated in the rows of its blocks.
SELECT
  stage_id,
  hydro_id,
  quantile(storage_final_hm3, 0.05) AS p5_hm3,
  quantile(storage_final_hm3, 0.25) AS p25_hm3,
  quantile(storage_final_hm3, 0.5) AS median_hm3,
  quantile(storage_final_hm3, 0.75) AS p75_hm3,
  quantile(storage_final_hm3, 0.95) AS p95_hm3,
  avg(storage_final_hm3) AS mean_hm3
FROM hydros
WHERE block_id = 0
GROUP BY stage_id, hydro_id
