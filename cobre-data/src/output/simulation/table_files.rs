use std::collections::BTreeMap;
use std::ops::Range;

use cobre_engine::simulation::Bucket;

use super::super::OutputError;
use super::super::destination::Destination;
use super::super::manifest::FileRecord;
use super::super::schema::SCENARIO_BUCKET;
use super::super::table_file::TableFile;
use super::super::table_shape::TableShape;
use super::bucket_table::{BucketTable, Span};
use super::layout::Layout;

/// Writes the tables of one bucket.
pub(super) struct BucketFiles<'a> {
    pub(super) to: &'a Destination,
    pub(super) layout: &'a Layout,
    pub(super) bucket: Bucket,
    pub(super) max_rows: Option<u64>,
}

impl BucketFiles<'_> {
    /// Writes a table in the folders that its shape asks for; no file without rows.
    pub(super) fn write(&self, shape: &TableShape, table: &dyn BucketTable) -> Result<Vec<FileRecord>, OutputError> {
        let stages = 0..self.layout.n_stages();
        let entities = 0..table.n_entities();
        let all = 0..self.bucket.n_scenarios;
        let mut records = Vec::new();
        match shape.partition_by() {
            ["stage_id"] => {
                for stage in stages {
                    let stem = format!("part-{}", self.bucket.index);
                    let id = i64::from(self.layout.system.stages()[stage].id);
                    let files = TableFiles::partition(self.to, shape, "stage_id", id, stem, self.max_rows);
                    let spans = entities.clone().map(|entity| Span { entity, stage, scenarios: all.clone() });
                    records.extend(files.write(table, &spans.collect::<Vec<_>>())?);
                }
            }
            ["scenario_id"] => {
                for scenario in all {
                    let id = (self.bucket.first_scenario + scenario) as i64;
                    let files = TableFiles::partition(self.to, shape, "scenario_id", id, "part".into(), self.max_rows);
                    let spans = spans(entities.clone(), stages.clone(), scenario..scenario + 1);
                    records.extend(files.write(table, &spans)?);
                }
            }
            _ => {
                let id = self.bucket.index as i64;
                let files = TableFiles::partition(self.to, shape, SCENARIO_BUCKET, id, "part".into(), self.max_rows);
                records.extend(files.write(table, &spans(entities, stages, all))?);
            }
        }
        Ok(records)
    }
}

/// The spans of some scenarios, by entity and stage.
fn spans(entities: Range<usize>, stages: Range<usize>, scenarios: Range<usize>) -> Vec<Span> {
    let of = |entity| stages.clone().map(move |stage| (entity, stage));
    entities.flat_map(of).map(|(entity, stage)| Span { entity, stage, scenarios: scenarios.clone() }).collect()
}

/// The files of a table in one folder: begun when there are rows for them, continued in another when full.
pub(super) struct TableFiles<'a> {
    to: &'a Destination,
    shape: &'a TableShape,
    /// Below the folder of the run.
    folder: String,
    partition: BTreeMap<String, i64>,
    /// Name of the files up to their number.
    stem: String,
    max_rows: u64,
    /// Rows that are still to come, as far as is known.
    expected: u64,
    open: Option<TableFile>,
    done: Vec<FileRecord>,
}

impl<'a> TableFiles<'a> {
    /// Files named `<column>=<value>/<stem>-<number>.parquet`. A stem that ends in a number names the first file alone.
    fn partition(
        to: &'a Destination,
        shape: &'a TableShape,
        column: &str,
        value: i64,
        stem: String,
        max_rows: Option<u64>,
    ) -> Self {
        let mut files = Self::whole(to, shape, max_rows);
        files.folder = format!("{}/{column}={value}", files.folder);
        files.partition.insert(column.to_string(), value);
        files.stem = stem;
        files
    }

    /// Files of a table that is not partitioned.
    pub(super) fn whole(to: &'a Destination, shape: &'a TableShape, max_rows: Option<u64>) -> Self {
        Self {
            to,
            shape,
            folder: shape.table.qualified_name(),
            partition: BTreeMap::new(),
            stem: "part".into(),
            max_rows: max_rows.unwrap_or(u64::MAX),
            expected: 0,
            open: None,
            done: Vec::new(),
        }
    }

    /// Writes the rows of spans, in their order.
    fn write(mut self, table: &dyn BucketTable, spans: &[Span]) -> Result<Vec<FileRecord>, OutputError> {
        self.expected = spans.iter().map(|span| table.n_rows(span) as u64).sum();
        for span in spans {
            self.write_span(table, span)?;
        }
        self.publish()
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
            self.expected = self.expected.saturating_sub(full.n_rows());
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
        let stem = format!("{}/{name}", self.folder);
        let mut file = self.to.create_table(self.shape, &stem, self.partition.clone())?;
        file.reserve(self.expected.min(self.max_rows) as usize);
        Ok(file)
    }

    /// Gives the last file its name.
    pub(super) fn publish(mut self) -> Result<Vec<FileRecord>, OutputError> {
        if let Some(last) = self.open.take() {
            self.done.push(last.publish()?);
        }
        Ok(self.done)
    }
}
