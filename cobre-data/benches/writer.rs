//! Speed of the simulation writer: rows and bytes per second, per run and per core.
//!
//! `cargo bench --workspace --bench writer` measures whole studies: the CPU time and the wall time from handing over the
//! first stage to the last published file. With `-- --table FOLDER` it writes one table of twenty million rows of 112
//! bytes into FOLDER on a single thread and prints one line of JSON; `benches/writers.py` puts other writers beside it.
//! The outcomes are made before the clock starts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use cobre_data::output::{PageCompression, ResultOptions, RunInfo, RunStatus, RunSummary, RunWriter};
use cobre_data::store::Store;
use cobre_engine::risk::RiskMeasure;
use cobre_engine::simulation::{
    BlockCost, Bucket, BusBlockOutcome, HydroBlockOutcome, HydroOutcome, LineBlockOutcome, OutcomeSink, StageOutcome,
};
use cobre_engine::system::{
    Block, Bus, BusStage, DeficitSegment, Hydro, HydroBlock, HydroPenalties, HydroStage, InitialState, Limits, Line,
    LineLimits, LineStage, Stage, System, SystemParts, Thermal, ThermalStage, UnitGroup,
};

const N_STAGES: usize = 60;
const N_BLOCKS: usize = 3;
const N_SCENARIOS: usize = 50;
const N_BUCKETS: usize = 2;

/// Buckets, scenarios of each and plants of the single table: 20 million rows.
const TABLE_BUCKETS: usize = 10;
const TABLE_SCENARIOS: usize = 100;
const TABLE_HYDROS: usize = 20_000_000 / (TABLE_BUCKETS * TABLE_SCENARIOS * N_STAGES * N_BLOCKS) + 1;
/// Its quantities: twelve, which with four labels make 112 bytes.
const TABLE_QUANTITIES: [&str; 12] = [
    "turbined_m3s",
    "spillage_m3s",
    "outflow_m3s",
    "generation_mw",
    "generation_mwh",
    "inflow_m3s",
    "storage_initial_hm3",
    "storage_final_hm3",
    "incremental_inflow_energy_mw",
    "stored_energy_final_mwh",
    "spillage_cost",
    "water_value_per_hm3",
];
const ROW_BYTES: u64 = 4 * 4 + 12 * 8;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--table") {
        let folder = arguments.get(at + 1).expect("--table FOLDER");
        let compress = !arguments.iter().any(|argument| argument == "--uncompressed");
        return measure_table(Path::new(folder), compress);
    }
    for (name, n_hydros, n_thermals, n_lines, n_buses) in [
        ("whole study", 160, 120, 12, 6),
        ("buses only", 0, 0, 0, 200),
        ("hydros", 160, 0, 0, 1),
        ("thermals", 0, 200, 0, 1),
    ] {
        measure(name, &system(n_hydros, n_thermals, n_lines, n_buses));
    }
}

fn info() -> RunInfo {
    RunInfo {
        engine_version: "bench".into(),
        case_hash: String::new(),
        study_hash: String::new(),
        simulation_hash: String::new(),
        case_path: String::new(),
        solver_name: "none".into(),
        solver_version: None,
        threads: 1,
        ranks: 1,
        options: BTreeMap::new(),
    }
}

/// Writes a single table on this thread.
fn measure_table(folder: &Path, compress: bool) {
    let system = system(TABLE_HYDROS, 0, 0, 1);
    let hydros = || "hydros".to_string();
    let options = ResultOptions {
        tables: Some(BTreeSet::from([hydros()])),
        columns: BTreeMap::from([(hydros(), TABLE_QUANTITIES.iter().map(ToString::to_string).collect())]),
        compression: if compress { PageCompression::default() } else { PageCompression::Uncompressed },
        ..ResultOptions::default()
    };
    let run = RunWriter::create(&Store::open_path(folder).expect("a store"), info()).expect("a run");
    let mut writer = run.simulation_writer(&system, &options).expect("a writer");
    let mut noise = Noise(1);
    let (mut wall, mut cpu) = (Duration::ZERO, Duration::ZERO);
    // The same outcomes for every bucket: making them anew would leave the kernel short of pages for the files.
    let stages: Vec<Vec<StageOutcome>> =
        (0..N_STAGES).map(|_| (0..TABLE_SCENARIOS).map(|_| outcome(&system, &mut noise)).collect()).collect();
    for index in 0..TABLE_BUCKETS {
        let bucket = Bucket { index, first_scenario: index * TABLE_SCENARIOS, n_scenarios: TABLE_SCENARIOS };
        let (start, cpu_start) = (Instant::now(), cpu_time());
        for (stage, outcomes) in stages.iter().enumerate() {
            writer.write_stage(bucket, stage, outcomes).expect("a stage");
        }
        writer.finish_bucket(bucket, &[0.0; TABLE_SCENARIOS]).expect("a bucket");
        wall += start.elapsed();
        cpu += cpu_time().saturating_sub(cpu_start);
    }
    let files = writer.finalize().expect("files").files;
    let rows: u64 = files.iter().map(|file| file.rows).sum();
    let bytes: u64 = files.iter().map(|file| file.bytes).sum();
    let (wall, cpu) = (wall.as_secs_f64(), cpu.as_secs_f64());
    println!(
        "{{\"writer\":\"cobre\",\"rows\":{rows},\"row_bytes\":{ROW_BYTES},\"files\":{},\"bytes\":{bytes},\
         \"cpu_seconds\":{cpu:.3},\"wall_seconds\":{wall:.3},\"rows_per_cpu_second\":{:.0}}}",
        files.len(),
        rows as f64 / cpu
    );
}

