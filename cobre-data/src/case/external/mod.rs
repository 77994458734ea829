//! Given scenarios: one table of inflow, demand, availability or noise, read and checked by itself.

mod kind;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array, RecordBatch, UInt32Array};
use arrow::error::ArrowError;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::CaseError;
use super::files::CaseFiles;
use super::finding::{Finding, Place, Report};
use super::source::{LocalFolder, Source, StoreRoot, of_store};
use super::table::{Input, Kind, Table, guarded};
use crate::store::{Location, Store, StoreOptions};
use kind::Columns;
pub use kind::ScenarioKind;

/// Most numbers of a table (2 GiB of them).
const MAX_VALUES: usize = 1 << 28;

/// A table of given scenarios.
#[derive(Debug, Clone, PartialEq)]
pub struct ExternalScenarios {
    /// What they are of.
    pub kind: ScenarioKind,
    /// Labels of the stages, ascending.
    pub stage_ids: Vec<i32>,
    /// Labels of the plants, buses or sources, ascending; positions in the noise vector where the kind is noise.
    pub entity_ids: Vec<i32>,
    /// Number of scenarios of every stage.
    pub n_scenarios: Vec<usize>,
    /// Row-major (scenario, stage, entity), as many scenarios as the stage with most of them; NaN where a stage has
    /// fewer.
    pub values: Vec<f64>,
}

impl ExternalScenarios {
    /// The scenarios as rows of their table, by stage, scenario and entity.
    ///
    /// # Errors
    /// When the numbers of labels contradict each other.
    pub fn to_batch(&self) -> Result<RecordBatch, ArrowError> {
        let (n_stages, n_entities) = (self.stage_ids.len(), self.entity_ids.len());
        let scenarios = || (0..n_stages).flat_map(|t| (0..self.n_scenarios[t]).map(move |scenario| (t, scenario)));
        let rows = || scenarios().flat_map(|(t, scenario)| (0..n_entities).map(move |entity| (t, scenario, entity)));
        let value = |(t, scenario, entity)| self.values[(scenario * n_stages + t) * n_entities + entity];
        let label = |kind: Kind, values: Vec<i32>| -> ArrayRef {
            match kind {
                Kind::Index => Arc::new(values.into_iter().map(|value| value as u32).collect::<UInt32Array>()),
                _ => Arc::new(Int32Array::from(values)),
            }
        };
        let columns = self.kind.columns();
        let shape = columns.shape.columns.iter();
        RecordBatch::try_from_iter(shape.map(|column| {
            let array = match column.name {
                "stage_id" => label(column.kind, rows().map(|(t, _, _)| self.stage_ids[t]).collect()),
                name if name == columns.scenario => label(column.kind, rows().map(|row| row.1 as i32).collect()),
                name if name == columns.entity => {
                    label(column.kind, rows().map(|row| self.entity_ids[row.2]).collect())
                }
                _ => Arc::new(rows().map(value).collect::<Float64Array>()),
            };
            (column.name, array)
        }))
    }
}

/// Reads one Parquet file of given scenarios at a path or URL; its columns say of what. Every stage must have the
/// scenarios 0 to n − 1 exactly once for every entity.
///
/// # Errors
/// [`CaseError::Invalid`] with all findings when the table has other columns, or scenarios are missing or repeated;
/// [`CaseError::Io`] when the file cannot be read.
pub fn read_external_scenarios(location: &Location, options: &StoreOptions) -> Result<ExternalScenarios, CaseError> {
    let content = read_file(location, options)?;
    let report = Report::default();
    let scenarios = recognise(&content, &report).and_then(|columns| {
        let files = CaseFiles::single(columns.shape.file, content.clone());
        match Table::read(&files, columns.shape, &report) {
            Input::Read(table) => assemble(columns, &table, &report),
            Input::Broken => None,
            Input::Absent => {
                report.error("external.incomplete", &Place::file(""), "the table has no rows");
                None
            }
        }
    });
    let n_errors = report.n_errors();
    scenarios.filter(|_| n_errors == 0).ok_or_else(|| {
        let named = |finding| Finding { file: location.to_string(), ..finding };
        CaseError::Invalid { findings: report.into_findings().into_iter().map(named).collect() }
    })
}

fn read_file(location: &Location, options: &StoreOptions) -> Result<Bytes, CaseError> {
    if let Some(path) = location.as_path() {
        return LocalFolder::new(Path::new("")).read(&path.to_string_lossy());
    }
    let text = location.to_string();
    let (folder, name) = text.rsplit_once('/').unwrap_or(("", &text));
    let folder = Location::parse(folder).map_err(of_store)?;
    StoreRoot::new(&Store::open(&folder, options).map_err(of_store)?).read(name)
}

