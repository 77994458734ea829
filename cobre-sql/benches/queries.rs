//! Times questions over a root of outputs, answered by a session and by plain DataFusion over the same files.
//!
//! ```text
//! cargo bench -p cobre-sql --bench queries -- ROOT [REPETITIONS [THREADS]]
//! ```
//!
//! Both run one after the other in every repetition; the shortest time counts. Prints one JSON object per line.

use std::path::{Path, PathBuf};
use std::time::Instant;

use cobre_data::output::{Run, open_run};
use cobre_data::store::Store;
use cobre_sql::{Attachment, SessionOptions, StudySession};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::DataType;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::ListingOptions;
use datafusion::prelude::{SessionConfig, SessionContext};
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

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let Some(root) = arguments.first() else {
        println!("usage: cargo bench -p cobre-sql --bench queries -- ROOT [REPETITIONS [THREADS]]");
        return;
    };
    let repetitions = arguments.get(1).map_or(5, |text| text.parse().expect("a number of repetitions"));
    let threads = arguments.get(2).map(|text| text.parse().expect("a number of threads"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    runtime.block_on(measure(Path::new(root), repetitions, threads));
}

async fn measure(root: &Path, repetitions: usize, threads: Option<usize>) {
    let options = SessionOptions { threads, ..SessionOptions::default() };
    let mut ours = StudySession::new(options).expect("a session");
    let attachment = Attachment::parse(&root.display().to_string()).expect("an attachment");
    ours.attach(&attachment).await.expect("a committed run");
    let run = open_run(&Store::open_path(root).expect("a store"), None).expect("a committed run");
    let plain = plain(&run, root, threads).await;
    for (name, question) in QUESTIONS {
        let (mut best_ours, mut best_plain) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..repetitions {
            let start = Instant::now();
            let answer = ours.query(question).await.expect("an answer");
            best_ours = best_ours.min(start.elapsed().as_secs_f64());
            let start = Instant::now();
            let other = plain.sql(question).await.expect("a plan").collect().await.expect("an answer");
            best_plain = best_plain.min(start.elapsed().as_secs_f64());
            assert_eq!(rows(&answer), rows(&other), "{name}");
        }
        println!("{}", json!({"question": name, "ours_s": best_ours, "plain_s": best_plain, "sql": question}));
    }
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
    context
}
