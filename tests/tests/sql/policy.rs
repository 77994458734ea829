//! A policy in SQL is the policy of the engine: the same cuts, the same values to the last bit.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};
use cobre_data::policy::PolicyStage;
use cobre_engine::Study;
use cobre_engine::cuts::CutPool;
use cobre_engine::sddp::{SimulationOptions, TrainingState};
use cobre_engine::test_models::RandomStudy;
use cobre_sql::{Attachment, SessionOptions, StudySession};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::trained_run::{Size, write_run};
use crate::setting::{record, training};

const FORWARD_PASSES: usize = 4;

fn study() -> Study {
    RandomStudy { seed: 61, ar_order: 2, n_stages: 5, ..RandomStudy::default() }.build()
}

/// A session over a trained run, and a runtime to wait in.
struct Desk {
    runtime: Runtime,
    session: StudySession,
    folder: TempDir,
    study: Study,
    state: TrainingState,
}

impl Desk {
    fn new(compress: bool) -> Self {
        Self::with_options(compress, SessionOptions { threads: Some(2), ..SessionOptions::default() })
    }

    fn with_options(compress: bool, options: SessionOptions) -> Self {
        let (folder, study) = (TempDir::new().expect("a folder"), study());
        let state = write_run(
            &study,
            folder.path(),
            Size { iterations: 6, forward_passes: FORWARD_PASSES, n_scenarios: 0 },
            compress,
        );
        let runtime = Runtime::new().expect("a runtime");
        let mut session = StudySession::new(options).expect("a session");
        let attachment = Attachment::parse(&format!("base={}", folder.path().display())).expect("an attachment");
        runtime.block_on(session.attach(&attachment)).expect("a committed run");
        Self { runtime, session, folder, study, state }
    }

    fn ask(&mut self, query: &str) -> RecordBatch {
        self.try_ask(query).unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    fn try_ask(&mut self, query: &str) -> Result<RecordBatch, String> {
        let batches = self.runtime.block_on(self.session.query(query)).map_err(|error| error.to_string())?;
        let Some(first) = batches.first() else { return Err("no batch".to_owned()) };
        Ok(concat_batches(&first.schema(), &batches).expect("batches of one query"))
    }

    /// The one number that a query answers; none for null.
    fn number(&mut self, query: &str) -> Option<f64> {
        let answer = self.ask(query);
        assert_eq!((answer.num_rows(), answer.num_columns()), (1, 1), "{query}");
        let number = arrow::compute::cast(answer.column(0), &arrow::datatypes::DataType::Float64).expect("a number");
        let number = number.as_primitive::<Float64Type>();
        number.is_valid(0).then(|| number.value(0))
    }

    fn refusal(&mut self, query: &str) -> String {
        self.try_ask(query).expect_err(query)
    }

    fn dimension(&self) -> usize {
        self.state.policy.pools[0].dimension()
    }
}

fn doubles(batch: &RecordBatch, column: &str) -> Vec<f64> {
    column_of(batch, column).as_primitive::<Float64Type>().values().to_vec()
}

fn ints(batch: &RecordBatch, column: &str) -> Vec<Option<i32>> {
    column_of(batch, column).as_primitive::<Int32Type>().iter().collect()
}

fn column_of<'a>(batch: &'a RecordBatch, column: &str) -> &'a ArrayRef {
    batch.column_by_name(column).unwrap_or_else(|| panic!("a column {column}"))
}

fn stages_of(study: &Study) -> impl Iterator<Item = i32> {
    PolicyStage::of_study(study).into_iter().map(|stage| stage.id)
}

/// States of the trial points as lists.
const POINTS: &str = "WITH points AS (
    SELECT iteration, forward_pass, stage_id, array_agg(value ORDER BY state_index) AS state
    FROM visited_states GROUP BY iteration, forward_pass, stage_id)";

