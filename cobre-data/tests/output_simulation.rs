//! Simulation tables: written, read back, compared value by value and row by row.

mod output_fixture;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, Float64Array, Int8Array, Int32Array, RecordBatch};
use cobre_data::output::schema::{self, TablePhase, is_statistics_table, phase_tables};
use cobre_data::output::{OutputError, ResultOptions, RunInfo, RunStatus, RunSummary, RunWriter, open_run};
use cobre_data::store::Store;
use cobre_engine::simulation::{Bucket, OutcomeSink, StageOutcome};
use cobre_engine::system::{System, SystemParts};
use output_fixture as fixture;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::statistics::Statistics;

/// Buckets of two, two and one scenarios.
const BUCKETS: [Bucket; 3] = [
    Bucket { index: 0, first_scenario: 0, n_scenarios: 2 },
    Bucket { index: 1, first_scenario: 2, n_scenarios: 2 },
    Bucket { index: 2, first_scenario: 4, n_scenarios: 1 },
];

fn store(root: &Path) -> Store {
    Store::open_path(root).expect("a store")
}

fn write_run(root: &Path, system: &System, n_lags: usize) -> Result<(), OutputError> {
    let run = RunWriter::create(&store(root), fixture::info())?;
    let mut writer = run.simulation_sink(system, &ResultOptions::default())?;
    for bucket in BUCKETS {
        for stage in 0..system.n_stages() {
            writer.write_stage(bucket, stage, fixture::outcomes(system, bucket, stage, n_lags))?;
        }
        let costs: Vec<f64> = (0..bucket.n_scenarios).map(|i| 1e3 + (bucket.first_scenario + i) as f64).collect();
        writer.finish_bucket(bucket, &costs)?;
    }
    writer.finish()?;
    run.commit(RunStatus::Complete, RunSummary::default())?;
    Ok(())
}

/// One row per (entity, stage, scenario, block) of a bucketed table, in the order the files must have.
fn places(system: &System, entities: &[usize], with_blocks: bool) -> Vec<[usize; 5]> {
    let mut places = Vec::new();
    for bucket in BUCKETS {
        for &entity in entities {
            for stage in 0..system.n_stages() {
                for scenario in bucket.first_scenario..bucket.first_scenario + bucket.n_scenarios {
                    for block in 0..if with_blocks { fixture::HOURS[stage].len() } else { 1 } {
                        places.push([bucket.index, entity, stage, scenario, block]);
                    }
                }
            }
        }
    }
    places
}

struct Table(Vec<RecordBatch>);

impl Table {
    fn floats(&self, name: &str) -> Vec<Option<f64>> {
        self.gather(name, |array: &Float64Array| array.iter().collect())
    }

    fn ints(&self, name: &str) -> Vec<Option<i32>> {
        self.gather(name, |array: &Int32Array| array.iter().collect())
    }

    fn codes(&self, name: &str) -> Vec<Option<i8>> {
        self.gather(name, |array: &Int8Array| array.iter().collect())
    }

    fn gather<A: Array + 'static, T>(&self, name: &str, values: impl Fn(&A) -> Vec<T>) -> Vec<T> {
        let column = |batch: &RecordBatch| {
            let array = batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name}"));
            values(array.as_any().downcast_ref::<A>().unwrap_or_else(|| panic!("{name} has another type")))
        };
        self.0.iter().flat_map(column).collect()
    }

    /// Compares a column with what `expected` says of every place.
    fn expect(&self, name: &str, places: &[[usize; 5]], expected: impl Fn(&[usize; 5]) -> f64) {
        let expected: Vec<Option<f64>> = places.iter().map(|place| Some(expected(place))).collect();
        assert_eq!(self.floats(name), expected, "{name}");
    }

    fn expect_codes(&self, name: &str, places: &[[usize; 5]], expected: impl Fn(&[usize; 5]) -> i8) {
        let expected: Vec<Option<i8>> = places.iter().map(|place| Some(expected(place))).collect();
        assert_eq!(self.codes(name), expected, "{name}");
    }

    fn expect_labels(&self, places: &[[usize; 5]], with_blocks: bool) {
        let by = |pick: fn(&[usize; 5]) -> i32| -> Vec<Option<i32>> { places.iter().map(|p| Some(pick(p))).collect() };
        assert_eq!(self.ints("scenario_bucket"), by(|p| p[0] as i32));
        assert_eq!(self.ints("stage_id"), by(|p| fixture::STAGE_IDS[p[2]]));
        assert_eq!(self.ints("node_id"), by(|p| p[2] as i32));
        assert_eq!(self.ints("scenario_id"), by(|p| p[3] as i32));
        if with_blocks {
            assert_eq!(self.ints("block_id"), by(|p| p[4] as i32));
        }
    }
}

