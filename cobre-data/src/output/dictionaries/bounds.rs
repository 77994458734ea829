use std::collections::BTreeMap;
use std::iter::once;

use cobre_engine::system::{Hydro, HydroBlock, Limits, Line, System, Thermal};

use super::super::OutputError;
use super::super::destination::Destination;
use super::super::manifest::FileRecord;
use super::super::schema::BOUNDS;
use super::super::table_file::TableFile;
use super::super::table_shape::TableShape;
use super::codes::{bound, entity};

/// Writes `bounds.parquet`.
pub(super) fn write(to: &Destination, system: &System) -> Result<FileRecord, OutputError> {
    let file = to.create_table(&TableShape::whole(&BOUNDS), "dictionaries/bounds", BTreeMap::new())?;
    let mut rows = BoundRows { file, owner: Owner::new(entity::HYDRO, 0), stage_id: 0 };
    let stage_ids: Vec<i32> = system.stages().iter().map(|stage| stage.id).collect();
    for hydro in system.hydros() {
        rows.owner = Owner::new(entity::HYDRO, hydro.id);
        rows.push_hydro(hydro, &stage_ids)?;
    }
    for thermal in system.thermals() {
        rows.owner = Owner::new(entity::THERMAL, thermal.id);
        rows.push_thermal(thermal, &stage_ids)?;
    }
    for line in system.lines() {
        rows.owner = Owner::new(entity::LINE, line.id);
        rows.push_line(line, &stage_ids)?;
    }
    for hydro in system.hydros() {
        for group in &hydro.unit_groups {
            rows.owner = Owner { hydro_id: Some(hydro.id), ..Owner::new(entity::HYDRO_UNIT_GROUP, group.id) };
            for &stage_id in &stage_ids {
                rows.stage_id = stage_id;
                rows.push_limits((bound::TURBINED_MIN, bound::TURBINED_MAX), once(group.turbined_m3s))?;
                rows.push_limits((bound::GENERATION_MIN, bound::GENERATION_MAX), once(group.generation_mw))?;
            }
        }
    }
    rows.file.publish()
}

/// Whose limits are written.
#[derive(Clone, Copy)]
struct Owner {
    type_code: i8,
    id: i32,
    hydro_id: Option<i32>,
}

impl Owner {
    fn new(type_code: i8, id: i32) -> Self {
        Self { type_code, id, hydro_id: None }
    }
}

struct BoundRows {
    file: TableFile,
    owner: Owner,
    stage_id: i32,
}

impl BoundRows {
    fn push_hydro(&mut self, hydro: &Hydro, stage_ids: &[i32]) -> Result<(), OutputError> {
        for (stage, &stage_id) in hydro.stages.iter().zip(stage_ids) {
            self.stage_id = stage_id;
            let blocks = |limits: fn(&HydroBlock) -> Limits| stage.blocks.iter().map(limits);
            self.push_limits((bound::STORAGE_MIN, bound::STORAGE_MAX), once(stage.storage_hm3))?;
            self.push_limits((bound::TURBINED_MIN, bound::TURBINED_MAX), blocks(|block| block.turbined_m3s))?;
            self.push_limits((bound::OUTFLOW_MIN, bound::OUTFLOW_MAX), blocks(|block| block.outflow_m3s))?;
            self.push_limits((bound::GENERATION_MIN, bound::GENERATION_MAX), blocks(|block| block.generation_mw))?;
            self.push_limits((bound::SPILLAGE_MIN, bound::SPILLAGE_MAX), blocks(|block| block.spillage_m3s))?;
            if hydro.diversion_downstream.is_some() {
                self.push_limits((bound::DIVERSION_MIN, bound::DIVERSION_MAX), blocks(|block| block.diversion_m3s))?;
            }
        }
        Ok(())
    }

    fn push_thermal(&mut self, thermal: &Thermal, stage_ids: &[i32]) -> Result<(), OutputError> {
        for (stage, &stage_id) in thermal.stages.iter().zip(stage_ids) {
            self.stage_id = stage_id;
            self.push_limits((bound::GENERATION_MIN, bound::GENERATION_MAX), stage.generation_mw.iter().copied())?;
        }
        Ok(())
    }

    /// The net flow of a line lies between its capacities in either direction.
    fn push_line(&mut self, line: &Line, stage_ids: &[i32]) -> Result<(), OutputError> {
        for (stage, &stage_id) in line.stages.iter().zip(stage_ids) {
            self.stage_id = stage_id;
            let net = stage.blocks.iter().map(|block| Limits::new(-block.reverse_mw, block.direct_mw));
            self.push_limits((bound::FLOW_MIN, bound::FLOW_MAX), net)?;
        }
        Ok(())
    }

    /// Both ends of an interval, per block.
    fn push_limits(&mut self, codes: (i8, i8), blocks: impl Iterator<Item = Limits>) -> Result<(), OutputError> {
        let (low, high): (Vec<f64>, Vec<f64>) = blocks.map(|limits| (limits.min, limits.max)).unzip();
        self.push_end(codes.0, &low)?;
        self.push_end(codes.1, &high)
    }

    /// One row where all blocks agree, else one per block.
    fn push_end(&mut self, code: i8, blocks: &[f64]) -> Result<(), OutputError> {
        match blocks.first() {
            Some(&first) if blocks.iter().all(|&value| value == first) => self.push(code, None, first),
            _ => blocks.iter().zip(0..).try_for_each(|(&value, block)| self.push(code, Some(block), value)),
        }
    }

    fn push(&mut self, code: i8, block_id: Option<i32>, value: f64) -> Result<(), OutputError> {
        if value.is_infinite() {
            return Ok(());
        }
        let rows = self.file.begin(1).codes("entity_type_code", once(self.owner.type_code));
        rows.id("entity_id", self.owner.id);
        match self.owner.hydro_id {
            Some(hydro_id) => rows.id("hydro_id", hydro_id),
            None => rows.null("hydro_id"),
        };
        rows.id("stage_id", self.stage_id);
        match block_id {
            Some(block_id) => rows.id("block_id", block_id),
            None => rows.null("block_id"),
        };
        // A reverse capacity of zero is a limit of plain zero.
        rows.codes("bound_type_code", once(code)).float("bound_value", value + 0.0);
        self.file.end()
    }
}
