//! Overrides: sparse tables of values per entity, stage and, for some columns, block.

use std::collections::BTreeMap;

use super::files::CaseFiles;
use super::finding::{Finding, Place, Report};
use super::registry::Registry;
use super::stages::Stages;
use super::table::{Input, Kind, Table, TableShape};

/// A value of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Given {
    pub(super) value: f64,
    pub(super) row: usize,
}

/// A column of the table.
type ColumnName = &'static str;

/// The values of one table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Overrides {
    file: &'static str,
    /// By (entity, stage position, block position or none, column).
    values: BTreeMap<(i32, usize, Option<usize>, ColumnName), Given>,
}

/// Which entities and columns a table of overrides is about.
pub(super) struct Rules<'a, T> {
    /// The table.
    pub(super) shape: &'static TableShape,
    /// Its column of entity ids.
    pub(super) key: ColumnName,
    /// Name of the class of entities.
    pub(super) class: &'static str,
    /// The entities.
    pub(super) registry: &'a Registry<T>,
    /// Columns that never apply to a single block.
    pub(super) whole_stage: &'static [ColumnName],
}

impl Overrides {
    /// Reads a table of overrides; one that is absent or broken (which is reported) overrides nothing.
    pub(super) fn read<T>(files: &CaseFiles, rules: &Rules<T>, stages: &Stages, report: &Report) -> Self {
        let mut overrides = Self { file: rules.shape.file, values: BTreeMap::new() };
        let Input::Read(table) = Table::read(files, rules.shape, report) else {
            return overrides;
        };
        let has_blocks = rules.shape.columns.iter().any(|column| column.name == "block_id");
        let blocks = if has_blocks { table.ids("block_id") } else { &[] };
        for row in 0..table.n_rows() {
            let (Some(entity), Some(stage)) = (table.ids(rules.key)[row], table.ids("stage_id")[row]) else { continue };
            rules.registry.check(entity, rules.class, &table.place(row, rules.key), report);
            let Some(t) = stage_position(stages, stage, &table, row, report) else { continue };
            let Ok(block) = block_position(blocks.get(row).copied().flatten(), stages, t) else {
                let message = format!("stage {stage} has the blocks 0 to {}", stages.n_blocks(t) - 1);
                let finding = Finding::error("bounds.unknown_block", &table.place(row, "block_id"), message);
                report.push(finding.value(blocks[row].unwrap_or_default()));
                continue;
            };
            for column in rules.shape.columns.iter().filter(|column| matches!(column.kind, Kind::Number(_))) {
                let Some(value) = table.numbers(column.name)[row] else { continue };
                let place = table.place(row, column.name);
                if block.is_some() && rules.whole_stage.contains(&column.name) {
                    let message = "the column applies to whole stages, not to a block";
                    report.push(Finding::error("bounds.whole_stage", &place, message).value(value));
                }
                let given = Given { value, row };
                if let Some(first) = overrides.values.insert((entity, t, block, column.name), given) {
                    let message = format!("row {} gives the same value of the same entity, stage and block", first.row);
                    report.push(Finding::error("bounds.duplicate", &place, message).value(value));
                }
            }
        }
        overrides
    }

    /// The value of a whole stage.
    pub(super) fn of_stage(&self, entity: i32, t: usize, column: ColumnName) -> Option<Given> {
        self.values.get(&(entity, t, None, column)).copied()
    }

    /// The value of a block: its own, else that of the stage.
    pub(super) fn of_block(&self, entity: i32, t: usize, k: usize, column: ColumnName) -> Option<Given> {
        self.values.get(&(entity, t, Some(k), column)).copied().or_else(|| self.of_stage(entity, t, column))
    }

    /// All values of a column.
    pub(super) fn all(&self, column: ColumnName) -> impl Iterator<Item = (i32, Given)> + '_ {
        self.values.iter().filter(move |(key, _)| key.3 == column).map(|(key, given)| (key.0, *given))
    }

    /// The place of a value.
    pub(super) fn place(&self, given: Given, column: &str) -> Place {
        Place { file: self.file.into(), pointer: format!("row {}, column {column}", given.row) }
    }
}

/// The block a row names, none for the whole stage.
fn block_position(id: Option<i32>, stages: &Stages, t: usize) -> Result<Option<usize>, ()> {
    let Some(id) = id else { return Ok(None) };
    usize::try_from(id).ok().filter(|&block| block < stages.n_blocks(t)).map(Some).ok_or(())
}

/// Position of the stage a row names; an id that is no study stage is reported.
pub(super) fn stage_position(stages: &Stages, id: i32, table: &Table, row: usize, report: &Report) -> Option<usize> {
    let position = stages.position(id);
    if position.is_none() {
        let place = table.place(row, "stage_id");
        report.push(Finding::error("semantic.5a.49", &place, "no study stage has this id").value(id));
    }
    position
}
