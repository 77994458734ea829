//! Options of results: which tables and columns are written, in which files, or statistics instead of rows.

mod output_fixture;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, Float64Array, Int32Array, RecordBatch, StringArray};
use arrow::compute::concat_batches;
use cobre_data::output::schema::{self, SCENARIO_BUCKET, TablePhase, is_statistics_table, phase_tables, statistics_of};
use cobre_data::output::{
    EarlierBuckets, OutputError, PageCompression, PartitionKey, ResultOptions, Run, RunInfo, RunStatus, RunSummary,
    RunWriter, ScenarioOutcome, SimulationManifest, SimulationParquetWriter, open_run,
};
use cobre_data::store::Store;
use cobre_engine::simulation::Bucket;
use cobre_engine::system::{System, SystemParts};
use output_fixture as fixture;
use parquet::basic::Compression;
use parquet::file::reader::{FileReader, SerializedFileReader};

const N_SCENARIOS: usize = 5;

fn store(root: &Path) -> Store {
    Store::open_path(root).expect("a store")
}

fn cost(scenario: usize) -> f64 {
    1e3 + (scenario * 7 % N_SCENARIOS) as f64
}

fn bucket(index: usize, size: usize) -> Bucket {
    let first_scenario = index * size;
    Bucket { index, first_scenario, n_scenarios: size.min(N_SCENARIOS - first_scenario) }
}

fn write_buckets(writer: &mut SimulationParquetWriter, system: &System, buckets: &[Bucket]) {
    for &bucket in buckets {
        for stage in 0..system.n_stages() {
            let outcomes = fixture::outcomes(system, bucket, stage, 2);
            writer.write_stage(bucket, stage, &outcomes).expect("a stage");
        }
        let costs: Vec<f64> = (0..bucket.n_scenarios).map(|i| cost(bucket.first_scenario + i)).collect();
        writer.finish_bucket(bucket, &costs).expect("a bucket");
    }
}

/// A run of five scenarios in buckets of `size`.
fn write(root: &Path, options: &ResultOptions, size: usize) -> (Run, SimulationManifest) {
    let system = fixture::system();
    let run = RunWriter::create(&store(root), fixture::info()).expect("a run");
    let mut writer = run.simulation_writer(&system, options).expect("a writer");
    let buckets: Vec<Bucket> = (0..N_SCENARIOS.div_ceil(size)).map(|index| bucket(index, size)).collect();
    write_buckets(&mut writer, &system, &buckets);
    let manifest = writer.finalize().expect("files");
    run.commit(RunStatus::Complete, RunSummary::default()).expect("a commit");
    (open_run(&store(root), None).expect("a run"), manifest)
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn read(run: &Run, name: &str) -> RecordBatch {
    let batches = run.read_table(name).expect("a table");
    concat_batches(&batches[0].schema(), &batches).expect("one schema")
}

fn ids(batch: &RecordBatch, name: &str) -> Vec<i32> {
    let column = batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name}"));
    column.as_any().downcast_ref::<Int32Array>().expect("labels").values().to_vec()
}

fn floats(batch: &RecordBatch, name: &str) -> Vec<Option<f64>> {
    let column = batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name}"));
    column.as_any().downcast_ref::<Float64Array>().expect("quantities").iter().collect()
}

fn names(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(ToString::to_string).collect()
}

/// Rows of a table as text without the columns of the path, sorted: the same for any arrangement in files.
fn rows(batch: &RecordBatch, columns: &[&str]) -> Vec<String> {
    let columns: Vec<&ArrayRef> =
        columns.iter().map(|name| batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name}"))).collect();
    let mut rows: Vec<String> = (0..batch.num_rows())
        .map(|row| columns.iter().map(|column| format!("{:?}", column.slice(row, 1))).collect::<Vec<_>>().join(";"))
        .collect();
    rows.sort();
    rows
}

fn column_names(table: &schema::Table) -> Vec<&'static str> {
    table.columns.iter().map(|column| column.name).collect()
}

fn metadata(root: &Path, path: &str) -> parquet::file::metadata::ParquetMetaData {
    let file = File::open(root.join(path)).expect("a file");
    SerializedFileReader::new(file).expect("a Parquet file").metadata().clone()
}

