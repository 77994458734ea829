//! Tables over all scenarios: statistics of the tables with rows per scenario, and of the cost.

use super::simulation::{
    BLOCK_COST_COLUMNS, BLOCK_COSTS, BUS_COLUMNS, BUSES, CELL_COLUMNS, COST_COLUMNS, COSTS, EXCHANGE_COLUMNS,
    EXCHANGES, HYDRO_BUS_GENERATION, HYDRO_COLUMNS, HYDROS, INFLOW_LAG_COLUMNS, INFLOW_LAGS, THERMAL_COLUMNS, THERMALS,
};
use super::{Column, ColumnType, Table, TablePhase};

/// Values of `statistic` in the tables named `…_statistics`, in the order of the rows.
pub const STATISTICS: [&str; 4] = ["max", "mean", "min", "std"];

const STATISTIC: Column =
    Column::new("statistic", ColumnType::Utf8, "", "`max`, `mean`, `min` or `std`, over all scenarios.");

/// Labels but the scenario, the statistic, then the quantities; codes and flags have no mean and are left out.
const fn statistics_columns<const N: usize>(family: &[Column]) -> [Column; N] {
    let mut columns = [STATISTIC; N];
    let mut n = 0;
    let mut i = 1; // After the scenario.
    while i < family.len() && matches!(family[i].column_type, ColumnType::Int32) {
        columns[n] = family[i];
        n += 1;
        i += 1;
    }
    n += 1; // The statistic is there.
    while i < family.len() {
        if matches!(family[i].column_type, ColumnType::Float64) {
            columns[n] = family[i].nullable();
            n += 1;
        }
        i += 1;
    }
    assert!(n == N);
    columns
}

/// Number of columns of [`statistics_columns`].
const fn n_statistics_columns(family: &[Column]) -> usize {
    let mut n = 0;
    let mut i = 0;
    while i < family.len() {
        if matches!(family[i].column_type, ColumnType::Int32 | ColumnType::Float64) {
            n += 1;
        }
        i += 1;
    }
    n // The statistic takes the place of the scenario.
}

/// Tables with rows per scenario, and those of their statistics.
static FAMILIES: [(&Table, &Table); 8] = [
    (&COSTS, &COSTS_STATISTICS),
    (&BLOCK_COSTS, &BLOCK_COSTS_STATISTICS),
    (&HYDROS, &HYDROS_STATISTICS),
    (&HYDRO_BUS_GENERATION, &HYDRO_BUS_GENERATION_STATISTICS),
    (&THERMALS, &THERMALS_STATISTICS),
    (&EXCHANGES, &EXCHANGES_STATISTICS),
    (&BUSES, &BUSES_STATISTICS),
    (&INFLOW_LAGS, &INFLOW_LAGS_STATISTICS),
];

/// The table of the statistics of `table` over all scenarios, if there is one.
pub fn statistics_of(table: &Table) -> Option<&'static Table> {
    FAMILIES.iter().find(|(family, _)| *family == table).map(|(_, statistics)| *statistics)
}

/// Whether a table holds statistics of another; it is written instead of that one when only aggregates are asked for.
pub fn is_statistics_table(table: &Table) -> bool {
    FAMILIES.iter().any(|(_, statistics)| *statistics == table)
}

