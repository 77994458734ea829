//! `exports` of `config.json`: what is written beside the policy, and how.

use std::collections::{BTreeMap, BTreeSet};

use super::cursor::{Node, Object, did_you_mean};
use super::finding::Finding;
use super::keys::config as keys;
use crate::output::schema::{Table, TablePhase, phase_tables};
use crate::output::{PageCompression, PartitionKey, ResultOptions};

/// Most scenarios of a bucket.
const MAX_BUCKET: i64 = 10_000_000;
/// Levels of Zstandard.
const LEVELS: std::ops::RangeInclusive<i64> = 1..=22;

/// What is written beside the policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exports {
    /// Whether the states that training visits are written.
    pub states: bool,
    /// Whether the model of inflows and demand, and the openings, are written.
    pub stochastic: bool,
    /// What of the simulation is written.
    pub results: ResultOptions,
}

/// Reads `exports`; whether a policy is trained, and simulated, decides what has an effect.
pub(super) fn read(root: &Object, is_training: bool, is_simulating: bool) -> Exports {
    let Some(exports) = root.optional("exports").and_then(|node| node.object(&keys::EXPORTS)) else {
        return Exports::default();
    };
    let flag = |key| exports.optional(key).and_then(|node| node.flag()).unwrap_or(false);
    let (states, stochastic) = (flag("states"), flag("stochastic"));
    if let Some(node) = exports.optional("states").filter(|_| states && !is_training) {
        node.warn_no_effect("there is no training", "set training.enabled to true");
    }
    let node = exports.optional("results");
    let results = node.as_ref().and_then(|node| node.object(&keys::RESULTS)).map(|results| read_results(&results));
    if let Some(node) = node.filter(|_| !is_simulating) {
        node.warn_no_effect("there is no simulation", "set simulation.enabled to true");
    }
    Exports { states: states && is_training, stochastic, results: results.unwrap_or_default() }
}

fn read_results(results: &Object) -> ResultOptions {
    let tables = results.optional("tables").and_then(|node| read_tables(&node));
    let columns = results.optional("columns").map(|node| read_columns(&node, tables.as_ref())).unwrap_or_default();
    let keys = [PartitionKey::ScenarioBucket, PartitionKey::StageId, PartitionKey::ScenarioId];
    let partition_by =
        results.optional("partition_by").and_then(|node| node.choice(&keys.map(|key| (key.name(), key))));
    let bucket_size = results.optional("bucket_size").and_then(|node| node.integer(1, MAX_BUCKET));
    let max_rows = results.optional("max_rows_per_file").and_then(|node| node.integer(1, i64::MAX));
    ResultOptions {
        tables,
        columns,
        compression: read_compression(results),
        max_rows_per_file: max_rows.map(i64::unsigned_abs),
        partition_by: partition_by.unwrap_or_default(),
        bucket_size: bucket_size.map(|size| size as usize),
        aggregates_only: results.optional("aggregates_only").and_then(|node| node.flag()).unwrap_or(false),
    }
}

fn read_tables(node: &Node) -> Option<BTreeSet<String>> {
    let known: Vec<_> = phase_tables(TablePhase::Simulation).map(|table| (table.name, table.name)).collect();
    let items = node.items()?;
    if items.is_empty() {
        node.invalid("config.results", "expected the name of at least one table");
    }
    Some(items.iter().filter_map(|item| item.choice(&known)).map(str::to_owned).collect())
}

fn read_columns(node: &Node, tables: Option<&BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    let mut columns = BTreeMap::new();
    for (name, entry) in node.entries().unwrap_or_default() {
        let Some(table) = phase_tables(TablePhase::Simulation).find(|table| table.name == name) else {
            report_unknown_table(name, &entry);
            continue;
        };
        if tables.is_some_and(|tables| !tables.contains(name)) {
            entry.invalid("config.results", "the columns of a table that is not among the tables");
        }
        if let Some(names) = read_column_names(table, &entry) {
            columns.insert(name.to_owned(), names);
        }
    }
    columns
}

fn read_column_names(table: &Table, node: &Node) -> Option<BTreeSet<String>> {
    let known: Vec<_> = table.columns.iter().map(|column| (column.name, column.name)).collect();
    let items = node.items()?;
    if items.is_empty() {
        node.invalid("config.results", "expected the name of at least one column");
    }
    Some(items.iter().filter_map(|item| item.choice(&known)).map(str::to_owned).collect())
}

fn report_unknown_table(name: &str, entry: &Node) {
    let known: Vec<&str> = phase_tables(TablePhase::Simulation).map(|table| table.name).collect();
    let hint = match did_you_mean(name, &known) {
        hint if hint.is_empty() => format!("tables of the simulation: {}", known.join(", ")),
        hint => hint,
    };
    let message = format!("the simulation has no table \"{name}\"");
    entry.report().push(Finding::error("schema.unknown_value", entry.place(), message).hint(hint));
}

fn read_compression(results: &Object) -> PageCompression {
    let default = PageCompression::default();
    let level = results.optional("compression_level");
    let codecs = [
        ("zstd", default),
        ("snappy", PageCompression::Snappy),
        ("lz4", PageCompression::Lz4Raw),
        ("none", PageCompression::Uncompressed),
    ];
    let codec = results.optional("compression").and_then(|node| node.choice(&codecs)).unwrap_or(default);
    let Some(level) = level else { return codec };
    if let PageCompression::Zstd { .. } = codec {
        let level = level.integer(*LEVELS.start(), *LEVELS.end());
        return level.map_or(default, |level| PageCompression::Zstd { level: level as i32 });
    }
    level.invalid("config.results", "only the compression \"zstd\" has levels");
    codec
}
