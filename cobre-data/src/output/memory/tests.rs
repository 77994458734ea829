//! Tables in memory are those of a run, and files made of them later are those that the run has written.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, RecordBatch};
use arrow::compute::concat_batches;
use cobre_engine::simulation::{Bucket, OutcomeSink};
use cobre_engine::system::System;

use super::super::manifest::{RunStatus, RunSummary};
use super::super::options::{PageCompression, PartitionKey, ResultOptions};
use super::super::results::write_tables;
use super::super::{CostStatistics, FileRecord, Run, RunWriter, fixture, open_run};
use super::{MemoryTable, SimulationCollector, SimulationOutput};
use crate::store::Store;

/// Hands made-up outcomes of `n` scenarios to a sink, in buckets of `size`.
fn feed<S: OutcomeSink>(sink: &mut S, system: &System, n: usize, size: usize) {
    for index in 0..n.div_ceil(size) {
        let first_scenario = index * size;
        let bucket = Bucket { index, first_scenario, n_scenarios: size.min(n - first_scenario) };
        for stage in 0..system.n_stages() {
            let outcomes = fixture::outcomes(system, bucket, stage, 2);
            sink.write_stage(bucket, stage, outcomes).unwrap_or_else(|error| panic!("{error}"));
        }
        let costs: Vec<f64> = (0..bucket.n_scenarios).map(|i| cost(first_scenario + i)).collect();
        sink.finish_bucket(bucket, &costs).unwrap_or_else(|error| panic!("{error}"));
    }
}

fn cost(scenario: usize) -> f64 {
    1e3 + (scenario * 7 % 11) as f64
}

/// The same simulation as a run and in memory.
fn both(options: &ResultOptions, n: usize, size: usize) -> (Run, SimulationOutput) {
    let (system, store) = (fixture::system(), Store::memory());
    let run = RunWriter::create(&store, fixture::info()).expect("a run");
    let mut writer = run.simulation_writer(&system, options).expect("a writer");
    feed(&mut writer, &system, n, size);
    writer.finalize().expect("files");
    run.commit(RunStatus::Complete, RunSummary::default()).expect("a commit");
    let mut collector = SimulationCollector::start(&system, options).expect("a collector");
    feed(&mut collector, &system, n, size);
    (open_run(&store, None).expect("a run"), collector.finish().expect("tables"))
}

fn names(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(ToString::to_string).collect()
}

/// Choices of tables, columns and files.
fn choices() -> Vec<ResultOptions> {
    let columns = BTreeMap::from([("hydros".to_owned(), names(&["storage_final_hm3", "water_value_per_hm3"]))]);
    let by = |partition_by| ResultOptions { partition_by, ..ResultOptions::default() };
    vec![
        ResultOptions::default(),
        by(PartitionKey::StageId),
        by(PartitionKey::ScenarioId),
        ResultOptions { max_rows_per_file: Some(7), ..ResultOptions::default() },
        ResultOptions {
            columns: columns.clone(),
            tables: Some(names(&["hydros", "costs"])),
            ..ResultOptions::default()
        },
        ResultOptions { aggregates_only: true, columns, ..ResultOptions::default() },
        ResultOptions { compression: PageCompression::Snappy, ..ResultOptions::default() },
    ]
}

fn whole(batches: &[RecordBatch]) -> Option<RecordBatch> {
    let schema = batches.first()?.schema();
    Some(concat_batches(&schema, batches).expect("one schema"))
}

/// Rows and schema are equal. Arrow compares the bits of values, and no values where there are none.
fn assert_same_rows(name: &str, run: &Run, table: &MemoryTable) {
    let (expected, found) = (run.read_table(name).expect("a table"), table.batches());
    assert!(found.iter().all(|batch| batch.num_rows() > 0 && batch.schema() == *table.schema()), "{name}");
    let (Some(expected), Some(found)) = (whole(&expected), whole(found)) else {
        assert_eq!((run.manifest().tables[name].rows, table.n_rows()), (0, 0), "{name}");
        return;
    };
    assert_eq!(expected.schema(), found.schema(), "{name}");
    assert_eq!(expected.num_rows(), found.num_rows(), "{name}");
    for (field, (a, b)) in expected.schema().fields().iter().zip(expected.columns().iter().zip(found.columns())) {
        assert!(a.to_data() == b.to_data(), "{name}.{} differs", field.name());
    }
}

/// The content of files, the identity of their run left out.
fn contents(store: &Store, files: &[FileRecord], run_id: &str) -> BTreeMap<String, Vec<u8>> {
    let read = |file: &FileRecord| {
        let mut content = store.get(&file.path).expect("a file").to_vec();
        let at = content.windows(run_id.len()).position(|bytes| bytes == run_id.as_bytes()).expect("the identity");
        content[at..at + run_id.len()].fill(b'-');
        (file.path.clone(), content)
    };
    files.iter().map(read).collect()
}