fn inner_columns(metadata: &parquet::file::metadata::ParquetMetaData) -> Vec<String> {
    metadata.file_metadata().schema_descr().columns().iter().map(|column| column.name().to_string()).collect()
}

fn sorted_by(metadata: &parquet::file::metadata::ParquetMetaData) -> Vec<String> {
    let columns = inner_columns(metadata);
    let sorting = metadata.row_group(0).sorting_columns().expect("sorting columns");
    sorting.iter().map(|sorting| columns[sorting.column_idx as usize].clone()).collect()
}

#[test]
fn only_the_tables_asked_for_are_written_and_listed() {
    let root = folder();
    let options = ResultOptions { tables: Some(names(&["buses", "paths"])), ..ResultOptions::default() };
    let (run, manifest) = write(root.path(), &options, 2);
    let listed: Vec<&str> = run.manifest().tables.keys().map(String::as_str).collect();
    assert_eq!(listed, ["simulation/buses", "simulation/paths"]);
    assert!(!root.path().join("run=1/simulation/hydros").exists());
    assert_eq!((manifest.n_scenarios, manifest.n_buckets, manifest.files.len()), (5, 3, 6));
    assert_eq!(manifest.cost.expect("statistics").max, 1004.0);
}

#[test]
fn only_the_columns_asked_for_and_the_labels_that_order_the_rows_are_written() {
    let (root, full) = (folder(), folder());
    let columns = BTreeMap::from([
        ("hydros".to_string(), names(&["storage_final_hm3", "water_value_per_hm3", "node_id"])),
        ("solver_iterations".to_string(), names(&["simplex_iterations"])),
    ]);
    let (run, _) = write(root.path(), &ResultOptions { columns, ..ResultOptions::default() }, 2);
    let (full, _) = write(full.path(), &ResultOptions::default(), 2);
    let expected =
        ["scenario_id", "stage_id", "node_id", "block_id", "hydro_id", "storage_final_hm3", "water_value_per_hm3"];
    let path = "run=1/simulation/hydros/scenario_bucket=0/part-0.parquet";
    assert_eq!(inner_columns(&metadata(root.path(), path)), expected);
    assert_eq!(sorted_by(&metadata(root.path(), path)), ["hydro_id", "stage_id", "scenario_id", "block_id"]);
    assert_eq!(rows(&read(&run, "hydros"), &expected), rows(&read(&full, "hydros"), &expected));
    let path = "run=1/simulation/solver_iterations/scenario_bucket=0/part-0.parquet";
    assert_eq!(inner_columns(&metadata(root.path(), path)), ["scenario_id", "stage_id", "simplex_iterations"]);
    assert_eq!(read(&run, "buses"), read(&full, "buses"), "a table that is not named is whole");
}

#[test]
fn pages_are_compressed_as_asked_for() {
    for (compression, expected) in [
        (PageCompression::Snappy, Compression::SNAPPY),
        (PageCompression::Lz4Raw, Compression::LZ4_RAW),
        (PageCompression::Uncompressed, Compression::UNCOMPRESSED),
        (PageCompression::Zstd { level: 9 }, Compression::ZSTD(parquet::basic::ZstdLevel::default())),
    ] {
        let root = folder();
        let (run, _) = write(root.path(), &ResultOptions { compression, ..ResultOptions::default() }, 2);
        for (name, entry) in &run.manifest().tables {
            assert!(!entry.files.is_empty(), "{name}");
            for file in &entry.files {
                let metadata = metadata(root.path(), &file.path);
                for column in metadata.row_group(0).columns() {
                    let found = column.compression();
                    assert_eq!(std::mem::discriminant(&found), std::mem::discriminant(&expected), "{name}");
                }
            }
            assert_eq!(read(&run, name).num_rows() as u64, entry.rows, "{name}");
        }
    }
}