/// The kind whose entities the table has a column of.
fn recognise(content: &Bytes, report: &Report) -> Option<&'static Columns> {
    let schema = guarded(|| {
        let builder = ParquetRecordBatchReaderBuilder::try_new(content.clone()).map_err(|error| error.to_string())?;
        Ok(builder.schema().clone())
    });
    let schema = match schema {
        Ok(schema) => schema,
        Err(error) => {
            report.error("structural.parse", &Place::file(""), format!("not readable as Parquet: {error}"));
            return None;
        }
    };
    let kinds = ScenarioKind::ALL.map(ScenarioKind::columns);
    let mut found = kinds.iter().copied().filter(|columns| schema.field_with_name(columns.entity).is_ok());
    let one = found.next().filter(|_| found.next().is_none());
    if one.is_none() {
        let known: Vec<&str> = kinds.iter().map(|columns| columns.entity).collect();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let message = format!("one of the columns {} is needed", known.join(", "));
        report.push(Finding::error("external.kind", &Place::file(""), message).value(names.join(", ")));
    }
    one
}

/// A column of labels or positions.
fn labels(table: &Table, name: &str, is_position: bool) -> Vec<i64> {
    if is_position {
        table.indices(name).iter().map(|index| index.map_or(-1, i64::from)).collect()
    } else {
        table.ids(name).iter().map(|id| id.map_or(-1, i64::from)).collect()
    }
}

fn assemble(columns: &Columns, table: &Table, report: &Report) -> Option<ExternalScenarios> {
    let is_position = columns.kind == ScenarioKind::Noise;
    let stages = labels(table, "stage_id", false);
    let scenarios = labels(table, columns.scenario, is_position);
    let entities = labels(table, columns.entity, is_position);
    let place = |row, column| table.place(row, column);
    if let Some(row) = scenarios.iter().position(|&scenario| scenario < 0) {
        let finding = Finding::error("schema.range", &place(row, columns.scenario), "expected a number of at least 0");
        report.push(finding.value(scenarios[row]));
        return None;
    }
    let stage_positions = positions(&stages);
    let entity_positions = positions(&entities);
    // The largest scenario of every stage says how many there are; the number of rows, whether they can all be there.
    let mut n_scenarios = vec![0usize; stage_positions.len()];
    let mut n_rows = vec![0usize; stage_positions.len()];
    for (stage, &scenario) in stages.iter().zip(&scenarios) {
        let t = stage_positions[stage];
        n_scenarios[t] = n_scenarios[t].max(scenario as usize + 1);
        n_rows[t] += 1;
    }
    let n_entities = entity_positions.len();
    for ((stage, t), found) in stage_positions.iter().zip(&n_rows) {
        let expected = n_scenarios[*t].saturating_mul(n_entities);
        if *found != expected {
            let message = format!(
                "stage {stage} has {found} rows; {} scenarios of {n_entities} entities need {expected}",
                n_scenarios[*t]
            );
            report.error("external.incomplete", &Place::file(""), message);
        }
    }
    let n_most = n_scenarios.iter().copied().max().unwrap_or(0);
    let n_values = n_most.saturating_mul(n_scenarios.len()).saturating_mul(n_entities);
    if report.n_errors() > 0 {
        return None;
    }
    if n_values > MAX_VALUES {
        let message = format!("the scenarios need more than {MAX_VALUES} values");
        report.push(Finding::error("openings.too_many", &Place::file(""), message).value(n_values));
        return None;
    }
    let mut values = vec![f64::NAN; n_values];
    for (row, value) in table.numbers(columns.value).iter().enumerate() {
        let (t, entity) = (stage_positions[&stages[row]], entity_positions[&entities[row]]);
        let slot = &mut values[(scenarios[row] as usize * n_scenarios.len() + t) * n_entities + entity];
        if !slot.is_nan() {
            let message =
                format!("stage {}, scenario {}, entity {} is given twice", stages[row], scenarios[row], entities[row]);
            report.error("referential.duplicate_row", &place(row, columns.value), message);
            return None;
        }
        *slot = value.unwrap_or(f64::NAN);
    }
    Some(ExternalScenarios {
        kind: columns.kind,
        stage_ids: stage_positions.keys().map(|&id| id as i32).collect(),
        entity_ids: entity_positions.keys().map(|&id| id as i32).collect(),
        n_scenarios,
        values,
    })
}

/// Positions of the distinct labels, ascending.
fn positions(labels: &[i64]) -> BTreeMap<i64, usize> {
    let mut positions: BTreeMap<i64, usize> = labels.iter().map(|&label| (label, 0)).collect();
    for (position, slot) in positions.values_mut().enumerate() {
        *slot = position;
    }
    positions
}