#[test]
fn values_at_visited_states_are_the_engines_to_the_last_bit() {
    for compress in [false, true] {
        let mut desk = Desk::new(compress);
        let hydro = desk.study.system.hydros()[0].id;
        let answer = desk.ask(&format!(
            "{POINTS} SELECT stage_id, state, future_cost('base', stage_id, state) AS cost,
                binding_cut('base', stage_id, state) AS cut, water_value('base', stage_id, {hydro}, state) AS value
            FROM points"
        ));
        assert_eq!(answer.num_rows(), 6 * FORWARD_PASSES * 5);
        let (stages, cuts) = (ints(&answer, "stage_id"), ints(&answer, "cut"));
        let (costs, values) = (doubles(&answer, "cost"), doubles(&answer, "value"));
        let states = column_of(&answer, "state").as_list::<i32>();
        let mut n_binding = 0;
        for row in 0..answer.num_rows() {
            let state = states.value(row).as_primitive::<Float64Type>().values().to_vec();
            let stage = stages[row].expect("a stage");
            let place = stages_of(&desk.study).position(|id| id == stage).expect("a stage of the study");
            let pool = &desk.state.policy.pools[place];
            assert_eq!(costs[row].to_bits(), pool.future_cost(&state).to_bits());
            let mut heights = Vec::new();
            pool.evaluate(&state, &mut heights);
            let cut = heights.iter().position(|&height| height > 0.0 && height == costs[row]);
            assert_eq!(cuts[row], cut.map(|cut| cut as i32));
            let slope: f64 = cut.map_or(0.0, |cut| pool.coefficient(cut as u32, 0));
            assert_eq!(values[row].to_bits(), slope.to_bits());
            n_binding += usize::from(cut.is_some() && slope < 0.0);
        }
        assert!(n_binding > 20, "only {n_binding} states where water saves money");
    }
}

#[test]
fn a_state_by_name_in_any_order_is_the_state_by_position() {
    let mut desk = Desk::new(false);
    let names: Vec<String> = {
        let answer = desk.ask("SELECT name FROM state_components ORDER BY state_index");
        column_of(&answer, "name").as_string::<i32>().iter().flatten().map(ToOwned::to_owned).collect()
    };
    assert_eq!(names.len(), desk.dimension());
    assert_eq!(names[0], format!("storage_{}", desk.study.system.hydros()[0].id));
    assert!(names.iter().any(|name| name.starts_with("inflow_lag_") && name.ends_with("_2")), "{names:?}");
    let columns =
        names.iter().enumerate().map(|(j, name)| format!("max(value) FILTER (WHERE state_index = {j}) AS {name}"));
    let wide = format!(
        "WITH points AS (SELECT stage_id, {} FROM visited_states GROUP BY iteration, forward_pass, stage_id)",
        columns.collect::<Vec<_>>().join(", ")
    );
    let mut backwards: Vec<String> = names.iter().map(|name| format!("'{name}', {name}")).collect();
    backwards.reverse();
    let (positions, fields) = (names.join(", "), backwards.join(", "));
    let answer = desk.ask(&format!(
        "{wide} SELECT future_cost('base', stage_id, {positions}) AS by_position,
            future_cost('base', stage_id, named_struct({fields})) AS by_name,
            future_cost('base', stage_id, make_array({positions})) AS by_list
        FROM points"
    ));
    let by_position = doubles(&answer, "by_position");
    assert!(by_position.iter().filter(|&&cost| cost > 0.0).count() > 20);
    assert_eq!(by_position, doubles(&answer, "by_name"));
    assert_eq!(by_position, doubles(&answer, "by_list"));

    let missing = desk.refusal(&format!(
        "{wide} SELECT future_cost('base', stage_id, named_struct({})) FROM points",
        backwards[1..].join(", ")
    ));
    assert!(missing.contains(&format!("lacks components of policy `base`: {}", names[names.len() - 1])), "{missing}");
    let unknown = desk.refusal(&format!(
        "{wide} SELECT future_cost('base', stage_id, named_struct({fields}, 'level', 1.0)) FROM points"
    ));
    assert!(unknown.contains("has no `level`") && unknown.contains(&names[0]), "{unknown}");
}

