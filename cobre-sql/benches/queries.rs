//! Times questions over a root of outputs, answered by a session and by plain DataFusion over the same files.
//!
//! ```text
//! cargo bench -p cobre-sql --features shell,server --bench queries -- ROOT [REPETITIONS [THREADS [CUTS]]]
//! ```
//!
//! Both run one after the other in every repetition; the shortest time counts. Prints one JSON object per line. The
//! last question asks what the policy expects at every visited state: the session by its function, DataFusion by a join
//! of the states with the cuts, which it has in memory; they are also written to the file `CUTS`, for others to join.

use std::path::{Path, PathBuf};
use std::time::Instant;

use cobre_data::output::{Run, open_run};
use cobre_data::store::Store;
use cobre_sql::{Attachment, SessionOptions, StudySession};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::DataType;
use datafusion::datasource::MemTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::ListingOptions;
use datafusion::prelude::{SessionConfig, SessionContext};
use parquet::arrow::ArrowWriter;
use serde_json::json;
use std::sync::Arc;

/// Name, SQL. The plant and the stage are those of `datasets/four-reservoirs`.
const QUESTIONS: [(&str, &str); 6] = [
    ("count", "SELECT count(*) AS n FROM thermals"),
    (
        "full_scan",
        "SELECT thermal_id, stage_id, sum(generation_mwh) AS mwh, sum(generation_cost) AS cost \
         FROM thermals GROUP BY thermal_id, stage_id ORDER BY thermal_id, stage_id",
    ),
    (
        "one_stage",
        "SELECT thermal_id, avg(generation_mw) AS mw, max(generation_mw) AS most FROM thermals WHERE stage_id = 5 \
         GROUP BY thermal_id ORDER BY thermal_id",
    ),
    (
        "one_plant",
        "SELECT stage_id, approx_percentile_cont(generation_mw, 0.05) AS low, \
         approx_percentile_cont(generation_mw, 0.5) AS middle, approx_percentile_cont(generation_mw, 0.95) AS high \
         FROM thermals WHERE thermal_id = 120 GROUP BY stage_id ORDER BY stage_id",
    ),
    (
        "top_scenarios",
        "SELECT scenario_id, sum(generation_cost) AS cost FROM thermals GROUP BY scenario_id \
         ORDER BY cost DESC, scenario_id LIMIT 20",
    ),
    (
        "one_scenario",
        "SELECT stage_id, sum(generation_mwh) AS mwh FROM thermals WHERE scenario_id = 9000 GROUP BY stage_id \
         ORDER BY stage_id",
    ),
];

/// What the policy expects at every visited state, by the session's own function.
const VISITED: &str = "SELECT stage_id, avg(future_cost('study', stage_id, state)) AS cost FROM \
     (SELECT iteration, forward_pass, stage_id, array_agg(value ORDER BY state_index) AS state FROM visited_states \
      WHERE stage_id < 11 GROUP BY iteration, forward_pass, stage_id) \
     GROUP BY stage_id ORDER BY stage_id";

/// The columns of `cuts_wide` that hold coefficients, in the order of the state.
const COMPONENTS: [&str; 8] = [
    "storage_1",
    "storage_2",
    "storage_3",
    "storage_4",
    "inflow_lag_1_1",
    "inflow_lag_2_1",
    "inflow_lag_3_1",
    "inflow_lag_4_1",
];

