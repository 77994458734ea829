//! Tables of committed runs: all of them, whole, and as they are now.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use cobre_data::output::Run;
use serde_json::json;

use super::session::Asker;
use crate::recovery::case::CaseCopy;
use crate::recovery::kill::Place;

/// Runs a small study into `root`, once for each of `seeds`.
fn recorded(place: &Place, root: &str, seeds: &[u64]) {
    let case = CaseCopy::small(|config| {
        config["training"]["stopping_rules"] = json!([{"type": "iteration_limit", "limit": 3}]);
    });
    for seed in seeds {
        case.change(|config| config["training"]["tree_seed"] = json!(seed));
        let (code, messages) = place.run(&case.path(), root, &[]);
        assert_eq!(code, Some(0), "{messages}");
    }
}

/// Name of a table in SQL.
fn sql_name(qualified: &str) -> String {
    let plain = qualified.split_once('/').expect("a qualified name").1;
    match plain {
        "solver_iterations" | "retry_histogram" => qualified.replace('/', "_"),
        _ => plain.to_owned(),
    }
}

fn assert_all_tables(run: &Run, asker: &mut Asker) {
    for (qualified, entry) in &run.manifest().tables {
        let name = sql_name(qualified);
        let answer = asker.ask(&format!("SELECT * FROM {name}"));
        let batches: Vec<RecordBatch> = run.read_table(qualified).expect("the table can be read");
        match batches.first() {
            Some(first) => {
                let read = concat_batches(&first.schema(), &batches).expect("batches of one table fit together");
                let as_read = answer.schema().fields() == read.schema().fields();
                assert!(as_read, "{name}: {:?} {:?}", answer.schema(), read.schema());
                assert_eq!(answer.columns(), read.columns(), "{name}");
            }
            None => assert_eq!(answer.num_rows(), 0, "{name}"),
        }
        assert_eq!(asker.count(&format!("SELECT count(*) FROM {name}")), entry.rows as i64, "{name}");
    }
}

fn judge_a_place(place: &Place) {
    recorded(place, "base", &[1]);
    let mut asker = Asker::of(place, &[("base", "base")], 1);
    assert_all_tables(&place.open("base", None), &mut asker);
    // What is committed meanwhile is seen by the next question, and nothing before it is committed.
    let highest = |asker: &mut Asker| asker.ask("SELECT max(intercept) FROM cut_activity");
    let before = highest(&mut asker);
    assert_eq!(highest(&mut asker), before);
    recorded(place, "base", &[2]);
    assert_ne!(highest(&mut asker), before);
    assert_all_tables(&place.open("base", Some(2)), &mut asker);
}

#[test]
fn every_table_is_there_whole_on_a_disk() {
    judge_a_place(&Place::disk());
}

#[test]
fn every_table_is_there_whole_on_s3() {
    judge_a_place(&Place::s3("sql tables"));
}

#[test]
fn several_roots_and_runs_are_side_by_side() {
    let place = Place::disk();
    recorded(&place, "base", &[1, 2]);
    recorded(&place, "dry", &[3]);
    let mut asker = Asker::of(&place, &[("newest", "base"), ("first", "base#1"), ("dry", "dry")], 2);
    let different = |a: &str, b: &str| {
        format!(
            "SELECT count(*) FROM {a}.cut_activity a JOIN {b}.cut_activity b USING (stage_id, cut_id) \
             WHERE a.intercept <> b.intercept"
        )
    };
    assert_eq!(asker.count(&different("newest", "cobre.newest")), 0);
    assert!(asker.count(&different("newest", "first")) > 0);
    assert!(asker.count(&different("first", "dry")) > 0);
    // The first is the default.
    assert_eq!(
        asker.ask("SELECT max(intercept) AS highest FROM cut_activity"),
        asker.ask("SELECT max(intercept) AS highest FROM newest.cut_activity")
    );
}

