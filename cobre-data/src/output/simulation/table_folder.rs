use std::collections::BTreeMap;

use cobre_engine::simulation::Bucket;

use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::run::RunFolder;
use super::super::schema::{SCENARIO_BUCKET, Table};
use super::super::table_file::TableFile;
use super::super::table_rows::TableRows;
use super::layout::Layout;

/// Where the tables of one bucket go, and what their first columns hold.
pub(super) struct TableFolder<'a> {
    pub(super) run: &'a RunFolder,
    pub(super) layout: &'a Layout,
    pub(super) bucket: Bucket,
}

impl TableFolder<'_> {
    /// Writes a table with one row per (entity, stage, scenario, block): `fill` adds what follows `block_id`, for one
    /// (entity, stage). No file without entities.
    pub(super) fn write_blocks(
        &self,
        table: &'static Table,
        n_entities: usize,
        fill: impl Fn(&mut TableRows, usize, usize),
    ) -> Result<Option<FileRecord>, OutputError> {
        if n_entities == 0 {
            return Ok(None);
        }
        let mut file = self.create(table)?;
        for entity in 0..n_entities {
            for (stage, &n_blocks) in self.layout.n_blocks.iter().enumerate() {
                let rows = file.begin(self.bucket.n_scenarios * n_blocks);
                self.fill_labels(rows, stage, n_blocks);
                rows.ids_with("block_id", |out| {
                    for _ in 0..self.bucket.n_scenarios {
                        out.extend(0..n_blocks as i32);
                    }
                });
                fill(rows, entity, stage);
                file.end()?;
            }
        }
        file.publish().map(Some)
    }

    /// Starts the bucket's file of a table.
    pub(super) fn create(&self, table: &'static Table) -> Result<TableFile, OutputError> {
        let bucket = self.bucket.index;
        let folder = format!("{}/simulation/{}", self.run.relative, table.name);
        // Rows are ordered by stage position; that is the order of labels only where labels increase.
        let sort_by: Vec<&str> = table
            .sort_by
            .iter()
            .map(|&name| if name == "stage_id" && !self.layout.stage_ids_increase { "node_id" } else { name })
            .collect();
        TableFile::create(
            &self.run.store,
            &self.run.origin,
            table,
            &sort_by,
            format!("{folder}/{SCENARIO_BUCKET}={bucket}/part-0.parquet"),
            BTreeMap::from([(SCENARIO_BUCKET.to_string(), bucket as i64)]),
        )
    }

    /// Fills the labels every table starts with, for all scenarios at one stage with `width` rows each.
    pub(super) fn fill_labels(&self, rows: &mut TableRows, stage: usize, width: usize) {
        let first = self.bucket.first_scenario as i32;
        rows.ids_with("scenario_id", |out| {
            for scenario in first..first + self.bucket.n_scenarios as i32 {
                out.resize(out.len() + width, scenario);
            }
        })
        .id("stage_id", self.layout.system.stages()[stage].id)
        .id("node_id", stage as i32);
    }

    /// One value per (scenario, block) from rows of that shape and the block durations.
    pub(super) fn by_hours<T>(&self, out: &mut Vec<f64>, stage: usize, rows: &[T], value: impl Fn(&T, f64) -> f64) {
        let hours = &self.layout.hours[stage];
        out.reserve(rows.len());
        for scenario in rows.chunks_exact(hours.len()) {
            out.extend(scenario.iter().zip(hours).map(|(row, &hours)| value(row, hours)));
        }
    }
}

/// Repeats the value of every scenario in each of its `n_blocks` rows.
pub(super) fn repeat<T>(out: &mut Vec<f64>, n_blocks: usize, rows: &[T], value: impl Fn(&T) -> f64) {
    out.reserve(rows.len() * n_blocks);
    for row in rows {
        let value = value(row);
        for _ in 0..n_blocks {
            out.push(value);
        }
    }
}
