use std::collections::BTreeMap;

use cobre_engine::simulation::Bucket;

use super::super::OutputError;
use super::super::manifest::FileRecord;
use super::super::run::RunFolder;
use super::super::schema::SCENARIO_BUCKET;
use super::super::table_file::TableFile;
use super::super::table_shape::TableShape;
use super::bucket_table::{BucketTable, Span};
use super::layout::Layout;

/// Writes the tables of one bucket.
pub(super) struct BucketFiles<'a> {
    pub(super) run: &'a RunFolder,
    pub(super) layout: &'a Layout,
    pub(super) bucket: Bucket,
    pub(super) max_rows: Option<u64>,
}

impl BucketFiles<'_> {
    /// Writes a table in the folders that its shape asks for; no file without rows.
    pub(super) fn write(&self, shape: &TableShape, table: &dyn BucketTable) -> Result<Vec<FileRecord>, OutputError> {
        let stages = 0..self.layout.n_stages();
        let entities = 0..table.n_entities();
        let scenarios = 0..self.bucket.n_scenarios;
        let mut records = Vec::new();
        match shape.partition_by() {
            ["stage_id"] => {
                for stage in stages {
                    let stem = format!("part-{}", self.bucket.index);
                    let id = i64::from(self.layout.system.stages()[stage].id);
                    let mut files = TableFiles::partition(self.run, shape, "stage_id", id, stem, self.max_rows);
                    for entity in entities.clone() {
                        files.write_span(table, &Span { entity, stage, scenarios: scenarios.clone() })?;
                    }
                    records.extend(files.publish()?);
                }
            }
            ["scenario_id"] => {
                for scenario in scenarios {
                    let id = (self.bucket.first_scenario + scenario) as i64;
                    let mut files =
                        TableFiles::partition(self.run, shape, "scenario_id", id, "part".into(), self.max_rows);
                    for entity in entities.clone() {
                        for stage in stages.clone() {
                            files.write_span(table, &Span { entity, stage, scenarios: scenario..scenario + 1 })?;
                        }
                    }
                    records.extend(files.publish()?);
                }
            }
            _ => {
                let id = self.bucket.index as i64;
                let mut files =
                    TableFiles::partition(self.run, shape, SCENARIO_BUCKET, id, "part".into(), self.max_rows);
                for entity in entities {
                    for stage in stages.clone() {
                        files.write_span(table, &Span { entity, stage, scenarios: scenarios.clone() })?;
                    }
                }
                records.extend(files.publish()?);
            }
        }
        Ok(records)
    }
}

/// The files of a table in one folder: begun when there are rows for them, continued in another when full.
pub(super) struct TableFiles<'a> {
    run: &'a RunFolder,
    shape: &'a TableShape,
    folder: String,
    partition: BTreeMap<String, i64>,
    /// Name of the files up to their number.
    stem: String,
    max_rows: u64,
    open: Option<TableFile>,
    done: Vec<FileRecord>,
}

impl<'a> TableFiles<'a> {
    /// Files named `<column>=<value>/<stem>-<number>.parquet`. A stem that ends in a number names the first file alone.
    fn partition(
        run: &'a RunFolder,
        shape: &'a TableShape,
        column: &str,
        value: i64,
        stem: String,
        max_rows: Option<u64>,
    ) -> Self {
        let mut files = Self::whole(run, shape, max_rows);
        files.folder = format!("{}/{column}={value}", files.folder);
        files.partition.insert(column.to_string(), value);
        files.stem = stem;
        files
    }

    /// Files of a table that is not partitioned.
    pub(super) fn whole(run: &'a RunFolder, shape: &'a TableShape, max_rows: Option<u64>) -> Self {
        Self {
            run,
            shape,
            folder: format!("{}/simulation/{}", run.relative, shape.table.name),
            partition: BTreeMap::new(),
            stem: "part".into(),
            max_rows: max_rows.unwrap_or(u64::MAX),
            open: None,
            done: Vec::new(),
        }
    }

    /// Writes the rows of a span, cut between scenarios where they are more than a file may hold.
    fn write_span(&mut self, table: &dyn BucketTable, span: &Span) -> Result<(), OutputError> {
        let n = table.n_rows(span) as u64;
        if n == 0 {
            return Ok(());
        }
        let n_scenarios = span.scenarios.len();
        if n > self.max_rows && n_scenarios > 1 {
            let at_once = (self.max_rows / n.div_ceil(n_scenarios as u64)).max(1) as usize;
            for first in span.scenarios.clone().step_by(at_once) {
                let scenarios = first..(first + at_once).min(span.scenarios.end);
                self.write_span(table, &Span { scenarios, ..*span })?;
            }
            return Ok(());
        }
        let file = self.file_for(n)?;
        table.fill(file.begin(n as usize), span);
        file.end()
    }

    /// The file that takes the next `n` rows.
    pub(super) fn file_for(&mut self, n: u64) -> Result<&mut TableFile, OutputError> {
        if let Some(full) = self.open.take_if(|file| file.n_rows() > 0 && file.n_rows() + n > self.max_rows) {
            self.done.push(full.publish()?);
        }
        let file = match self.open.take() {
            Some(file) => file,
            None => self.create()?,
        };
        Ok(self.open.insert(file))
    }

    fn create(&self) -> Result<TableFile, OutputError> {
        let number = self.done.len();
        let names_first = self.stem.ends_with(|last: char| last.is_ascii_digit());
        let name = if number == 0 && names_first { self.stem.clone() } else { format!("{}-{number}", self.stem) };
        let relative = format!("{}/{name}.parquet", self.folder);
        TableFile::create_shaped(&self.run.store, &self.run.origin, self.shape, relative, self.partition.clone())
    }

    /// Gives the last file its name.
    pub(super) fn publish(mut self) -> Result<Vec<FileRecord>, OutputError> {
        if let Some(last) = self.open.take() {
            self.done.push(last.publish()?);
        }
        Ok(self.done)
    }
}