#[test]
fn a_question_without_an_answer_is_null_or_says_why() {
    let mut desk = Desk::new(false);
    let zeros = vec!["0.0"; desk.dimension()].join(", ");
    let hydro = desk.study.system.hydros()[0].id;
    assert!(desk.number(&format!("SELECT future_cost('base', 0, [{zeros}])")).expect("a cost") > 0.0);
    assert!(desk.number(&format!("SELECT water_value('base', 0, {hydro}, [{zeros}])")).expect("a value") < 0.0);
    // The last stage has no future.
    assert_eq!(desk.number(&format!("SELECT future_cost('base', 4, {zeros})")), Some(0.0));
    assert_eq!(desk.number(&format!("SELECT binding_cut('base', 4, {zeros})")), None);
    assert_eq!(desk.number(&format!("SELECT water_value('base', 4, {hydro}, {zeros})")), Some(0.0));
    let with_null = zeros.replacen("0.0", "NULL", 1);
    for unknown in [
        format!("future_cost(NULL, 0, [{zeros}])"),
        format!("future_cost('base', NULL, [{zeros}])"),
        "future_cost('base', 0, NULL)".to_owned(),
        format!("future_cost('base', 0, [{with_null}])"),
        format!("binding_cut('base', 0, {with_null})"),
        format!("water_value('base', 0, NULL, [{zeros}])"),
    ] {
        assert_eq!(desk.number(&format!("SELECT {unknown}")), None, "{unknown}");
    }
    let n = desk.dimension();
    let nan = zeros.replacen("0.0", "'NaN'::double", 1);
    let infinite = zeros.replacen("0.0", "'inf'::double", 1);
    for (wrong, said) in [
        ("future_cost('base', 0, [1.0])".to_owned(), format!("1 components found, that of policy `base` has {n}")),
        (format!("future_cost('base', 0, {zeros}, 1.0)"), format!("{} components found", n + 1)),
        (format!("future_cost('base', 77, [{zeros}])"), "no stage 77; its stages are 0, 1, 2, 3, 4".to_owned()),
        (format!("water_value('base', 0, 99, [{zeros}])"), "no storage of plant 99; it has those of".to_owned()),
        (format!("future_cost('wet', 0, [{zeros}])"), "nothing is attached as `wet`; attached are base".to_owned()),
        (format!("future_cost('base', 0, [{nan}])"), "of a state is NaN, a finite number expected".to_owned()),
        (format!("future_cost('base', 0, {infinite})"), "of a state is inf, a finite number expected".to_owned()),
        ("future_cost('base', 0)".to_owned(), "future_cost(policy, stage_id, state)".to_owned()),
        ("water_value('base', 0, 1)".to_owned(), "water_value(policy, stage_id, hydro_id, state)".to_owned()),
        ("future_cost('base', 'x', [1.0])".to_owned(), "stage_id is a whole number".to_owned()),
        ("future_cost('base', 0, ['x'])".to_owned(), "a state is a list of numbers".to_owned()),
    ] {
        let refusal = desk.refusal(&format!("SELECT {wrong}"));
        assert!(refusal.contains(&said), "{wrong}: {refusal}");
    }
}

#[test]
fn a_run_without_training_has_no_policy() {
    let (mut desk, untrained) = (Desk::new(false), TempDir::new().expect("a folder"));
    let simulation = SimulationOptions { n_scenarios: 2, bucket_size: 2, seed: 1 };
    record(&study(), &training(1, 1, 1), &simulation, 1, untrained.path());
    let attachment = Attachment::parse(&format!("bare={}", untrained.path().display())).expect("an attachment");
    desk.runtime.block_on(desk.session.attach(&attachment)).expect("a committed run");
    let refusal = desk.refusal("SELECT future_cost('bare', 0, [1.0])");
    assert!(refusal.contains("`bare` has no policy"), "{refusal}");
    let refusal = desk.refusal("SELECT * FROM bare.cuts");
    assert!(refusal.contains("bare.cuts") && refusal.contains("not found"), "{refusal}");
    let refusal = desk.refusal("SELECT future_cost('wet', 0, [1.0])");
    assert!(refusal.contains("attached are bare, base"), "{refusal}");
}

