//! Asks the same questions of DataFusion in one process, of datafusion-distributed and of Ballista, each with two workers
//! of one thread on this machine:
//!
//! ```text
//! cargo run --release --manifest-path benches/sql-engines/Cargo.toml -- ROOT/run=1/simulation/thermals [ROUNDS]
//! ```
//!
//! All read the files of one table of a run, which has to be there, as a listing table of DataFusion. The engines take
//! turns, question by question; what is told is the shortest time of each (ms), and the median.

mod ballista_cluster;
mod child;
mod distributed_cluster;
mod questions;

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::ListingOptions;
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::questions::QUESTIONS;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Threads of all workers of an engine together.
const THREADS: usize = 2;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["worker", port] => on(1, distributed_cluster::work(port.parse()?)),
        ["scheduler", port] => on(1, ballista_cluster::schedule(port.parse()?)),
        ["executor", ports @ ..] if ports.len() == 3 => {
            on(1, ballista_cluster::execute(ports[0].parse()?, ports[1].parse()?, ports[2].parse()?))
        }
        [table] => on(THREADS, compare(table, 5)),
        [table, rounds] => on(THREADS, compare(table, rounds.parse()?)),
        _ => Err("usage: sql-engines FOLDER-OF-A-TABLE [ROUNDS]".into()),
    }
}

fn on<T>(threads: usize, work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    runtime.block_on(work)
}

/// Asks all engines all questions, and prints the times.
async fn compare(table: &str, rounds: usize) -> Outcome<()> {
    let alone = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(THREADS));
    let distributed = distributed_cluster::Cluster::start(THREADS).await?;
    let ballista = ballista_cluster::Cluster::start(THREADS).await?;
    let engines = [
        ("one process", alone),
        ("datafusion-distributed", distributed.context(THREADS)?),
        ("Ballista", ballista.context(THREADS).await?),
    ];
    for (_, context) in &engines {
        register(context, table).await?;
    }
    println!("| question | {} |", engines.each_ref().map(|(name, _)| *name).join(" | "));
    println!("|---|---|---|---|");
    for (name, question) in QUESTIONS {
        let mut times = engines.each_ref().map(|_| Vec::with_capacity(rounds));
        let mut answers = engines.each_ref().map(|_| String::new());
        for _ in 0..rounds {
            for (at, (_, context)) in engines.iter().enumerate() {
                let start = Instant::now();
                let answer = context.sql(question).await?.collect().await?;
                times[at].push(start.elapsed().as_secs_f64() * 1e3);
                answers[at] = pretty_format_batches(&answer)?.to_string();
            }
        }
        if answers.iter().any(|answer| answer.lines().count() != answers[0].lines().count()) {
            return Err(format!("{name}: the answers differ\n{}", answers.join("\n")).into());
        }
        let told = times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            format!("{:.1} ({:.1})", times[0], times[times.len() / 2])
        });
        println!("| {name} | {} |", told.join(" | "));
    }
    Ok(())
}

async fn register(context: &SessionContext, table: &str) -> Outcome<()> {
    let options = ListingOptions::new(Arc::new(ParquetFormat::default()))
        .with_file_extension(".parquet")
        .with_table_partition_cols(vec![("scenario_bucket".to_owned(), DataType::Int32)]);
    let folder = if table.ends_with('/') { table.to_owned() } else { format!("{table}/") };
    Ok(context.register_listing_table("thermals", folder, options, None, None).await?)
}