fn measure(name: &str, system: &System) {
    let root = tempfile::tempdir().expect("a temporary folder");
    let run = RunWriter::create(&Store::open_path(root.path()).expect("a store"), info()).expect("a run");
    let mut writer = run.simulation_sink(system, &ResultOptions::default()).expect("a writer");
    let mut noise = Noise(1);
    let buckets: Vec<Vec<Vec<StageOutcome>>> = (0..N_BUCKETS)
        .map(|_| (0..N_STAGES).map(|_| (0..N_SCENARIOS).map(|_| outcome(system, &mut noise)).collect()).collect())
        .collect();
    let cpu = cpu_time();
    let start = Instant::now();
    for (index, stages) in buckets.into_iter().enumerate() {
        let bucket = Bucket { index, first_scenario: index * N_SCENARIOS, n_scenarios: N_SCENARIOS };
        for (stage, outcomes) in stages.into_iter().enumerate() {
            writer.write_stage(bucket, stage, outcomes).expect("a stage");
        }
        writer.finish_bucket(bucket, &[0.0; N_SCENARIOS]).expect("a bucket");
    }
    let files = writer.finish().expect("files").files;
    let wall = start.elapsed().as_secs_f64();
    let cpu = cpu_time().saturating_sub(cpu).as_secs_f64();
    let start = Instant::now();
    run.commit(RunStatus::Complete, RunSummary::default()).expect("a commit");
    let commit = start.elapsed().as_secs_f64();

    let rows: u64 = files.iter().map(|file| file.rows).sum();
    let bytes: u64 = files.iter().map(|file| file.bytes).sum();
    let raw: u64 = files.iter().map(|file| file.rows * row_width(&file.table)).sum();
    let million = |count: u64, seconds: f64| count as f64 / 1e6 / seconds;
    println!(
        "{name}: {rows} rows of {} bytes, {} files of {:.1} MB",
        raw / rows.max(1),
        files.len(),
        bytes as f64 / 1e6
    );
    println!(
        "  {:.2} M rows/s and {:.0} MB/s per core; {:.2} s CPU, {wall:.2} s wall, commit {commit:.2} s",
        million(rows, cpu),
        million(raw, cpu),
        cpu
    );
}

/// Bytes of a row before encoding.
fn row_width(table: &str) -> u64 {
    use cobre_data::output::schema::{ColumnType, TABLES};
    let columns = TABLES.iter().filter(|t| t.qualified_name() == table).flat_map(|t| t.columns);
    columns
        .map(|column| match column.column_type {
            ColumnType::Int8 | ColumnType::Boolean => 1,
            ColumnType::Int32 | ColumnType::UInt32 => 4,
            _ => 8,
        })
        .sum()
}

/// CPU time of this process, all threads (10 ms steps); nothing where the system does not tell.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().filter_map(|&i| fields.get(i)?.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

/// A small congruential generator: full mantissas, which compress as badly as real results.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / 9e12
    }
}