const fn statistics_table(name: &'static str, sort_by: &'static [&'static str], columns: &'static [Column]) -> Table {
    Table {
        phase: TablePhase::Simulation,
        name,
        schema_version: 1,
        description: "Statistics over all scenarios of the quantities of the table without `_statistics` in its name; \
                      written instead of it when only aggregates are asked for. `std` is the sample standard deviation, \
                      null for a single scenario. Quantiles per stage need the table itself.",
        partition_by: &[],
        sort_by,
        columns,
    }
}

/// Statistics of [`COSTS`](super::COSTS).
pub static COSTS_STATISTICS: Table = statistics_table(
    "costs_statistics",
    &["stage_id", "statistic"],
    &const { statistics_columns::<{ n_statistics_columns(COST_COLUMNS) }>(COST_COLUMNS) },
);

/// Statistics of [`BLOCK_COSTS`](super::BLOCK_COSTS).
pub static BLOCK_COSTS_STATISTICS: Table = statistics_table(
    "block_costs_statistics",
    &["stage_id", "block_id", "statistic"],
    &const { statistics_columns::<{ n_statistics_columns(BLOCK_COST_COLUMNS) }>(BLOCK_COST_COLUMNS) },
);

/// Statistics of [`HYDROS`](super::HYDROS).
pub static HYDROS_STATISTICS: Table = statistics_table(
    "hydros_statistics",
    &["hydro_id", "stage_id", "block_id", "statistic"],
    &const { statistics_columns::<{ n_statistics_columns(HYDRO_COLUMNS) }>(HYDRO_COLUMNS) },
);

/// Statistics of [`HYDRO_BUS_GENERATION`](super::HYDRO_BUS_GENERATION).
pub static HYDRO_BUS_GENERATION_STATISTICS: Table = statistics_table(
    "hydro_bus_generation_statistics",
    &["hydro_id", "bus_id", "stage_id", "block_id", "statistic"],
    &const { statistics_columns::<{ n_statistics_columns(CELL_COLUMNS) }>(CELL_COLUMNS) },
);

/// Statistics of [`THERMALS`](super::THERMALS).
pub static THERMALS_STATISTICS: Table = statistics_table(
    "thermals_statistics",
    &["thermal_id", "stage_id", "block_id", "statistic"],
    &const { statistics_columns::<{ n_statistics_columns(THERMAL_COLUMNS) }>(THERMAL_COLUMNS) },
);

/// Statistics of [`EXCHANGES`](super::EXCHANGES).
pub static EXCHANGES_STATISTICS: Table = statistics_table(
    "exchanges_statistics",
    &["line_id", "stage_id", "block_id", "statistic"],
    &const { statistics_columns::<{ n_statistics_columns(EXCHANGE_COLUMNS) }>(EXCHANGE_COLUMNS) },
);

/// Statistics of [`BUSES`](super::BUSES).
pub static BUSES_STATISTICS: Table = statistics_table(
    "buses_statistics",
    &["bus_id", "stage_id", "block_id", "statistic"],
    &const { statistics_columns::<{ n_statistics_columns(BUS_COLUMNS) }>(BUS_COLUMNS) },
);

/// Statistics of [`INFLOW_LAGS`](super::INFLOW_LAGS).
pub static INFLOW_LAGS_STATISTICS: Table = statistics_table(
    "inflow_lags_statistics",
    &["hydro_id", "lag_index", "stage_id", "statistic"],
    &const { statistics_columns::<{ n_statistics_columns(INFLOW_LAG_COLUMNS) }>(INFLOW_LAG_COLUMNS) },
);

/// Statistics of the discounted cost over all scenarios, one row per statistic.
pub static COST_STATISTICS: Table = Table {
    phase: TablePhase::Simulation,
    name: "cost_statistics",
    schema_version: 1,
    description: "Statistics of `discounted_immediate_cost` over all scenarios, every scenario as likely as the others. \
                  `quantile`: linear interpolation between order statistics, type 7 of Hyndman and Fan (1996). `cvar`: \
                  mean of the costliest share of the scenarios, the scenario at its edge counted in part, after \
                  Rockafellar and Uryasev (2000).",
    partition_by: &[],
    sort_by: &["statistic", "probability"],
    columns: &[
        Column::new(
            "statistic",
            ColumnType::Utf8,
            "",
            "`cvar`, `max`, `mean`, `min`, `n_scenarios`, `quantile` or `std` (sample standard deviation).",
        ),
        Column::float(
            "probability",
            "1",
            "Of `quantile`: share of the scenarios at or below the value; of `cvar`: share of the scenarios it is the mean \
             of; else null.",
        )
        .nullable(),
        Column::float("value", "$", "Value; a number of scenarios for `n_scenarios`; null for `std` of one scenario.")
            .nullable(),
    ],
};