fn full_run() -> (tempfile::TempDir, System) {
    let root = tempfile::tempdir().expect("a temporary folder");
    let system = fixture::system();
    write_run(root.path(), &system, 2).expect("a run");
    (root, system)
}

fn read(root: &Path, name: &str) -> Table {
    Table(open_run(&store(root), None).expect("a committed run").read_table(name).expect("a table"))
}

fn hours(place: &[usize; 5]) -> f64 {
    fixture::HOURS[place[2]][place[4]]
}

#[test]
fn hydros_hold_every_value_in_order() {
    let (root, system) = full_run();
    let table = read(root.path(), "hydros");
    // Plant 3 is second in the system and first in the file.
    let places = places(&system, &[1, 0], true);
    table.expect_labels(&places, true);
    let ids: Vec<Option<i32>> = places.iter().map(|place| Some([7, 3][place[1]])).collect();
    assert_eq!(table.ints("hydro_id"), ids);

    let outcome = |p: &[usize; 5]| -> StageOutcome { fixture::outcome(&system, p[2], p[3], 2) };
    let part = |p: &[usize; 5]| outcome(p).hydro_blocks[p[1] * fixture::HOURS[p[2]].len() + p[4]];
    let whole = |p: &[usize; 5]| outcome(p).hydros[p[1]];
    let rho = |p: &[usize; 5]| fixture::PRODUCTIVITY[p[1]][p[2]];
    let rho_below = |p: &[usize; 5]| if p[1] == 0 { rho(p) + fixture::PRODUCTIVITY[1][p[2]] } else { rho(p) };
    let stored = |p: &[usize; 5], storage: f64| (storage - 100.0) * rho_below(p) * (1e6 / 3600.0);
    let stage_hours = |p: &[usize; 5]| fixture::HOURS[p[2]].iter().sum::<f64>();

    table.expect("turbined_m3s", &places, |p| part(p).turbined_m3s);
    table.expect("spillage_m3s", &places, |p| part(p).spillage_m3s);
    table.expect("outflow_m3s", &places, |p| part(p).turbined_m3s + part(p).spillage_m3s);
    table.expect("generation_mw", &places, |p| part(p).generation_mw);
    table.expect("generation_mwh", &places, |p| part(p).generation_mw * hours(p));
    table.expect("spillage_cost", &places, |p| part(p).spillage_cost);
    table.expect("turbined_slack_m3s", &places, |p| part(p).turbined_slack_m3s);
    table.expect("outflow_slack_below_m3s", &places, |p| part(p).outflow_slack_below_m3s);
    table.expect("outflow_slack_above_m3s", &places, |p| part(p).outflow_slack_above_m3s);
    table.expect("generation_slack_mw", &places, |p| part(p).generation_slack_mw);
    table.expect("inflow_m3s", &places, |p| whole(p).inflow_m3s);
    table.expect("incremental_inflow_m3s", &places, |p| whole(p).inflow_m3s);
    table.expect("storage_initial_hm3", &places, |p| whole(p).storage_initial_hm3);
    table.expect("storage_final_hm3", &places, |p| whole(p).storage_final_hm3);
    table.expect("water_value_per_hm3", &places, |p| whole(p).water_value_per_hm3);
    table.expect("inflow_nonnegativity_slack_m3s", &places, |p| whole(p).inflow_nonnegativity_slack_m3s);
    table.expect("water_withdrawal_violation_pos_m3s", &places, |p| whole(p).withdrawal_violation_pos_m3s);
    table.expect("water_withdrawal_violation_neg_m3s", &places, |p| whole(p).withdrawal_violation_neg_m3s);
    for prefix in ["", "integrated_"] {
        table.expect(&format!("{prefix}equivalent_productivity_mw_per_m3s"), &places, rho);
        table.expect(&format!("{prefix}accumulated_productivity_mw_per_m3s"), &places, rho_below);
    }
    table.expect("incremental_inflow_energy_mw", &places, |p| whole(p).inflow_m3s * rho_below(p));
    table.expect("stored_energy_initial_mwh", &places, |p| stored(p, whole(p).storage_initial_hm3));
    table.expect("stored_energy_final_mwh", &places, |p| stored(p, whole(p).storage_final_hm3));
    table.expect("stored_energy_initial_mw", &places, |p| stored(p, whole(p).storage_initial_hm3) / stage_hours(p));
    table.expect("stored_energy_final_mw", &places, |p| stored(p, whole(p).storage_final_hm3) / stage_hours(p));
    for name in [
        "storage_violation_below_hm3",
        "filling_target_violation_hm3",
        "evaporation_violation_pos_m3s",
        "evaporation_violation_neg_m3s",
    ] {
        table.expect(name, &places, |_| 0.0);
    }
    table.expect_codes("storage_binding_code", &places, |p| [2, 1, 0][p[3].min(2)]);
    // Plant 3 is closed at the last stage; plant 7 runs full in its second block.
    table.expect_codes("operative_state_code", &places, |p| match (p[1], p[2], p[4]) {
        (1, 2, _) => 0,
        (0, _, 1) => 3,
        _ => 2,
    });
    // Plant 7 diverts, plant 3 receives; nobody evaporates.
    let outflow: Vec<Option<f64>> = places.iter().map(|p| (p[1] == 0).then(|| part(p).diverted_outflow_m3s)).collect();
    let inflow: Vec<Option<f64>> = places.iter().map(|p| (p[1] == 1).then(|| part(p).diverted_inflow_m3s)).collect();
    assert_eq!(table.floats("diverted_outflow_m3s"), outflow);
    assert_eq!(table.floats("diverted_inflow_m3s"), inflow);
    assert_eq!(table.floats("evaporation_m3s"), vec![None; places.len()]);
}

