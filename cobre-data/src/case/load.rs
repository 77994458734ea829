//! Demand: statistics per bus and stage, factors per block.

use std::collections::BTreeMap;

use super::buses::BusData;
use super::cursor::Node;
use super::files::CaseFiles;
use super::finding::{Finding, Place, Report};
use super::keys::scenarios as keys;
use super::overrides::stage_position;
use super::range::Range;
use super::registry::Registry;
use super::stages::Stages;
use super::table::{Input, Table};
use super::tables::LOAD_STATS;

/// The demand of all buses, by (bus id, stage position).
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Load {
    /// Mean and standard deviation (MW).
    pub(super) statistics: BTreeMap<(i32, usize), (f64, f64)>,
    /// Factors by block; a block that is not listed has 1.
    pub(super) factors: BTreeMap<(i32, usize), BTreeMap<usize, f64>>,
    /// Whether errors left statistics out.
    pub(super) is_broken: bool,
}

impl Load {
    /// Reads statistics and factors.
    pub(super) fn read(files: &CaseFiles, buses: &Registry<BusData>, stages: &Stages, report: &Report) -> Self {
        let mut load = Self::default();
        match Table::read(files, &LOAD_STATS, report) {
            Input::Absent => {}
            Input::Broken => load.is_broken = true,
            Input::Read(table) => load.read_statistics(&table, buses, stages, report),
        }
        if let Some(json) = files.json(keys::LOAD_FACTORS.file, report) {
            let root = Node::root(&json, keys::LOAD_FACTORS.file, report);
            for item in root.object(&keys::LOAD_FACTORS).map(|root| root.items("load_factors")).unwrap_or_default() {
                load.read_factors(&item, buses, stages, report);
            }
        }
        load
    }

    fn read_statistics(&mut self, table: &Table, buses: &Registry<BusData>, stages: &Stages, report: &Report) {
        let (means, stds) = (table.numbers("mean_mw"), table.numbers("std_mw"));
        for row in 0..table.n_rows() {
            let (Some(bus), Some(stage)) = (table.ids("bus_id")[row], table.ids("stage_id")[row]) else { continue };
            buses.check(bus, "bus", &table.place(row, "bus_id"), report);
            let Some(t) = stage_position(stages, stage, table, row, report) else { continue };
            let statistics = (means[row].unwrap_or(0.0), stds[row].unwrap_or(0.0));
            if self.statistics.insert((bus, t), statistics).is_some() {
                let message = format!("bus {bus} has more than one row at stage {stage}");
                report.error("referential.duplicate_row", &table.place(row, "bus_id"), message);
            }
        }
        for bus in buses.entities() {
            let missing: Vec<i32> = (0..stages.len())
                .filter(|&t| !self.statistics.contains_key(&(bus.id, t)))
                .map(|t| stages.id(t))
                .collect();
            if !missing.is_empty() {
                let message = format!("bus {} has no demand at the stages {missing:?}", bus.id);
                report.error("dimensional.2", &Place::file(LOAD_STATS.file), message);
            }
        }
    }

    fn read_factors(&mut self, item: &Node, buses: &Registry<BusData>, stages: &Stages, report: &Report) {
        let Some(entry) = item.object(&keys::LOAD_FACTOR) else { return };
        let bus = entry.id("bus_id");
        let stage = entry.id("stage_id");
        if let Some(bus) = bus {
            buses.check(bus, "bus", &entry.place().member("bus_id"), report);
        }
        let t = stage.and_then(|id| {
            let position = stages.position(id);
            if position.is_none() {
                let place = entry.place().member("stage_id");
                report.push(Finding::error("semantic.5a.49", &place, "no study stage has this id").value(id));
            }
            position
        });
        let mut factors = BTreeMap::new();
        for node in entry.items("block_factors") {
            let Some(object) = node.object(&keys::BLOCK_FACTOR) else { continue };
            let (block, factor) = (object.id("block_id"), object.number("factor", Range::POSITIVE));
            let (Some(block), Some(factor), Some(t)) = (block, factor, t) else { continue };
            let position = usize::try_from(block).ok().filter(|&block| block < stages.n_blocks(t));
            match position {
                None => node.invalid("load_factors.unknown_block", format!("the stage has no block {block}")),
                Some(k) if factors.insert(k, factor).is_some() => {
                    node.invalid("referential.duplicate_row", format!("block {block} has more than one factor"));
                }
                Some(_) => {}
            }
        }
        if let (Some(bus), Some(t)) = (bus, t)
            && self.factors.insert((bus, t), factors).is_some()
        {
            item.invalid("referential.duplicate_row", "the bus has more than one entry at this stage");
        }
    }
}