#[test]
fn a_context_of_its_own_asks_the_same_policies() {
    let mut desk = Desk::new(false);
    let query = format!("SELECT future_cost('base', 0, {})", vec!["0.0"; desk.dimension()].join(", "));
    let context = desk.session.query_context().expect("a context");
    let answer = desk.runtime.block_on(async { context.sql(&query).await?.collect().await }).expect("an answer");
    let cost = answer[0].column(0).as_primitive::<Float64Type>().value(0);
    assert_eq!(Some(cost), desk.number(&query));
}

#[test]
fn the_tables_of_cuts_are_the_pools() {
    for compress in [false, true] {
        let mut desk = Desk::new(compress);
        let dimension = desk.dimension();
        let long = desk.ask("SELECT * FROM cuts ORDER BY stage_id, cut_id, state_index");
        let wide = desk.ask("SELECT * FROM cuts_wide ORDER BY stage_id, cut_id");
        let coefficients = doubles(&long, "coefficient");
        let (mut row, mut written) = (0, Vec::new());
        for pool in &desk.state.policy.pools {
            for id in 0..pool.len() as u32 {
                pool.write_coefficients(id, &mut written);
                assert_eq!(coefficients[row * dimension..(row + 1) * dimension], written);
                assert_eq!(doubles(&wide, "intercept")[row], pool.intercept(id));
                assert_eq!(doubles(&long, "intercept")[row * dimension], pool.intercept(id));
                assert_eq!(column_of(&wide, "is_active").as_boolean().value(row), pool.is_active(id));
                assert_eq!(ints(&wide, "cut_id")[row], Some(id as i32));
                for (j, &coefficient) in written.iter().enumerate() {
                    let column = wide.column(wide.num_columns() - dimension + j);
                    assert_eq!(column.as_primitive::<Float64Type>().value(row), coefficient);
                }
                row += 1;
            }
        }
        assert_eq!((long.num_rows(), wide.num_rows()), (row * dimension, row));
        assert!(row > 30, "only {row} cuts");
        let n_active: usize = desk.state.policy.pools.iter().map(CutPool::n_active).sum();
        assert_eq!(desk.number("SELECT count(*) FROM cuts_wide WHERE is_active"), Some(n_active as f64));
        assert_eq!(desk.number("SELECT count(*) FROM cuts"), Some((row * dimension) as f64));
        assert_eq!(ints(&desk.ask("SELECT cut_id FROM cuts WHERE stage_id = 2 LIMIT 3"), "cut_id"), [Some(0); 3]);
        // What the table of cuts says of a cut is what its record in training says.
        let differing = "SELECT count(*) FROM cuts_wide AS c JOIN cut_activity AS a USING (stage_id, cut_id)
            WHERE c.intercept <> a.intercept OR c.times_binding <> a.times_binding
                OR (c.iteration IS DISTINCT FROM a.iteration) OR (c.forward_pass IS DISTINCT FROM a.forward_pass)
                OR (c.last_binding_iteration IS DISTINCT FROM a.last_binding_iteration)";
        assert_eq!(desk.number(differing), Some(0.0));
        let n = "SELECT count(*) FROM cuts_wide AS c JOIN cut_activity AS a USING (stage_id, cut_id)";
        assert_eq!(desk.number(n), Some(row as f64));
    }
}

#[test]
fn a_policy_is_summed_up_and_shows_its_trial_points() {
    let mut desk = Desk::new(false);
    let summary = desk.ask("SELECT * FROM policy_summary ORDER BY stage_index");
    let n_cuts: Vec<i64> = column_of(&summary, "n_cuts").as_primitive::<Int64Type>().values().to_vec();
    let n_active: Vec<i64> = column_of(&summary, "n_active_cuts").as_primitive::<Int64Type>().values().to_vec();
    let pools = &desk.state.policy.pools;
    assert_eq!(n_cuts, pools.iter().map(|pool| pool.len() as i64).collect::<Vec<_>>());
    assert_eq!(n_active, pools.iter().map(|pool| pool.n_active() as i64).collect::<Vec<_>>());
    assert_eq!(doubles(&summary, "lower_bound")[0], desk.state.lower_bounds[5]);
    let differing = "SELECT count(*) FROM policy_states AS p FULL JOIN
            (SELECT * FROM visited_states WHERE iteration = (SELECT max(iteration) FROM visited_states)) AS v
            USING (iteration, forward_pass, stage_id, state_index)
        WHERE p.value IS DISTINCT FROM v.value";
    assert_eq!(desk.number(differing), Some(0.0));
    let n_values = FORWARD_PASSES * 5 * desk.dimension();
    assert_eq!(desk.number("SELECT count(value) FROM policy_states"), Some(n_values as f64));
}