#[test]
fn cells_thermals_lines_and_buses_hold_every_value_in_order() {
    let (root, system) = full_run();
    let at = |p: &[usize; 5], tag| fixture::value(tag, p[1], p[2], p[3], p[4]);

    // Cells of the system: (7, bus 1), (7, bus 0), (3, bus 1); in the file by labels.
    let table = read(root.path(), "hydro_bus_generation");
    let cells = places(&system, &[2, 1, 0], true);
    table.expect_labels(&cells, true);
    let pairs: Vec<_> = cells.iter().map(|p| [(7, 1), (7, 0), (3, 1)][p[1]]).collect();
    assert_eq!(table.ints("hydro_id"), pairs.iter().map(|pair| Some(pair.0)).collect::<Vec<_>>());
    assert_eq!(table.ints("bus_id"), pairs.iter().map(|pair| Some(pair.1)).collect::<Vec<_>>());
    table.expect("turbined_m3s", &cells, |p| at(p, 40));
    table.expect("generation_mw", &cells, |p| at(p, 41));
    table.expect("generation_mwh", &cells, |p| at(p, 41) * hours(p));

    let table = read(root.path(), "thermals");
    let thermals = places(&system, &[0, 1], true);
    table.expect_labels(&thermals, true);
    table.expect("generation_mw", &thermals, |p| at(p, 50));
    table.expect("generation_mwh", &thermals, |p| at(p, 50) * hours(p));
    table.expect("generation_cost", &thermals, |p| 25.0 * (at(p, 50) * hours(p)));
    table.expect_codes("operative_state_code", &thermals, |p| [2, 0][p[1]]);
    assert_eq!(table.floats("anticipated_decision_mw"), vec![None; thermals.len()]);
    assert_eq!(table.floats("anticipated_committed_mw"), vec![None; thermals.len()]);
    let flags: Vec<Option<bool>> =
        table.gather("is_anticipated", |array: &arrow::array::BooleanArray| array.iter().collect());
    assert_eq!(flags, vec![Some(false); thermals.len()]);

    let table = read(root.path(), "exchanges");
    let lines = places(&system, &[0], true);
    table.expect_labels(&lines, true);
    let (direct, reverse) = (|p: &[usize; 5]| at(p, 60), |p: &[usize; 5]| at(p, 61) * 0.5);
    table.expect("direct_flow_mw", &lines, direct);
    table.expect("reverse_flow_mw", &lines, reverse);
    table.expect("net_flow_mw", &lines, |p| direct(p) - reverse(p));
    table.expect("net_flow_mwh", &lines, |p| (direct(p) - reverse(p)) * hours(p));
    table.expect("losses_mw", &lines, |p| 0.03 * (direct(p) + reverse(p)));
    table.expect("losses_mwh", &lines, |p| 0.03 * (direct(p) + reverse(p)) * hours(p));
    table.expect("exchange_cost", &lines, |p| 2.0 * (direct(p) + reverse(p)) * hours(p));
    table.expect_codes("operative_state_code", &lines, |_| 2);

    let table = read(root.path(), "buses");
    let buses = places(&system, &[1, 0], true);
    table.expect_labels(&buses, true);
    assert_eq!(table.ints("bus_id"), buses.iter().map(|p| Some([1, 0][p[1]])).collect::<Vec<_>>());
    for (tag, name) in [(70, "load"), (71, "deficit"), (72, "excess")] {
        table.expect(&format!("{name}_mw"), &buses, |p| at(p, tag));
        table.expect(&format!("{name}_mwh"), &buses, |p| at(p, tag) * hours(p));
    }
    table.expect("spot_price", &buses, |p| at(p, 73));
}

