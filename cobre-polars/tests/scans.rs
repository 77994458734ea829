//! Lazy frames over a run on disk.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use cobre_data::output::{Run, open_run};
use cobre_data::store::Store;
use cobre_polars::{LazyTables, to_dataframe};
use polars::prelude::{IntoLazy, LazyFrame, col, len, lit};

/// A run of the toy study, made once by the program that a build of the workspace leaves.
fn run() -> &'static Run {
    static RUN: OnceLock<(tempfile::TempDir, Run)> = OnceLock::new();
    let (_, run) = RUN.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = root.join("target/debug/cobre");
        let mut command = Command::new(program);
        command.arg("run").arg(root.join("datasets/toy")).arg("--output").arg(folder.path()).arg("--quiet");
        let done = command.output().expect("the program: cargo build --workspace makes it");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let run = open_run(&Store::open_path(folder.path()).expect("a store"), None).expect("a run");
        (folder, run)
    });
    run
}

#[test]
fn lazy_frames_of_a_run_answer_as_whole_frames() {
    for name in run().manifest().tables.keys() {
        let scan = run().scan_table(name).expect("a table");
        let whole = to_dataframe(scan.schema(), &run().read_table(name).expect("a table")).expect("a frame");
        let lazy = run().lazy(name).expect("a lazy frame").collect().expect("a frame");
        assert!(lazy.equals_missing(&whole), "{name}");
    }
    let scan = run().scan_table("hydros").expect("a table");
    let whole = to_dataframe(scan.schema(), &run().read_table("hydros").expect("a table")).expect("a frame").lazy();
    let lazy = run().lazy("hydros").expect("a lazy frame");
    let questions: [fn(LazyFrame) -> LazyFrame; 5] = [
        // Sums of whole numbers: others are rounded by how rows lie in chunks.
        |frame| frame.select([col("storage_final_hm3").max(), col("scenario_id").sum(), col("scenario_bucket").max()]),
        |frame| frame.filter(col("stage_id").eq(lit(1))).select([col("scenario_id"), col("spillage_m3s")]),
        |frame| frame.limit(7),
        |frame| frame.select([len()]),
        |frame| frame.filter(col("hydro_id").gt(lit(0))).limit(5),
    ];
    for question in questions {
        let (found, expected) = (question(lazy.clone()).collect(), question(whole.clone()).collect());
        assert!(found.expect("an answer").equals_missing(&expected.expect("an answer")));
    }
}

#[test]
fn an_unknown_table_is_named() {
    let Err(error) = run().lazy("reservoirs") else { panic!("there is no such table") };
    assert!(error.to_string().contains("reservoirs") && error.to_string().contains("simulation/hydros"), "{error}");
}
