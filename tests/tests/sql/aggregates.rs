//! Statistics that depend on the values alone, and views that a run has or has not.

use arrow::array::RecordBatch;
use cobre_sql::SqlError;
use serde_json::json;

use super::session::Asker;
use crate::recovery::case::CaseCopy;
use crate::recovery::kill::Place;

/// A run of the small study in many files.
fn recorded(change: impl FnOnce(&mut serde_json::Value)) -> Place {
    let place = Place::disk();
    let case = CaseCopy::small(|config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 3}]);
        config["exports"]["results"]["bucket_size"] = json!(7);
        change(config);
    });
    let (code, messages) = place.run(&case.path(), "base", &[]);
    assert_eq!(code, Some(0), "{messages}");
    place
}

const QUESTIONS: [&str; 3] = [
    "SELECT stage_id, hydro_id, cvar(spillage_m3s + inflow_m3s, 0.33), cvar(inflow_m3s, 0.33, storage_final_hm3), \
     quantile(storage_final_hm3, 0.31), weighted_quantile(inflow_m3s, generation_mw, 0.77) FROM hydros \
     GROUP BY stage_id, hydro_id ORDER BY stage_id, hydro_id",
    "SELECT cvar(generation_cost, 0.05), quantile(generation_cost, 0.95) FROM thermals",
    "SELECT scenario_id, quantile(generation_mw, 0.9), cvar(generation_mw, 0.01, thermal_id) FROM thermals \
     GROUP BY scenario_id ORDER BY scenario_id",
];

#[test]
fn statistics_are_the_same_bits_for_any_number_of_threads() {
    let place = recorded(|_| ());
    let answers = |threads: usize| -> Vec<RecordBatch> {
        let mut asker = Asker::of(&place, &[("base", "base")], threads);
        // Small batches: the values of a group come in many parts.
        asker.ask("SET datafusion.execution.batch_size = 100");
        QUESTIONS.map(|question| asker.ask(question)).into()
    };
    let expected = answers(1);
    assert_eq!(expected.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [48, 1, 160]);
    for threads in [2, 3, 8] {
        assert_eq!(answers(threads), expected, "{threads} threads");
    }
}

#[test]
fn statistics_of_many_groups_spill_and_stay_the_same() {
    let place = recorded(|_| ());
    let question = "SELECT scenario_id, stage_id, quantile(generation_mw, 0.5) AS median, cvar(generation_mw, 0.1, cost) \
                    AS worst FROM (SELECT scenario_id, stage_id, generation_mw, 1.0 + generation_cost AS cost FROM \
                    thermals) AS t GROUP BY scenario_id, stage_id ORDER BY scenario_id, stage_id";
    let mut whole = Asker::of(&place, &[("base", "base")], 2);
    let expected = whole.ask(question);
    assert_eq!(expected.num_rows(), 160 * 12);
    // From too little memory to enough: between them is what spills.
    let mut n_spilled = 0;
    for half_mebibytes in std::iter::once(4).chain(18..=40) {
        let mut tight = Asker::with_memory(&place, &[("base", "base")], 2, half_mebibytes << 19);
        match tight.try_ask(question) {
            Ok(answer) => {
                assert_eq!(answer, expected, "{half_mebibytes} halves of a MiB");
                // Which thread gets the memory first decides at the limit, so the same question may fail now.
                match tight.try_plan(&format!("ANALYZE {question}")) {
                    Ok(plan) => n_spilled += spills(&plan),
                    Err(error) => assert_exhausted(&error),
                }
            }
            Err(error) => assert_exhausted(&error),
        }
        println!("{half_mebibytes} halves of a MiB: {n_spilled} files spilled until now");
    }
    assert!(n_spilled > 0, "nothing was spilled");
}

fn assert_exhausted(error: &SqlError) {
    assert!(error.to_string().contains("Resources exhausted"), "{error}");
}

/// Files that the operators of a plan spilled to.
fn spills(plan: &str) -> usize {
    let counts = plan.split("spill_count=").skip(1);
    let digits = counts.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    digits.filter_map(|digits| digits.parse::<usize>().ok()).sum()
}

#[test]
fn a_run_that_left_out_a_column_has_no_view_over_it_and_all_others() {
    let place = recorded(|config| {
        config["exports"]["results"]["columns"] = json!({"hydros": ["storage_final_hm3"]});
        config["exports"]["results"]["tables"] = json!(["hydros", "scenario_summary", "cost_statistics"]);
    });
    let mut asker = Asker::of(&place, &[("base", "base")], 1);
    assert_eq!(asker.count("SELECT count(*) FROM storage_quantiles"), 48);
    assert_eq!(asker.count("SELECT n_scenarios FROM cost_distribution"), 160);
    for view in ["water_values", "deficit_risk", "generation_mix"] {
        let message = asker.refusal(&format!("SELECT * FROM {view}"));
        assert!(message.contains(view) && message.contains("not found"), "{message}");
    }
    // The columns of all tables can be listed.
    assert!(asker.count("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'base'") > 100);
}