#[test]
fn a_table_continues_in_another_file_when_one_is_full() {
    let full = folder();
    let (full, _) = write(full.path(), &ResultOptions::default(), 5);
    for max_rows in [1, 3, 7, 40] {
        let root = folder();
        let options = ResultOptions { max_rows_per_file: Some(max_rows), ..ResultOptions::default() };
        let (run, _) = write(root.path(), &options, 5);
        for (name, entry) in &run.manifest().tables {
            for (number, file) in entry.files.iter().enumerate() {
                assert!(file.path.ends_with(&format!("/part-{number}.parquet")), "{}", file.path);
                // Two blocks of one scenario stay together.
                assert!(file.rows <= max_rows.max(2), "{name}: {} rows with at most {max_rows}", file.rows);
            }
            assert!(entry.files.len() as u64 >= entry.rows / max_rows.max(2), "{name}");
            assert_eq!(read(&run, name), read(&full, name), "{name}: the same rows in the same order");
        }
    }
}

/// Tables with a row per stage and scenario, and the others.
fn can_be_partitioned(table: &schema::Table) -> bool {
    table.column_index("scenario_id").is_some() && table.column_index("stage_id").is_some()
}

#[test]
fn the_column_of_the_path_is_not_in_the_file_and_no_row_is_lost() {
    let full = folder();
    let (full, _) = write(full.path(), &ResultOptions::default(), 2);
    for (key, values) in
        [(PartitionKey::StageId, vec![10, 20, 30]), (PartitionKey::ScenarioId, (0..N_SCENARIOS as i32).collect())]
    {
        let root = folder();
        let (run, _) = write(root.path(), &ResultOptions { partition_by: key, ..ResultOptions::default() }, 2);
        for table in phase_tables(TablePhase::Simulation).filter(|table| !is_statistics_table(table)) {
            let name = table.qualified_name();
            let entry = &run.manifest().tables[&name];
            if !can_be_partitioned(table) {
                assert_eq!(entry.partition_by, table.partition_by, "{name}");
                continue;
            }
            assert_eq!(entry.partition_by, [key.name()], "{name}");
            let expected: Vec<&str> = table.sort_by.iter().copied().filter(|&column| column != key.name()).collect();
            let mut found = BTreeSet::new();
            for file in &entry.files {
                let value = file.partition[key.name()];
                found.insert(value as i32);
                let sequence = if key == PartitionKey::StageId { "part-" } else { "part-0.parquet" };
                let folder = format!("{name}/{}={value}/{sequence}", key.name());
                assert!(file.path.contains(&folder), "{} holds {folder}", file.path);
                let metadata = metadata(root.path(), &file.path);
                assert!(!inner_columns(&metadata).contains(&key.name().to_string()), "{name}");
                assert_eq!(sorted_by(&metadata), expected, "{name}");
            }
            assert_eq!(found.into_iter().collect::<Vec<_>>(), values, "{name}");
            let columns = column_names(table);
            assert_eq!(rows(&read(&run, &name), &columns), rows(&read(&full, &name), &columns), "{name}");
            expect_sorted(&run, &name, &expected);
        }
    }
}

fn expect_sorted(run: &Run, name: &str, sort_by: &[&str]) {
    for batch in run.read_table(name).expect("a table") {
        let columns: Vec<Vec<i32>> = sort_by.iter().map(|column| ids(&batch, column)).collect();
        let key = |row: usize| columns.iter().map(|column| column[row]).collect::<Vec<_>>();
        for row in 1..batch.num_rows() {
            assert!(key(row - 1) < key(row), "{name}: row {row}");
        }
    }
}

#[test]
fn files_of_a_stage_are_one_per_bucket_in_the_order_of_buckets() {
    let root = folder();
    let options = ResultOptions {
        partition_by: PartitionKey::StageId,
        tables: Some(names(&["buses"])),
        max_rows_per_file: Some(2),
        ..ResultOptions::default()
    };
    let (run, _) = write(root.path(), &options, 2);
    let files = run.table_files("buses").expect("a table");
    let of_last: Vec<&str> = files
        .iter()
        .filter(|file| file.partition["stage_id"] == 30)
        .filter_map(|file| file.path.rsplit('/').next())
        .collect();
    let expected = ["part-0.parquet", "part-0-1.parquet", "part-1.parquet", "part-1-1.parquet", "part-2.parquet"];
    assert_eq!(of_last, expected);
}

