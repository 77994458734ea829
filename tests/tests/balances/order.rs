use cobre_data::output::Run;
use cobre_data::output::schema::{SCENARIO_BUCKET, Table, TablePhase, phase_tables};
use cobre_engine::Study;
use cobre_engine::sddp::SimulationOptions;

use super::columns::Columns;

/// Every table has the rows it should have, in the order it documents, in the buckets they belong to.
pub(super) fn check(study: &Study, run: &Run, simulation: &SimulationOptions) -> Vec<String> {
    let mut faults = Vec::new();
    let written = |table: &&Table| run.manifest().tables.contains_key(&table.qualified_name());
    for table in phase_tables(TablePhase::Simulation).filter(written) {
        let name = table.qualified_name();
        if ["cost_statistics", "retry_histogram"].contains(&table.name) {
            continue; // Their rows are not those of scenarios.
        }
        let batches = run.read_table(&name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let columns = Columns::of(&batches);
        let expected = expected_rows(study, table.name) * simulation.n_scenarios;
        if columns.n_rows() != expected {
            faults.push(format!("{name} has {} rows, expected {expected}", columns.n_rows()));
        }
        let mut labels: Vec<&str> = table.partition_by.to_vec();
        labels.extend(table.sort_by);
        let labels: Vec<&[i32]> = labels.iter().map(|label| columns.ids(label)).collect();
        let key = |row: usize| labels.iter().map(|column| column[row]).collect::<Vec<_>>();
        for row in 1..columns.n_rows() {
            let (before, after) = (key(row - 1), key(row));
            if before >= after {
                faults.push(format!("{name}: row {row} {after:?} follows {before:?}"));
                break;
            }
        }
        if table.partition_by.contains(&SCENARIO_BUCKET) {
            let pairs = columns.ids(SCENARIO_BUCKET).iter().zip(columns.ids("scenario_id"));
            for (bucket, scenario) in pairs {
                if *bucket != scenario / simulation.bucket_size as i32 {
                    faults.push(format!("{name}: scenario {scenario} is in bucket {bucket}"));
                    break;
                }
            }
        }
    }
    faults
}

/// Rows per scenario.
fn expected_rows(study: &Study, table: &str) -> usize {
    let system = &study.system;
    let n_blocks: usize = system.stages().iter().map(|stage| stage.blocks.len()).sum();
    match table {
        "costs" | "paths" | "solver_iterations" => system.n_stages(),
        "block_costs" => n_blocks,
        "hydros" => n_blocks * system.n_hydros(),
        "hydro_bus_generation" => {
            n_blocks * system.hydros().iter().map(|hydro| hydro.cell_buses().len()).sum::<usize>()
        }
        "thermals" => n_blocks * system.thermals().len(),
        "exchanges" => n_blocks * system.lines().len(),
        "buses" => n_blocks * system.buses().len(),
        "inflow_lags" => system.n_stages() * system.n_hydros() * study.inflow.max_order,
        "scenario_summary" => 1,
        other => panic!("the table {other} is not counted here"),
    }
}