#[test]
fn costs_lags_and_scenarios_hold_every_value_in_order() {
    let (root, system) = full_run();
    let table = read(root.path(), "costs");
    let stages = places(&system, &[0], false);
    table.expect_labels(&stages, false);
    assert_eq!(table.ints("block_id"), vec![None; stages.len()]);
    let cost = |p: &[usize; 5]| fixture::outcome(&system, p[2], p[3], 0).cost;
    table.expect("total_cost", &stages, |p| cost(p).total_cost);
    table.expect("immediate_cost", &stages, |p| cost(p).immediate_cost);
    table.expect("future_cost", &stages, |p| cost(p).future_cost);
    table.expect("discount_factor", &stages, |p| cost(p).discount_factor);
    table.expect("thermal_cost", &stages, |p| cost(p).thermal_cost);
    table.expect("deficit_cost", &stages, |p| cost(p).deficit_cost);
    table.expect("excess_cost", &stages, |p| cost(p).excess_cost);
    table.expect("outflow_violation_below_cost", &stages, |p| cost(p).outflow_violation_below_cost);
    table.expect("outflow_violation_above_cost", &stages, |p| cost(p).outflow_violation_above_cost);
    table.expect("turbined_violation_cost", &stages, |p| cost(p).turbined_violation_cost);
    table.expect("generation_violation_cost", &stages, |p| cost(p).generation_violation_cost);
    table.expect("withdrawal_violation_cost", &stages, |p| cost(p).withdrawal_violation_cost);
    table.expect("hydro_violation_cost", &stages, |p| {
        (7..12).map(|tag| fixture::value(tag, 0, p[2], p[3], 0)).sum::<f64>()
    });
    table.expect("inflow_penalty_cost", &stages, |p| cost(p).inflow_penalty_cost);
    table.expect("spillage_cost", &stages, |p| cost(p).spillage_cost);
    table.expect("turbined_cost", &stages, |p| cost(p).turbined_cost);
    table.expect("exchange_cost", &stages, |p| cost(p).exchange_cost);
    for name in ["anticipated_thermal", "contract", "storage_violation", "evaporation_violation", "generic_violation"] {
        table.expect(&format!("{name}_cost"), &stages, |_| 0.0);
    }
    for name in ["filling_target_cost", "curtailment_cost", "pumping_cost"] {
        table.expect(name, &stages, |_| 0.0);
    }

    let table = read(root.path(), "block_costs");
    let blocks = places(&system, &[1], true);
    table.expect_labels(&blocks, true);
    let causes = [
        (4, "thermal"),
        (5, "deficit"),
        (6, "excess"),
        (7, "outflow_violation_below"),
        (8, "outflow_violation_above"),
        (9, "turbined_violation"),
        (10, "generation_violation"),
        (13, "spillage"),
        (14, "turbined"),
        (15, "exchange"),
    ];
    for (tag, cause) in causes {
        table.expect(&format!("{cause}_cost"), &blocks, |p| fixture::value(tag, p[1], p[2], p[3], p[4]));
    }
    table.expect("block_cost", &blocks, |p| {
        causes.iter().map(|&(tag, _)| fixture::value(tag, p[1], p[2], p[3], p[4])).sum()
    });

    let table = read(root.path(), "inflow_lags");
    // Entity = plant·2 + lag, plant 3 first.
    let lags = places(&system, &[2, 3, 0, 1], false);
    table.expect_labels(&lags, false);
    assert_eq!(table.ints("hydro_id"), lags.iter().map(|p| Some([7, 3][p[1] / 2])).collect::<Vec<_>>());
    assert_eq!(table.ints("lag_index"), lags.iter().map(|p| Some(p[1] as i32 % 2)).collect::<Vec<_>>());
    table.expect("inflow_m3s", &lags, |p| fixture::value(80 + p[1] % 2, p[1] / 2, p[2], p[3], 0));

    let table = read(root.path(), "scenario_summary");
    assert_eq!(table.ints("scenario_id"), (0..5).map(Some).collect::<Vec<_>>());
    assert_eq!(table.floats("probability"), vec![None; 5]);
    let costs = table.floats("discounted_immediate_cost");
    assert_eq!(costs, (0..5).map(|scenario| Some(1e3 + f64::from(scenario))).collect::<Vec<_>>());

    let table = read(root.path(), "simulation/solver_iterations");
    let work: Vec<Option<u64>> =
        table.gather("simplex_iterations", |array: &arrow::array::UInt64Array| array.iter().collect());
    let expected: Vec<Option<u64>> = stages.iter().map(|p| Some((100 * p[2] + p[3]) as u64)).collect();
    assert_eq!(work, expected);
    let counts =
        |name| -> Vec<Option<u32>> { table.gather(name, |array: &arrow::array::UInt32Array| array.iter().collect()) };
    assert_eq!(counts("lp_retries"), vec![Some(1); 15]);
    assert_eq!(counts("retry_attempts"), vec![Some(2); 15]);
    let expected: Vec<Option<u32>> = stages.iter().map(|p| Some(u32::from(p[3] == 0))).collect();
    assert_eq!(counts("basis_offered"), expected);
    assert_eq!(table.floats("solve_time_ms"), vec![Some(250.0); 15]);
    assert_eq!(table.ints("scenario_bucket"), stages.iter().map(|p| Some(p[0] as i32)).collect::<Vec<_>>());
    assert_eq!(table.ints("scenario_id"), stages.iter().map(|p| Some(p[3] as i32)).collect::<Vec<_>>());
    assert_eq!(table.ints("stage_id"), stages.iter().map(|p| Some(fixture::STAGE_IDS[p[2]])).collect::<Vec<_>>());

    let table = read(root.path(), "simulation/retry_histogram");
    let found: Vec<_> = table
        .ints("scenario_bucket")
        .into_iter()
        .zip(table.gather("retry_level", |array: &arrow::array::UInt32Array| array.iter().collect()))
        .zip(table.ints("stage_id"))
        .zip(table.gather("count", |array: &arrow::array::UInt64Array| array.iter().collect()))
        .filter_map(|(((bucket, level), stage), count)| Some((bucket?, level?, stage?, count?)))
        .collect();
    let first = [(0, 2, 10, 2), (0, 2, 20, 1), (0, 2, 30, 2), (0, 3, 20, 1)];
    assert_eq!(found[..4], first);
    assert_eq!(found.iter().map(|row| row.3).sum::<u64>(), 15);

    let table = read(root.path(), "paths");
    table.expect_labels(&stages, false);
    assert_eq!(table.ints("opening_index"), stages.iter().map(|p| Some(p[3] as i32 % 3)).collect::<Vec<_>>());
}

