use cobre_engine::system::System;

use super::super::options::{PageCompression, PartitionKey, ResultOptions};
use super::super::schema::{
    COST_STATISTICS, SCENARIO_SUMMARY, SIMULATION_RETRY_HISTOGRAM, Table, TablePhase, is_statistics_table,
    phase_tables, statistics_of,
};
use super::super::table_shape::TableShape;
use super::layout::Layout;

/// The tables that a simulation writes, each in its shape.
pub(super) struct Selection(Vec<TableShape>);

impl Selection {
    /// What `options` choose for a study.
    ///
    /// # Errors
    /// A name that no table or column has, a table that is not written with these options, a level of compression or a
    /// number of rows or scenarios out of range, a partition by labels of stages that are negative.
    pub(super) fn new(options: &ResultOptions, layout: &Layout) -> Result<Self, String> {
        check(options, &layout.system)?;
        let written = |table: &Table| {
            let names = options.tables.as_ref();
            names.is_none_or(|names| names.contains(table.name) || names.contains(family(table)))
        };
        let tables = phase_tables(TablePhase::Simulation)
            .filter(|table| is_available(table, options.aggregates_only) && written(table));
        Ok(Self(tables.map(|table| shape(table, options, layout)).collect()))
    }

    /// The shape of a table; nothing when it is not written.
    pub(super) fn shape(&self, table: &Table) -> Option<&TableShape> {
        self.0.iter().find(|shape| shape.table.name == table.name)
    }

    pub(super) fn shapes(&self) -> &[TableShape] {
        &self.0
    }
}

/// Whether a table is written at all, in full or with aggregates only.
fn is_available(table: &Table, aggregates_only: bool) -> bool {
    if aggregates_only {
        let is_small = [&SCENARIO_SUMMARY, &COST_STATISTICS, &SIMULATION_RETRY_HISTOGRAM]
            .iter()
            .any(|small| small.name == table.name);
        is_small || is_statistics_table(table)
    } else {
        !is_statistics_table(table)
    }
}

/// Name of the table that a table of statistics stands for; of others their own.
fn family(table: &Table) -> &'static str {
    if is_statistics_table(table) { table.name.strip_suffix("_statistics").unwrap_or(table.name) } else { table.name }
}

/// Whether the tables of a simulation of `system` can be written so; the answer is what stands against it, by name.
pub(in super::super) fn check(options: &ResultOptions, system: &System) -> Result<(), String> {
    if let PageCompression::Zstd { level } = options.compression
        && !(1..=22).contains(&level)
    {
        return Err(format!("level {level} of zstd, 1 to 22 expected"));
    }
    if options.max_rows_per_file == Some(0) {
        return Err("0 rows per file, at least 1 expected".into());
    }
    if options.bucket_size == Some(0) {
        return Err("0 scenarios per bucket, at least 1 expected".into());
    }
    if let Some(stage) = system.stages().iter().find(|stage| stage.id < 0)
        && options.partition_by == PartitionKey::StageId
    {
        return Err(format!("stage {} cannot name a folder: a partition by stage_id needs labels from 0 on", stage.id));
    }
    for name in options.tables.iter().flatten() {
        let table = find(name)?;
        let written =
            is_available(table, options.aggregates_only) || (options.aggregates_only && statistics_of(table).is_some());
        if !written && options.aggregates_only {
            return Err(format!(
                "the table {name} is not written with aggregates only: it has rows of single scenarios"
            ));
        }
        if !written {
            return Err(format!("the table {name} is written with aggregates only"));
        }
    }
    for (name, columns) in &options.columns {
        let table = find(name)?;
        if let Some(unknown) = columns.iter().find(|column| table.column_index(column).is_none()) {
            return Err(format!("the table {name} has no column {unknown}"));
        }
    }
    Ok(())
}

fn find(name: &str) -> Result<&'static Table, String> {
    phase_tables(TablePhase::Simulation)
        .find(|table| table.name == name)
        .ok_or_else(|| format!("there is no simulation table {name}"))
}

fn shape(table: &'static Table, options: &ResultOptions, layout: &Layout) -> TableShape {
    let mut sort_by = table.sort_by.to_vec();
    if let Some(at) = sort_by.iter().position(|&name| name == "stage_id").filter(|_| !layout.stage_ids_increase) {
        // Rows are ordered by the position of the stage, which is not the order of labels here.
        match table.column_index("node_id") {
            Some(_) => sort_by[at] = "node_id",
            None => sort_by.truncate(at),
        }
    }
    let mut shape = TableShape::whole(table).with_order(sort_by).with_compression(options.compression);
    if let Some(columns) = options.columns.get(table.name).or_else(|| options.columns.get(family(table))) {
        shape = shape.with_columns(columns);
    }
    let has_row_per_stage_and_scenario =
        ["scenario_id", "stage_id"].iter().all(|&name| table.column_index(name).is_some());
    if has_row_per_stage_and_scenario && options.partition_by != PartitionKey::ScenarioBucket {
        shape = shape.partitioned_by(options.partition_by.name());
    }
    shape
}
