/// What is asked of the table of thermal plants.
pub(crate) const QUESTIONS: [(&str, &str); 6] = [
    ("count of rows", "SELECT count(*) AS n FROM thermals"),
    (
        "sums by plant and stage, all rows",
        "SELECT thermal_id, stage_id, sum(generation_mwh) AS mwh, sum(generation_cost) AS cost FROM thermals \
         GROUP BY thermal_id, stage_id ORDER BY thermal_id, stage_id",
    ),
    (
        "one stage",
        "SELECT thermal_id, avg(generation_mw) AS mw, max(generation_mw) AS most FROM thermals WHERE stage_id = 5 \
         GROUP BY thermal_id ORDER BY thermal_id",
    ),
    (
        "dearest scenarios",
        "SELECT scenario_id, sum(generation_cost) AS cost FROM thermals GROUP BY scenario_id \
         ORDER BY cost DESC, scenario_id LIMIT 20",
    ),
    (
        "one scenario",
        "SELECT stage_id, sum(generation_mwh) AS mwh FROM thermals WHERE scenario_id = 900 GROUP BY stage_id \
         ORDER BY stage_id",
    ),
    (
        "a group per row",
        "SELECT sum(mwh) AS mwh FROM (SELECT scenario_id, stage_id, thermal_id, sum(generation_mwh) AS mwh FROM thermals \
         GROUP BY scenario_id, stage_id, thermal_id)",
    ),
];