/// Tables of a simulation that is written in full.
fn written_tables() -> impl Iterator<Item = &'static schema::Table> {
    phase_tables(TablePhase::Simulation).filter(|table| !is_statistics_table(table))
}

fn parquet_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(parquet_files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn writes_one_file_per_table_and_bucket_and_nothing_else() {
    let (root, _) = full_run();
    let mut expected: Vec<PathBuf> = Vec::new();
    let simulation = root.path().join("run=1/simulation");
    for table in written_tables() {
        let folder = simulation.join(table.name);
        if table.partition_by.is_empty() {
            expected.push(folder.join("part-0.parquet"));
        } else {
            expected.extend((0..3).map(|k| folder.join(format!("scenario_bucket={k}/part-0.parquet"))));
        }
    }
    expected.extend((0..3).map(|k| simulation.join(format!("_buckets/{k}.json"))));
    expected.push(root.path().join("_meta/run-1.json"));
    expected.sort();
    assert_eq!(parquet_files(root.path()), expected);
}

#[test]
fn tables_without_rows_have_no_files() {
    let root = tempfile::tempdir().expect("a temporary folder");
    write_run(root.path(), &fixture::buses_only(), 0).expect("a run");
    let run = open_run(&store(root.path()), None).expect("a run");
    let with_files: Vec<&str> = run
        .manifest()
        .tables
        .iter()
        .filter(|(_, entry)| !entry.files.is_empty())
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        with_files,
        [
            "simulation/block_costs",
            "simulation/buses",
            "simulation/cost_statistics",
            "simulation/costs",
            "simulation/paths",
            "simulation/retry_histogram",
            "simulation/scenario_summary",
            "simulation/solver_iterations"
        ]
    );
    assert!(run.read_table("hydros").expect("a known table").is_empty());
    assert!(!root.path().join("run=1/simulation/hydros").exists());
}