fn outcome(system: &System, noise: &mut Noise) -> StageOutcome {
    let n_hydros = system.n_hydros();
    StageOutcome {
        hydros: (0..n_hydros)
            .map(|_| HydroOutcome {
                storage_initial_hm3: noise.next(),
                storage_final_hm3: noise.next(),
                inflow_m3s: noise.next(),
                water_value_per_hm3: -noise.next(),
                ..HydroOutcome::default()
            })
            .collect(),
        hydro_blocks: (0..n_hydros * N_BLOCKS)
            .map(|_| HydroBlockOutcome {
                turbined_m3s: noise.next(),
                generation_mw: noise.next(),
                // Rivers spill now and then.
                spillage_m3s: (noise.next() - 900.0).max(0.0),
                ..HydroBlockOutcome::default()
            })
            .collect(),
        cells: (0..n_hydros * N_BLOCKS).map(|_| (noise.next(), noise.next())).collect(),
        thermal_mw: (0..system.thermals().len() * N_BLOCKS).map(|_| noise.next()).collect(),
        lines: (0..system.lines().len() * N_BLOCKS)
            .map(|_| LineBlockOutcome { direct_mw: noise.next(), reverse_mw: 0.0 })
            .collect(),
        buses: (0..system.buses().len() * N_BLOCKS)
            .map(|_| BusBlockOutcome {
                load_mw: noise.next(),
                deficit_mw: 0.0,
                excess_mw: 0.0,
                spot_price: noise.next(),
            })
            .collect(),
        block_costs: vec![BlockCost::default(); N_BLOCKS],
        ..StageOutcome::default()
    }
}

fn system(n_hydros: usize, n_thermals: usize, n_lines: usize, n_buses: usize) -> System {
    let limits = Limits::new(0.0, 1e6);
    let block = HydroBlock {
        turbined_m3s: limits,
        generation_mw: limits,
        outflow_m3s: limits,
        spillage_m3s: limits,
        diversion_m3s: Limits::new(0.0, 0.0),
    };
    let hydro_stage = HydroStage {
        productivity_mw_per_m3s: 0.3,
        storage_hm3: limits,
        water_withdrawal_m3s: 0.0,
        penalties: HydroPenalties::default(),
        blocks: vec![block; N_BLOCKS],
    };
    System::new(SystemParts {
        stages: (0..N_STAGES)
            .map(|t| Stage {
                id: t as i32,
                start_day: 30 * t as i32,
                end_day: 30 * t as i32 + 30,
                season: None,
                blocks: vec![Block { name: "block".into(), hours: 243.3 }; N_BLOCKS],
                discount_factor: 1.0,
                risk_measure: RiskMeasure::Expectation,
            })
            .collect(),
        buses: (0..n_buses)
            .map(|b| Bus {
                id: b as i32,
                name: format!("bus {b}"),
                deficit_segments: vec![DeficitSegment { depth_mw: f64::INFINITY, cost_per_mwh: 1.0 }],
                stages: vec![
                    BusStage {
                        load_mean_mw: 0.0,
                        load_std_mw: 0.0,
                        load_factors: vec![1.0; N_BLOCKS],
                        excess_cost_per_mwh: 0.0
                    };
                    N_STAGES
                ],
            })
            .collect(),
        lines: (0..n_lines)
            .map(|l| Line {
                id: l as i32,
                name: format!("line {l}"),
                source_bus: 0,
                target_bus: 1,
                losses_percent: 1.0,
                stages: vec![
                    LineStage {
                        exchange_cost_per_mwh: 0.1,
                        blocks: vec![LineLimits { direct_mw: 1e6, reverse_mw: 1e6 }; N_BLOCKS]
                    };
                    N_STAGES
                ],
            })
            .collect(),
        thermals: (0..n_thermals)
            .map(|i| Thermal {
                id: i as i32,
                name: format!("thermal {i}"),
                bus: 0,
                stages: vec![ThermalStage { cost_per_mwh: 10.0, generation_mw: vec![limits; N_BLOCKS] }; N_STAGES],
            })
            .collect(),
        hydros: (0..n_hydros)
            .map(|h| Hydro {
                id: h as i32,
                name: format!("hydro {h}"),
                downstream: (h + 1 < n_hydros).then_some(h + 1),
                diversion_downstream: None,
                unit_groups: vec![UnitGroup {
                    id: 0,
                    name: "units".into(),
                    bus: 0,
                    turbined_m3s: limits,
                    generation_mw: limits,
                }],
                stages: vec![hydro_stage.clone(); N_STAGES],
            })
            .collect(),
        initial: InitialState { storage_hm3: vec![0.0; n_hydros], inflow_lags_m3s: vec![Vec::new(); n_hydros] },
    })
    .expect("a valid system")
}
