//! Parts of tables are what the whole tables say, however they are read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::Int32Type;
use cobre_data::output::{Run, open_run};
use cobre_data::store::Store;

use crate::program::cobre;
use crate::recovery::case::CaseCopy;

/// A run of eight buckets, made once.
fn run() -> &'static Run {
    static RUN: OnceLock<(tempfile::TempDir, Run)> = OnceLock::new();
    let (_, run) = RUN.get_or_init(|| {
        let copy = CaseCopy::small(|_| ());
        let folder = tempfile::tempdir().expect("a temporary folder");
        let done = cobre(&["run", &copy.path(), "--output", &folder.path().display().to_string(), "--quiet"]);
        assert_eq!(done.code, Some(0), "{}", done.err);
        let run = open_run(&Store::open_path(folder.path()).expect("a store"), None).expect("a run");
        (folder, run)
    });
    run
}

fn joined(batches: &[RecordBatch]) -> RecordBatch {
    let schema = batches.first().expect("a batch").schema();
    concat_batches(&schema, batches).expect("batches of one table")
}

#[test]
fn tables_read_in_parts_are_the_tables() {
    for (name, entry) in &run().manifest().tables {
        let scan = run().scan_table(name).expect("a table");
        let whole = run().read_table(name).expect("a table");
        let parts = scan.clone().into_batches().collect::<Result<Vec<_>, _>>().expect("batches");
        assert_eq!(parts.iter().map(|batch| batch.num_rows() as u64).sum::<u64>(), entry.rows, "{name}");
        if let Some(first) = whole.first() {
            assert_eq!(first.schema().fields(), scan.schema().fields(), "{name}");
            assert_eq!(joined(&parts).columns(), joined(&whole).columns(), "{name}");
        }
    }
}

#[test]
fn columns_are_those_that_are_asked_for() {
    let scan = run().scan_table("hydros").expect("a table");
    let wanted = ["scenario_bucket", "hydro_id", "storage_final_hm3"].map(str::to_owned);
    let schema = scan.projected(Some(&wanted));
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names.last(), Some(&"scenario_bucket"), "in the order of the table");
    let entry = &scan.files()[3];
    let file = scan.open(entry).expect("a file");
    let batches = file.read(&schema, &[0]).expect("rows");
    assert_eq!(batches.len(), 1);
    let buckets = batches[0].column_by_name("scenario_bucket").expect("a column").as_primitive::<Int32Type>();
    assert!(buckets.values().iter().all(|&bucket| i64::from(bucket) == entry.partition["scenario_bucket"]));
    let only_path = scan.projected(Some(&wanted[..1]));
    let rows = file.read(&only_path, &[0]).expect("rows")[0].num_rows();
    assert_eq!(rows, batches[0].num_rows(), "a column of the path counts the rows, too");
    file.read(&arrow::datatypes::Schema::new(vec![schema.field(0).clone().with_name("level")]).into(), &[0])
        .expect_err("there is no such column");
}

#[test]
fn bounds_hold_all_values() {
    for name in ["hydros", "buses", "simulation/solver_iterations", "convergence"] {
        let scan = run().scan_table(name).expect("a table");
        let mut n_bounds = 0;
        for entry in scan.files() {
            let file = scan.open(entry).expect("a file");
            for group in 0..file.n_row_groups() {
                let rows = &file.read(scan.schema(), &[group]).expect("rows")[0];
                let mut bounds: BTreeMap<String, (i64, i64)> = file.row_group_bounds(group);
                bounds.extend(scan.bounds(entry));
                for (column, (low, high)) in bounds {
                    let Some(values) = rows.column_by_name(&column).and_then(|c| c.as_primitive_opt::<Int32Type>())
                    else {
                        continue;
                    };
                    n_bounds += 1;
                    let held = values.values().iter().all(|&value| (low..=high).contains(&i64::from(value)));
                    assert!(held, "{name}.{column}: {low} to {high}");
                }
            }
        }
        assert!(n_bounds > 0, "{name} has bounds");
    }
    let hydros = run().scan_table("hydros").expect("a table");
    let known = hydros.bounds(&hydros.files()[1]);
    assert_eq!(known["scenario_bucket"], (1, 1));
    assert_eq!(known["scenario_id"], (20, 39));
}

#[test]
fn a_file_that_was_changed_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = run().store().location("");
    copy(&root, folder.path());
    let store = Store::open_path(folder.path()).expect("a store");
    let run = open_run(&store, None).expect("a run");
    let scan = run.scan_table("hydros").expect("a table");
    let entry = scan.files()[2].clone();
    let path = folder.path().join(&entry.path);
    let content = std::fs::read(&path).expect("a file");
    let refused = |content: &[u8]| {
        std::fs::write(&path, content).expect("it can be written");
        let outcome = scan.open(&entry).and_then(|file| file.read(scan.schema(), &[0]));
        outcome.expect_err("a file that was changed").to_string()
    };
    for broken in [&content[..content.len() - 100], &[], b"no parquet at all"] {
        assert!(refused(broken).contains(&entry.path), "the message names the file");
    }
    let other = run.scan_table("buses").expect("a table").files()[2].clone();
    let other = std::fs::read(folder.path().join(other.path)).expect("a file");
    refused(&other);
    std::fs::remove_file(&path).expect("it is there");
    let error = scan.open(&entry).expect_err("it is gone").to_string();
    assert!(error.contains(&entry.path), "{error}");
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).expect("a folder");
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