#[test]
fn aggregates_are_the_statistics_of_the_full_tables() {
    let (full, by_two, by_five) = (folder(), folder(), folder());
    let aggregates = ResultOptions { aggregates_only: true, ..ResultOptions::default() };
    let (full, _) = write(full.path(), &ResultOptions::default(), 2);
    let (run, manifest) = write(by_two.path(), &aggregates, 2);
    let (other, _) = write(by_five.path(), &aggregates, 5);
    let mut n_compared = 0;
    for table in phase_tables(TablePhase::Simulation) {
        let name = table.qualified_name();
        let Some(statistics) = statistics_of(table) else { continue };
        assert!(!run.manifest().tables.contains_key(&name), "{name}");
        let (rows, found) = (read(&full, &name), read(&run, statistics.name));
        assert_eq!(found, read(&other, statistics.name), "{name}: buckets of any size give the same bits");
        let labels: Vec<&str> = statistics.sort_by[..statistics.sort_by.len() - 1].to_vec();
        for column in
            table.columns.iter().filter(|column| !column.unit.is_empty() && found.column_by_name(column.name).is_some())
        {
            n_compared += compare(&rows, &found, &labels, column.name);
        }
    }
    assert!(n_compared > 2000, "{n_compared}");
    assert_eq!(read(&run, "scenario_summary"), read(&full, "scenario_summary"));
    assert_eq!(read(&run, "cost_statistics"), read(&full, "cost_statistics"));
    assert_eq!(read(&run, "simulation/retry_histogram"), read(&full, "simulation/retry_histogram"));
    assert!(!run.manifest().tables.contains_key("simulation/paths"));
    let cost = manifest.cost.expect("statistics");
    assert_eq!((cost.mean, cost.min, cost.max), (1002.0, 1000.0, 1004.0));
}

