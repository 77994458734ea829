use super::{Column, ColumnType, Table, TablePhase};

const STAGE: Column = Column::id("stage_id", "Label of the stage, as the case declares it.");
const HYDRO: Column = Column::id("hydro_id", "Label of the plant.");

const fn export(
    name: &'static str,
    description: &'static str,
    sort_by: &'static [&'static str],
    columns: &'static [Column],
) -> Table {
    Table { phase: TablePhase::Stochastic, name, schema_version: 1, description, partition_by: &[], sort_by, columns }
}

/// Noise of the openings, one row per (stage, opening, component).
pub static NOISE_OPENINGS: Table = export(
    "noise_openings",
    "Openings of every stage, correlated. Stages are given by their labels, so the file can serve as the input \
     `scenarios/noise_openings.parquet`.",
    &["stage_id", "opening_index", "entity_index"],
    &[
        STAGE,
        Column::new("opening_index", ColumnType::UInt32, "", "Opening, 0-based."),
        Column::new(
            "entity_index",
            ColumnType::UInt32,
            "",
            "Component of the noise: the plants in their order, then the buses with stochastic demand.",
        ),
        Column::float("value", "1", "Noise, in standard deviations of the residual."),
    ],
);

/// Inflow statistics, one row per (plant, stage).
pub static INFLOW_SEASONAL_STATS: Table = export(
    "inflow_seasonal_stats",
    "Statistics of the natural inflow that the model was built from; stages before the study have negative labels.",
    &["hydro_id", "stage_id"],
    &[
        HYDRO,
        STAGE,
        Column::float("mean_m3s", "m3/s", "Mean."),
        Column::float("std_m3s", "m3/s", "Standard deviation."),
    ],
);

/// Autoregressive coefficients, one row per (plant, stage, lag).
pub static INFLOW_AR_COEFFICIENTS: Table = export(
    "inflow_ar_coefficients",
    "Standardised coefficients of the autoregressive inflow model.",
    &["hydro_id", "stage_id", "lag"],
    &[
        HYDRO,
        STAGE,
        Column::id("lag", "Lag, 1 the most recent."),
        Column::float("coefficient", "1", "Coefficient on the standardised inflow of that lag."),
    ],
);

/// Demand statistics, one row per (bus, stage).
pub static LOAD_SEASONAL_STATS: Table = export(
    "load_seasonal_stats",
    "Statistics of the demand, before the factors of the blocks.",
    &["bus_id", "stage_id"],
    &[
        Column::id("bus_id", "Label of the bus."),
        STAGE,
        Column::float("mean_mw", "MW", "Mean."),
        Column::float("std_mw", "MW", "Standard deviation."),
    ],
);
