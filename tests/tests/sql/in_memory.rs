//! What lies in memory answers as what lies on a disk.

use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use arrow::compute::concat_batches;
use cobre_data::output::{Run, open_run};
use cobre_data::store::Store;
use cobre_sql::{Answer, Attachment, NamedBatches, ParamValues, ScalarValue, SessionOptions, SqlError, StudySession};

use crate::program::cobre;
use crate::recovery::case::CaseCopy;
use crate::setting::{case, dataset};

fn written() -> &'static Run {
    static RUN: OnceLock<(tempfile::TempDir, Run)> = OnceLock::new();
    let (_, run) = RUN.get_or_init(|| {
        let copy = CaseCopy::of("toy", |config| {
            config["training"]["stopping_rules"] = serde_json::json!([{"type": "iteration_limit", "limit": 3}]);
            config["simulation"]["selection"]["num_scenarios"] = 12.into();
        });
        let folder = tempfile::tempdir().expect("a temporary folder");
        let done = cobre(&["run", &copy.path(), "--output", &folder.path().display().to_string(), "--quiet"]);
        assert_eq!(done.code, Some(0), "{}", done.err);
        let run = open_run(&Store::open_path(folder.path()).expect("a store"), None).expect("a run");
        (folder, run)
    });
    run
}

fn tables_of(run: &Run) -> Vec<NamedBatches> {
    let table = |name: &String| {
        let scan = run.scan_table(name).expect("a table");
        (name.clone(), Arc::clone(scan.schema()), scan.into_batches().collect::<Result<_, _>>().expect("batches"))
    };
    run.manifest().tables.keys().map(table).collect()
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime").block_on(work)
}

async fn ask(session: &StudySession, text: &str) -> Result<RecordBatch, SqlError> {
    let Answer { schema, batches } = session.answer(text, None)?.await?;
    Ok(concat_batches(&schema, &batches).expect("batches of one answer"))
}

fn plants() -> NamedBatches {
    let ids: ArrayRef = Arc::new(Int32Array::from(vec![0, 1]));
    let owners: ArrayRef = Arc::new(StringArray::from(vec!["North", "South"]));
    let batch = RecordBatch::try_from_iter([("hydro_id", ids), ("owner", owners)]).expect("a batch");
    ("owners".to_owned(), batch.schema(), vec![batch])
}

#[test]
fn tables_in_memory_answer_as_those_of_the_run() {
    block_on(async {
        let mut session = StudySession::new(SessionOptions::default()).expect("a session");
        let attachment = Attachment::parse(&format!("disk={}", written().store().location("").display()));
        session.attach(&attachment.expect("an attachment")).await.expect("attached");
        session.attach_tables("memory", tables_of(written())).await.expect("attached");
        for question in [
            "SELECT * FROM {}.hydros ORDER BY 1, 2, 3, 4, 5",
            "SELECT stage_id, round(sum(generation_mwh), 3) AS mwh FROM {}.thermals GROUP BY stage_id ORDER BY stage_id",
            "SELECT * FROM {}.training_solver_iterations ORDER BY 1, 2, 3, 4, 5, 6, 7, 8",
            "SELECT stage_id, source, round(mean_mwh, 3) AS mwh FROM {}.generation_mix ORDER BY 1, 2",
            "SELECT count(*) FROM {}.convergence WHERE iteration > 99",
        ] {
            let of = |schema: &str| question.replace("{}", schema);
            let (disk, memory) = (ask(&session, &of("disk")).await, ask(&session, &of("memory")).await);
            let (disk, memory) = (disk.expect("an answer"), memory.expect("an answer"));
            assert!(disk.num_rows() > 0, "{question}");
            assert_eq!(disk.columns(), memory.columns(), "{question}");
        }
    });
}

#[test]
fn a_case_in_memory_is_the_case_on_disk() {
    block_on(async {
        let mut session = StudySession::new(SessionOptions::default()).expect("a session");
        let folder = dataset("toy");
        let attachment = Attachment::parse(&format!("disk={}", folder.display())).expect("an attachment");
        session.attach(&attachment).await.expect("attached");
        session.attach_case("memory", &Arc::new(case(&folder))).await.expect("attached");
        for table in ["hydros", "stages", "noise_openings"] {
            let of = |schema: &str| format!("SELECT * FROM {schema}.{table}");
            assert_eq!(
                ask(&session, &of("disk")).await.expect("rows"),
                ask(&session, &of("memory")).await.expect("rows")
            );
        }
    });
}

#[test]
fn further_tables_stand_beside_those_of_the_first_attachment() {
    block_on(async {
        let mut session = StudySession::new(SessionOptions::default()).expect("a session");
        session.attach_tables("memory", tables_of(written())).await.expect("attached");
        session.add_table(plants()).expect("added");
        let text = "SELECT DISTINCT owner FROM hydros JOIN owners USING (hydro_id) ORDER BY owner";
        let parameters = ParamValues::from(vec![ScalarValue::from("South")]);
        let answer = session.answer(&text.replace("ORDER", "WHERE owner = $1 ORDER"), Some(parameters));
        let answer = answer.expect("a query").await.expect("an answer");
        assert_eq!(answer.batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 1);
        let (_, schema, batches) = plants();
        let taken = session.add_table(("hydros".to_owned(), schema, batches)).expect_err("a table of the study");
        assert!(taken.to_string().contains("hydros"), "{taken}");
    });
}

#[test]
fn an_answer_without_rows_has_its_columns() {
    block_on(async {
        let mut session = StudySession::new(SessionOptions::default()).expect("a session");
        session.attach_tables("memory", vec![plants()]).await.expect("attached");
        let nothing = session.answer("SELECT owner, hydro_id + 1 AS next FROM owners WHERE hydro_id > 9", None);
        let Answer { schema, batches } = nothing.expect("a query").await.expect("an answer");
        assert_eq!(schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>(), ["owner", "next"]);
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
    });
}

#[test]
fn an_answer_changes_nothing() {
    block_on(async {
        let mut session = StudySession::new(SessionOptions::default()).expect("a session");
        session.attach_tables("memory", vec![plants()]).await.expect("attached");
        let file = std::env::temp_dir().join("cobre-no-such-file.csv");
        for statement in [
            "CREATE VIEW mine AS SELECT 1".to_owned(),
            "INSERT INTO owners VALUES (7, 'East')".to_owned(),
            format!("COPY owners TO '{}'", file.display()),
            "SET datafusion.execution.batch_size = 1".to_owned(),
        ] {
            ask(&session, &statement).await.expect_err(&statement);
        }
        assert!(!file.exists());
        for (name, said) in [("memory", "taken"), ("Memory", "lower-case"), ("information_schema", "taken")] {
            let error = session.attach_tables(name, Vec::new()).await.expect_err(name).to_string();
            assert!(error.contains(said), "{error}");
        }
    });
}