/// The same by a join of states and cuts.
fn visited_by_join() -> String {
    let pivot = |k| format!("max(CASE WHEN state_index = {k} THEN value END) AS x{k}");
    let pivots: Vec<String> = (0..COMPONENTS.len()).map(pivot).collect();
    let products = COMPONENTS.iter().enumerate().map(|(k, name)| format!(" + c.{name} * s.x{k}"));
    format!(
        "WITH s AS (SELECT iteration, forward_pass, stage_id, {} FROM visited_states WHERE stage_id < 11 \
         GROUP BY iteration, forward_pass, stage_id) \
         SELECT stage_id, avg(cost) AS cost FROM \
         (SELECT s.stage_id AS stage_id, greatest(max(c.intercept{}), 0) AS cost FROM s \
          JOIN cuts AS c ON c.stage_id = s.stage_id WHERE c.is_active \
          GROUP BY s.stage_id, s.iteration, s.forward_pass) \
         GROUP BY stage_id ORDER BY stage_id",
        pivots.join(", "),
        products.collect::<String>()
    )
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let Some(root) = arguments.first() else {
        println!("usage: queries ROOT [REPETITIONS [THREADS [CUTS]]]");
        return;
    };
    let repetitions = arguments.get(1).map_or(5, |text| text.parse().expect("a number of repetitions"));
    let threads = arguments.get(2).map(|text| text.parse().expect("a number of threads"));
    let cuts = arguments.get(3).map(Path::new);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    runtime.block_on(measure(Path::new(root), repetitions, threads, cuts));
}

async fn measure(root: &Path, repetitions: usize, threads: Option<usize>, cuts: Option<&Path>) {
    let options = SessionOptions { threads, ..SessionOptions::default() };
    let mut ours = StudySession::new(options).expect("a session");
    let attachment = Attachment::parse(&root.display().to_string()).expect("an attachment");
    ours.attach(&attachment).await.expect("a committed run");
    let run = open_run(&Store::open_path(root).expect("a store"), None).expect("a committed run");
    let plain = plain(&run, root, threads).await;
    let wide = ours.query("SELECT * FROM cuts_wide").await.expect("the cuts");
    if let Some(path) = cuts {
        write_parquet(path, &wide);
    }
    let cuts = MemTable::try_new(wide[0].schema(), vec![wide]).expect("a table of the cuts");
    plain.register_table("cuts", Arc::new(cuts)).expect("a table");
    let by_join = visited_by_join();
    let both = QUESTIONS.iter().map(|&(name, question)| (name, question, question));
    for (name, question, asked_plainly) in both.chain([("visited_states", VISITED, by_join.as_str())]) {
        let (mut best_ours, mut best_plain) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..repetitions {
            let start = Instant::now();
            let answer = ours.query(question).await.expect("an answer");
            best_ours = best_ours.min(start.elapsed().as_secs_f64());
            let start = Instant::now();
            let other = plain.sql(asked_plainly).await.expect("a plan").collect().await.expect("an answer");
            best_plain = best_plain.min(start.elapsed().as_secs_f64());
            assert_eq!(rows(&answer), rows(&other), "{name}");
        }
        println!("{}", json!({"question": name, "ours_s": best_ours, "plain_s": best_plain, "sql": question}));
    }
}

fn write_parquet(path: &Path, batches: &[RecordBatch]) {
    let file = std::fs::File::create(path).expect("a file");
    let mut writer = ArrowWriter::try_new(file, batches[0].schema(), None).expect("a writer");
    for batch in batches {
        writer.write(batch).expect("rows");
    }
    writer.close().expect("a footer");
}

fn rows(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}

/// DataFusion as it comes, over the folder of the table.
async fn plain(run: &Run, root: &Path, threads: Option<usize>) -> SessionContext {
    let mut config = SessionConfig::new();
    if let Some(threads) = threads {
        config = config.with_target_partitions(threads);
    }
    let context = SessionContext::new_with_config(config);
    let options = ListingOptions::new(Arc::new(ParquetFormat::default()))
        .with_file_extension(".parquet")
        .with_table_partition_cols(vec![("scenario_bucket".to_owned(), DataType::Int32)]);
    let folder: PathBuf = root.join(format!("run={}", run.manifest().run)).join("simulation/thermals");
    let folder = format!("{}/", folder.display());
    context.register_listing_table("thermals", &folder, options, None, None).await.expect("a table");
    let folder = root.join(format!("run={}/training/visited_states", run.manifest().run));
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
    let folder = format!("{}/", folder.display());
    context.register_listing_table("visited_states", &folder, options, None, None).await.expect("a table");
    context
}
