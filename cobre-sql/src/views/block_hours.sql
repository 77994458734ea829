-- Hours of every block, from energy and power of the demand; null where no bus of the block has any.
SELECT
  stage_id,
  block_id,
  max(load_mwh / nullif(load_mw, 0.0)) AS hours
FROM buses
GROUP BY stage_id, block_id