/// What is written of the tables in memory has the bytes of the run's files.
fn assert_same_files(run: &Run, output: &SimulationOutput) {
    let store = Store::memory();
    let writer = RunWriter::create(&store, fixture::info()).expect("a run");
    let files = write_tables(&writer, &output.tables).expect("files");
    let found = contents(&store, &files, writer.run_id());
    let entries = run.manifest().tables.iter().flat_map(|(name, table)| table.files.iter().map(move |f| (name, f)));
    let entries = entries.map(|(name, file)| FileRecord {
        table: name.clone(),
        path: file.path.clone(),
        rows: file.rows,
        bytes: file.bytes,
        sha256: file.sha256.clone(),
        partition: file.partition.clone(),
    });
    let entries: Vec<FileRecord> = entries.collect();
    let expected = contents(run.store(), &entries, &run.manifest().run_id);
    assert!(!expected.is_empty());
    assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
    for (path, content) in &expected {
        assert!(content == &found[path], "{path} differs");
    }
}

#[test]
fn tables_in_memory_are_those_of_a_run() {
    for options in choices() {
        let (run, output) = both(&options, 5, 2);
        let expected: Vec<&str> = run.manifest().tables.keys().map(String::as_str).collect();
        assert_eq!(output.tables.names().collect::<Vec<_>>(), expected, "{options:?}");
        for (name, table) in output.tables.iter() {
            assert_same_rows(name, &run, table);
        }
        assert_same_files(&run, &output);
        let costs: Vec<f64> = (0..5).map(cost).collect();
        assert_eq!((output.n_scenarios(), &output.discounted_costs), (5, &costs));
        assert_eq!(output.cost, CostStatistics::of(&costs));
    }
}

#[test]
fn many_rows_are_cut_as_a_run_cuts_them() {
    // More than one batch and more than one row group.
    let (run, output) = both(&ResultOptions::default(), 14_000, 14_000);
    let hydros = output.tables.get("hydros").expect("a table");
    assert_eq!((hydros.n_rows(), hydros.batches().len()), (140_000, 1));
    assert_same_rows("simulation/hydros", &run, hydros);
    assert_same_files(&run, &output);
}

#[test]
fn columns_take_no_more_memory_than_their_rows() {
    let (_, output) = both(&ResultOptions::default(), 900, 300);
    let mut n_columns = 0;
    for (name, table) in output.tables.iter() {
        for (field, column) in table
            .batches()
            .iter()
            .flat_map(|b| table.schema().fields().iter().zip(b.columns()))
            .filter(|(_, c)| c.data_type().is_primitive())
        {
            let data = column.to_data();
            let size = column.len() * column.data_type().primitive_width().expect("a width");
            assert_eq!(data.buffers()[0].capacity(), size, "{name}.{}", field.name());
            n_columns += 1;
        }
    }
    assert!(n_columns > 300, "{n_columns} columns");
}

#[test]
fn clones_share_the_columns() {
    let (_, output) = both(&ResultOptions::default(), 4, 2);
    let clone = output.tables.clone();
    for (name, table) in output.tables.iter() {
        let others = clone.get(name).expect("a table").batches();
        for (one, other) in table.batches().iter().zip(others) {
            for (a, b) in one.columns().iter().zip(other.columns()) {
                let address = |array: &arrow::array::ArrayRef| array.to_data().buffers()[0].as_ptr();
                assert_eq!(address(a), address(b), "{name}");
            }
        }
    }
}

#[test]
fn a_table_has_its_plain_and_its_qualified_name() {
    let (_, output) = both(&ResultOptions::default(), 1, 1);
    assert_eq!(output.tables.resolve("hydros"), Some("simulation/hydros"));
    assert_eq!(output.tables.resolve("simulation/hydros"), Some("simulation/hydros"));
    assert!(output.tables.get("convergence").is_none());
    assert_eq!(output.tables.get("hydros").expect("a table").table().name, "hydros");
}

#[test]
fn options_and_outcomes_that_do_not_fit_are_refused() {
    let system = fixture::system();
    let unknown = ResultOptions { tables: Some(names(&["rivers"])), ..ResultOptions::default() };
    let error = SimulationCollector::start(&system, &unknown).err().expect("no such table").to_string();
    assert!(error.contains("there is no simulation table rivers"), "{error}");
    let mut collector = SimulationCollector::start(&system, &ResultOptions::default()).expect("a collector");
    let bucket = Bucket { index: 0, first_scenario: 0, n_scenarios: 1 };
    collector.write_stage(bucket, 0, fixture::outcomes(&system, bucket, 0, 2)).expect("a stage");
    let error = collector.finish().expect_err("stages are missing").to_string();
    assert!(error.contains("bucket 0 was not finished: 1 of 3 stages came"), "{error}");
}