#[test]
fn a_filter_on_scenarios_opens_the_files_of_their_buckets_only() {
    let place = Place::disk();
    recorded(&place, "run", &[1]);
    let mut asker = Asker::of(&place, &[("run", "run")], 2);
    let opened = |plan: &str| (0..8).filter(|k| plan.contains(&format!("scenario_bucket={k}/"))).collect::<Vec<_>>();
    let plan = asker.plan("SELECT * FROM hydros WHERE scenario_id BETWEEN 45 AND 61");
    assert_eq!(opened(&plan), [2, 3], "{plan}");
    let plan = asker.plan("SELECT * FROM hydros WHERE scenario_bucket = 5");
    assert_eq!(opened(&plan), [5], "{plan}");
    let plan = asker.plan("SELECT * FROM hydros WHERE scenario_id = 1000");
    assert!(opened(&plan).is_empty(), "{plan}");
    let between = "SELECT count(*) FROM hydros WHERE scenario_id BETWEEN 45 AND 61";
    let counted = asker.count(between);
    let by_hand = asker.count("SELECT count(*) FROM hydros WHERE scenario_id + 0 BETWEEN 45 AND 61");
    assert!(counted == by_hand && counted % 17 == 0 && counted > 0, "{counted} {by_hand}");
    // Rows and scenarios are known without a file.
    let plan = asker.plan("SELECT count(*), min(scenario_id), max(scenario_id) FROM hydros");
    assert!(opened(&plan).is_empty(), "{plan}");
    let first = asker.count("SELECT CAST(min(scenario_id) AS BIGINT) FROM hydros");
    let last = asker.count("SELECT CAST(max(scenario_id) AS BIGINT) FROM hydros");
    assert_eq!((first, last), (0, 159));
}

#[test]
fn a_removed_file_is_named() {
    let place = Place::disk();
    recorded(&place, "run", &[1]);
    let file = "run=1/simulation/hydros/scenario_bucket=3/part-0.parquet";
    let mut asker = Asker::of(&place, &[("run", "run")], 2);
    std::fs::remove_file(format!("{}/{file}", place.root("run"))).expect("it was there");
    let refusal = asker.refusal("SELECT sum(storage_final_hm3) FROM hydros");
    assert!(refusal.contains(file), "{refusal}");
    // The other buckets still answer.
    asker.ask("SELECT sum(storage_final_hm3) FROM hydros WHERE scenario_bucket < 3");
}

#[test]
fn a_root_that_was_made_anew_is_read_anew() {
    let place = Place::disk();
    recorded(&place, "run", &[1]);
    let mut asker = Asker::of(&place, &[("run", "run")], 2);
    let question = "SELECT sum(storage_final_hm3), count(*) FROM hydros";
    let before = asker.ask(question);
    std::fs::remove_dir_all(place.root("run")).expect("it was there");
    let refusal = asker.refusal(question);
    assert!(refusal.contains("no committed run"), "{refusal}");
    recorded(&place, "run", &[2]);
    assert_ne!(asker.ask(question), before);
}

#[test]
fn tables_of_a_study_cannot_be_changed() {
    let place = Place::disk();
    recorded(&place, "run", &[1]);
    let mut asker = Asker::of(&place, &[("run", "run")], 2);
    for attempt in [
        "INSERT INTO costs SELECT * FROM costs",
        "DELETE FROM costs",
        "UPDATE costs SET scenario_id = 1",
        "DROP TABLE costs",
        "TRUNCATE TABLE costs",
        "CREATE OR REPLACE TABLE costs AS SELECT 1 AS one",
        "CREATE OR REPLACE VIEW costs AS SELECT 1 AS one",
    ] {
        asker.refusal(attempt);
    }
    asker.ask("CREATE VIEW mine AS SELECT count(*) AS n FROM costs");
    assert_eq!(asker.count("SELECT n FROM mine"), asker.count("SELECT count(*) FROM costs"));
    asker.ask("DROP VIEW mine");
    asker.refusal("SELECT * FROM mine");
}