#[test]
fn files_of_stages_that_are_not_asked_for_are_not_opened() {
    let mut desk = Desk::new(false);
    for stage in [0, 1, 3, 4] {
        std::fs::remove_file(desk.folder.path().join(format!("run=1/policy/6/cuts/{stage}.bin"))).expect("a file");
    }
    let zeros = vec!["0.0"; desk.dimension()].join(", ");
    for query in [
        "SELECT count(*) FROM cuts WHERE stage_id = 2",
        "SELECT count(*) FROM cuts_wide WHERE stage_id > 1 AND stage_id < 3 AND is_active",
        "SELECT n_cuts FROM policy_summary WHERE stage_id IN (2)",
        // What is known of the policy as a whole is in no file of a stage.
        "SELECT max(lower_bound) FROM policy_summary",
        &format!("SELECT future_cost('base', 2, {zeros})"),
    ] {
        assert!(desk.number(query).expect(query) > 0.0, "{query}");
    }
    for query in ["SELECT sum(intercept) FROM cuts", &format!("SELECT future_cost('base', 3, {zeros})")] {
        let refusal = desk.refusal(query);
        assert!(refusal.contains(".bin"), "{refusal}");
    }
}

#[test]
fn roots_and_policies_open_by_url_unless_the_session_refuses() {
    let mut desk = Desk::new(false);
    let (root, zeros) = (desk.folder.path().display().to_string(), vec!["0.0"; desk.dimension()].join(", "));
    let n_cuts = desk.number("SELECT count(*) FROM cuts");
    for policy in [root.clone(), format!("{root}/run=1"), format!("{root}/run=1/policy/6"), format!("file://{root}")] {
        assert_eq!(desk.number(&format!("SELECT count(*) FROM policy_cuts('{policy}')")), n_cuts, "{policy}");
    }
    let n_states = desk.number("SELECT count(*) FROM visited_states");
    assert_eq!(desk.number(&format!("SELECT count(*) FROM study_table('{root}', 'visited_states')")), n_states);
    assert_eq!(desk.number(&format!("SELECT count(*) FROM study_table('{root}#1', 'cuts')")), n_cuts);
    let cost = desk.number(&format!("SELECT future_cost('base', 0, {zeros})"));
    assert_eq!(desk.number(&format!("SELECT future_cost('{root}', 0, {zeros})")), cost);
    for (wrong, said) in [
        (format!("study_table('{root}', 'levels')"), "has no table `levels`"),
        (format!("study_table('{root}/nothing', 'cuts')"), "there is no committed run"),
        (format!("policy_cuts('{root}/nothing')"), "there is no policy"),
        ("policy_cuts(7)".to_owned(), "a text in quotes"),
        ("policy_cuts()".to_owned(), "takes 1 argument, found 0"),
    ] {
        let refusal = desk.refusal(&format!("SELECT * FROM {wrong}"));
        assert!(refusal.contains(said), "{wrong}: {refusal}");
    }

    let mut closed = Desk::with_options(false, SessionOptions { allow_urls: false, ..SessionOptions::default() });
    for refused in [
        format!("SELECT * FROM policy_cuts('{root}')"),
        format!("SELECT * FROM study_table('{root}', 'cuts')"),
        format!("SELECT future_cost('{root}', 0, {zeros})"),
    ] {
        let refusal = closed.refusal(&refused);
        assert!(refusal.contains("this session opens no URL"), "{refusal}");
    }
}