#[test]
fn files_describe_themselves() {
    let (root, _) = full_run();
    let run = open_run(&store(root.path()), None).expect("a run");
    for table in written_tables() {
        let name = table.qualified_name();
        for entry in run.table_files(&name).expect("a table") {
            let file = File::open(root.path().join(&entry.path)).expect("a file");
            let reader = SerializedFileReader::new(file).expect("a Parquet file");
            let metadata = reader.metadata();
            let facts: BTreeMap<&str, &str> = metadata
                .file_metadata()
                .key_value_metadata()
                .expect("key-value metadata")
                .iter()
                .filter_map(|fact| Some((fact.key.as_str(), fact.value.as_deref()?)))
                .collect();
            assert_eq!(facts["cobre.schema_version"], table.schema_version.to_string());
            assert_eq!(facts["cobre.run_id"], run.manifest().run_id);
            assert_eq!(facts["cobre.engine_version"], "0.1.0");
            assert_eq!(facts["cobre.case_hash"], "c0ffee");
            let units: BTreeMap<String, String> = serde_json::from_str(facts["cobre.units"]).expect("JSON");
            for column in table.columns {
                assert_eq!(units.get(column.name).map_or("", String::as_str), column.unit, "{name}.{}", column.name);
            }
            let group = metadata.row_group(0);
            let sorted: Vec<&str> = group
                .sorting_columns()
                .expect("sorting columns")
                .iter()
                .map(|sorting| table.columns[sorting.column_idx as usize].name)
                .collect();
            assert_eq!(sorted, table.sort_by, "{name}");
            for (column, chunk) in table.columns.iter().zip(group.columns()) {
                let is_float = column.unit != "ms" && matches!(chunk.column_type(), parquet::basic::Type::DOUBLE);
                assert_eq!(chunk.column_path().string(), column.name);
                assert!(!is_float || chunk.dictionary_page_offset().is_none(), "{name}.{}", column.name);
                assert!(chunk.column_index_offset().is_some(), "page statistics of {name}.{}", column.name);
            }
        }
    }
}