/// Compares the statistics of one column with those computed from all rows.
fn compare(rows: &RecordBatch, found: &RecordBatch, labels: &[&str], column: &str) -> usize {
    let key = |batch: &RecordBatch| -> Vec<Vec<i32>> {
        let columns: Vec<Vec<i32>> = labels.iter().map(|label| ids(batch, label)).collect();
        (0..batch.num_rows()).map(|row| columns.iter().map(|column| column[row]).collect()).collect()
    };
    let mut groups: BTreeMap<Vec<i32>, Vec<Option<f64>>> = BTreeMap::new();
    for (key, value) in key(rows).into_iter().zip(floats(rows, column)) {
        groups.entry(key).or_default().push(value);
    }
    let statistics = found.column_by_name("statistic").expect("statistics");
    let statistics = statistics.as_any().downcast_ref::<StringArray>().expect("text");
    let mut n = 0;
    for ((key, statistic), value) in key(found).iter().zip(statistics.iter()).zip(floats(found, column)) {
        let values: Option<Vec<f64>> = groups[key].iter().copied().collect();
        let expected = values.map(|values| {
            assert_eq!(values.len(), N_SCENARIOS);
            let mean = values.iter().sum::<f64>() / N_SCENARIOS as f64;
            match statistic.expect("a name") {
                "mean" => mean,
                "min" => values.iter().copied().fold(f64::INFINITY, f64::min),
                "max" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                "std" => {
                    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (N_SCENARIOS - 1) as f64).sqrt()
                }
                other => panic!("{other}"),
            }
        });
        match (value, expected) {
            (Some(value), Some(expected)) => {
                assert!((value - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{column} {key:?} {statistic:?}");
            }
            (value, expected) => assert_eq!(value, expected, "{column} {key:?} {statistic:?}"),
        }
        n += 1;
    }
    assert_eq!(n, 4 * groups.len(), "{column}");
    n
}

#[test]
fn scenarios_and_stages_give_the_same_tables() {
    let (by_stage, by_scenario) = (folder(), folder());
    let options = ResultOptions { bucket_size: Some(2), ..ResultOptions::default() };
    let (by_stage, first) = write(by_stage.path(), &options, 2);
    let system = fixture::system();
    let run = RunWriter::create(&store(by_scenario.path()), fixture::info()).expect("a run");
    let mut writer = run.simulation_writer(&system, &options).expect("a writer");
    for scenario in 0..N_SCENARIOS {
        let stages = (0..system.n_stages()).map(|stage| fixture::outcome(&system, stage, scenario, 2)).collect();
        let discounted_cost = cost(scenario);
        writer.write_scenario(ScenarioOutcome { scenario, stages, discounted_cost }).expect("a scenario");
    }
    let second = writer.finalize().expect("files");
    run.commit(RunStatus::Complete, RunSummary::default()).expect("a commit");
    let by_scenario = open_run(&store(by_scenario.path()), None).expect("a run");
    assert_eq!((first.n_scenarios, first.n_buckets, &first.cost), (second.n_scenarios, second.n_buckets, &second.cost));
    for name in by_stage.manifest().tables.keys() {
        assert_eq!(read(&by_stage, name), read(&by_scenario, name), "{name}");
    }
    let text = serde_json::to_string(&second).expect("JSON");
    assert_eq!(serde_json::from_str::<SimulationManifest>(&text).expect("the same"), second);
}

#[test]
fn a_simulation_goes_on_after_the_buckets_of_an_earlier_attempt() {
    let whole = folder();
    let (whole, expected) = write(whole.path(), &ResultOptions::default(), 2);
    let system = fixture::system();
    for n_before in 1..3 {
        let root = folder();
        let run = RunWriter::create(&store(root.path()), fixture::info()).expect("a run");
        let mut first = run.simulation_writer(&system, &ResultOptions::default()).expect("a writer");
        let before: Vec<Bucket> = (0..n_before).map(|index| bucket(index, 2)).collect();
        write_buckets(&mut first, &system, &before);
        let files = first.files().to_vec();
        let discounted_costs = first.discounted_costs().to_vec();
        drop((first, run));
        // Another run takes over what the first has on record.
        let run = RunWriter::create(&store(root.path()), fixture::info()).expect("a run");
        let earlier = EarlierBuckets { n_buckets: n_before, files, discounted_costs };
        let second = run.simulation_writer(&system, &ResultOptions::default()).expect("a writer");
        let mut second = second.resume(earlier).expect("a writer");
        let after: Vec<Bucket> = (n_before..3).map(|index| bucket(index, 2)).collect();
        write_buckets(&mut second, &system, &after);
        let found = second.finalize().expect("files");
        assert_eq!((found.n_scenarios, found.n_buckets, &found.cost), (5, 3, &expected.cost));
        run.commit(RunStatus::Complete, RunSummary::default()).expect("a commit");
        let run = open_run(&store(root.path()), None).expect("a run");
        for name in whole.manifest().tables.keys() {
            assert_eq!(read(&run, name), read(&whole, name), "{name}");
        }
    }
}

#[test]
fn refuses_by_name_what_cannot_be_written() {
    let system = fixture::system();
    let refused = |system: &System, options: &ResultOptions| -> String {
        let root = folder();
        let run = RunWriter::create(&store(root.path()), fixture::info()).expect("a run");
        let error = run.simulation_writer(system, options).err().expect("a refusal");
        assert!(matches!(error, OutputError::SchemaError { .. }), "{error}");
        let known_before = options.check(system).expect_err("a refusal");
        assert!(error.to_string().ends_with(&known_before), "{error}");
        error.to_string()
    };
    let of_tables = |list: &[&str], aggregates_only| {
        refused(&system, &ResultOptions { tables: Some(names(list)), aggregates_only, ..ResultOptions::default() })
    };
    assert!(of_tables(&["hydro"], false).contains("no simulation table hydro"));
    assert!(of_tables(&["buses_statistics"], false).contains("buses_statistics is written with aggregates only"));
    assert!(of_tables(&["paths"], true).contains("paths is not written with aggregates only"));
    let columns = BTreeMap::from([("buses".to_string(), names(&["price"]))]);
    let error = refused(&system, &ResultOptions { columns, ..ResultOptions::default() });
    assert!(error.contains("the table buses has no column price"), "{error}");
    let columns = BTreeMap::from([("bus".to_string(), names(&["price"]))]);
    let error = refused(&system, &ResultOptions { columns, ..ResultOptions::default() });
    assert!(error.contains("no simulation table bus"), "{error}");
    for level in [0, 23] {
        let compression = PageCompression::Zstd { level };
        let error = refused(&system, &ResultOptions { compression, ..ResultOptions::default() });
        assert!(error.contains(&format!("level {level} of zstd")), "{error}");
    }
    let error = refused(&system, &ResultOptions { max_rows_per_file: Some(0), ..ResultOptions::default() });
    assert!(error.contains("0 rows per file"), "{error}");
    let error = refused(&system, &ResultOptions { bucket_size: Some(0), ..ResultOptions::default() });
    assert!(error.contains("0 scenarios per bucket"), "{error}");
    let buses = fixture::buses_only();
    let mut stages = buses.stages().to_vec();
    stages[0].id = -1;
    let negative = System::new(SystemParts { stages, buses: buses.buses().to_vec(), ..SystemParts::default() });
    let options = ResultOptions { partition_by: PartitionKey::StageId, ..ResultOptions::default() };
    let error = refused(&negative.expect("a valid system"), &options);
    assert!(error.contains("stage -1 cannot name a folder"), "{error}");
}

#[test]
fn refuses_scenarios_out_of_order_and_two_ways_at_once() {
    let system = fixture::system();
    let scenario = |scenario| ScenarioOutcome {
        scenario,
        stages: (0..system.n_stages()).map(|stage| fixture::outcome(&system, stage, scenario, 0)).collect(),
        discounted_cost: 1.0,
    };
    let refused = |act: &dyn Fn(&mut SimulationParquetWriter) -> Result<(), OutputError>| -> String {
        let root = folder();
        let run = RunWriter::create(&store(root.path()), fixture::info()).expect("a run");
        let options = ResultOptions { bucket_size: Some(3), ..ResultOptions::default() };
        let mut writer = run.simulation_writer(&system, &options).expect("a writer");
        act(&mut writer).expect_err("a misfit").to_string()
    };
    let error = refused(&|writer| writer.write_scenario(scenario(1)));
    assert!(error.contains("scenario 1 came, expected scenario 0"), "{error}");
    let error = refused(&|writer| {
        let mut short = scenario(0);
        short.stages.pop();
        writer.write_scenario(short)
    });
    assert!(error.contains("scenario 0 has 2 stages, the study has 3"), "{error}");
    let error = refused(&|writer| {
        writer.write_scenario(scenario(0))?;
        writer.write_stage(bucket(0, 2), 0, &fixture::outcomes(&system, bucket(0, 2), 0, 0))
    });
    assert!(error.contains("came stage by stage while scenarios came whole"), "{error}");
    let error = refused(&|writer| {
        writer.write_stage(bucket(0, 2), 0, &fixture::outcomes(&system, bucket(0, 2), 0, 0))?;
        writer.write_scenario(scenario(0))
    });
    assert!(error.contains("came whole while a bucket came stage by stage"), "{error}");
    let error = refused(&|writer| writer.write_stage(bucket(1, 2), 0, &fixture::outcomes(&system, bucket(1, 2), 0, 0)));
    assert!(error.contains("bucket 1 from scenario 2 came, expected bucket 0 from scenario 0"), "{error}");
    let root = folder();
    let run = RunWriter::create(&store(root.path()), fixture::info()).expect("a run");
    let options = ResultOptions { aggregates_only: true, ..ResultOptions::default() };
    let earlier = EarlierBuckets { n_buckets: 1, ..EarlierBuckets::default() };
    let writer = run.simulation_writer(&system, &options).expect("a writer");
    let error = writer.resume(earlier).err().expect("a refusal").to_string();
    assert!(error.contains("start it again from bucket 0"), "{error}");
}

#[test]
fn partition_by_bucket_is_the_default() {
    fn is_send<T: Send>() {}
    assert_eq!(ResultOptions::default().partition_by.name(), SCENARIO_BUCKET);
    is_send::<SimulationParquetWriter>();
}