#[test]
fn rows_are_said_to_be_sorted_by_stage_label_only_where_labels_increase() {
    let system = fixture::buses_only();
    let mut stages = system.stages().to_vec();
    stages[2].id = 15;
    let parts = SystemParts { stages, buses: system.buses().to_vec(), ..SystemParts::default() };
    let root = tempfile::tempdir().expect("a temporary folder");
    write_run(root.path(), &System::new(parts).expect("a valid system"), 0).expect("a run");
    let path = root.path().join("run=1/simulation/buses/scenario_bucket=0/part-0.parquet");
    let reader = SerializedFileReader::new(File::open(path).expect("a file")).expect("a Parquet file");
    let sorting = reader.metadata().row_group(0).sorting_columns().expect("sorting columns");
    // bus_id, node_id, scenario_id, block_id
    assert_eq!(sorting.iter().map(|column| column.column_idx).collect::<Vec<_>>(), [4, 2, 0, 3]);
}

#[test]
fn row_group_statistics_bound_the_rows() {
    let (root, _) = full_run();
    let path = root.path().join("run=1/simulation/hydros/scenario_bucket=1/part-0.parquet");
    let reader = SerializedFileReader::new(File::open(path).expect("a file")).expect("a Parquet file");
    let group = reader.metadata().row_group(0);
    let bounds = |index: usize| match group.column(index).statistics() {
        Some(Statistics::Int32(statistics)) => (statistics.min_opt().copied(), statistics.max_opt().copied()),
        other => panic!("integer statistics expected, found {other:?}"),
    };
    assert_eq!(bounds(0), (Some(2), Some(3)), "scenario_id");
    assert_eq!(bounds(1), (Some(10), Some(30)), "stage_id");
    assert_eq!(bounds(4), (Some(3), Some(7)), "hydro_id");
}

#[test]
fn refuses_outcomes_that_do_not_fit() {
    let system = fixture::system();
    let bucket = BUCKETS[0];
    let misfit = |act: &dyn Fn(&mut dyn OutcomeSink<Error = OutputError>) -> Result<(), OutputError>| -> String {
        let root = tempfile::tempdir().expect("a temporary folder");
        let run = RunWriter::create(&store(root.path()), fixture::info()).expect("a run");
        let mut writer = run.simulation_sink(&system, &ResultOptions::default()).expect("a writer");
        let error = act(&mut writer).and_then(|()| writer.finish().map(|_| ())).expect_err("a misfit");
        assert!(matches!(error, OutputError::SchemaError { .. }), "{error}");
        let error = error.to_string();
        assert!(error.contains("run=1/simulation"), "{error}");
        assert!(run.commit(RunStatus::Complete, RunSummary::default()).is_err());
        assert!(open_run(&store(root.path()), None).is_err());
        error
    };
    let error = misfit(&|sink| sink.write_stage(bucket, 1, fixture::outcomes(&system, bucket, 1, 0)));
    assert!(error.contains("stage position 1 of bucket 0 came, expected stage position 0"), "{error}");
    let error = misfit(&|sink| sink.write_stage(bucket, 0, vec![fixture::outcome(&system, 0, 0, 0)]));
    assert!(error.contains("1 outcomes"), "{error}");
    let error = misfit(&|sink| {
        let mut outcomes = fixture::outcomes(&system, bucket, 0, 0);
        outcomes[1].buses.pop();
        sink.write_stage(bucket, 0, outcomes)
    });
    assert!(error.contains("scenario 1") && error.contains("3 values of buses, expected 4"), "{error}");
    let error = misfit(&|sink| {
        let mut outcomes = fixture::outcomes(&system, bucket, 0, 2);
        outcomes[1].inflow_lags_m3s.truncate(2);
        sink.write_stage(bucket, 0, outcomes)
    });
    assert!(error.contains("2 values of inflow_lags_m3s, 4 in the first scenario"), "{error}");
    let error = misfit(&|sink| sink.finish_bucket(bucket, &[1.0, 2.0]));
    assert!(error.contains("finished before its 3 stages"), "{error}");
    let error = misfit(&|sink| sink.write_stage(bucket, 0, fixture::outcomes(&system, bucket, 0, 0)));
    assert!(error.contains("was not finished: 1 of 3 stages came"), "{error}");
}
