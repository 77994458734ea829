use std::collections::BTreeSet;

use super::super::OutputError;
use super::super::destination::Destination;
use super::super::manifest::FileRecord;
use super::super::schema::{ColumnType, STATISTICS, Table};
use super::super::table_rows::TableRows;
use super::super::table_shape::TableShape;
use super::bucket_table::{BucketTable, Span};
use super::table_files::TableFiles;

/// Mean, spread and range of a value over scenarios, taken in one at a time: Welford, *Note on a method for calculating
/// corrected sums of squares and products* (1962). Scenarios come in order, so buckets of any size give the same bits.
#[derive(Debug, Clone, Copy)]
struct Moments {
    mean: f64,
    /// Sum of squared distances from the mean.
    squares: f64,
    min: f64,
    max: f64,
}

impl Moments {
    const NONE: Self = Self { mean: 0.0, squares: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY };

    /// Takes in a value; `share` is one over the number of values, this one included.
    fn add(&mut self, value: f64, share: f64) {
        let distance = value - self.mean;
        self.mean += distance * share;
        self.squares += distance * (value - self.mean);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// The values of [`STATISTICS`], for `n` values; a value that is always missing has none.
    fn values(&self, n: usize) -> [Option<f64>; STATISTICS.len()] {
        if self.min > self.max {
            return [None; STATISTICS.len()];
        }
        let std = (n > 1).then(|| (self.squares / (n - 1) as f64).sqrt());
        [Some(self.max), Some(self.mean), Some(self.min), std]
    }
}

/// Statistics over scenarios of the quantities of one table, with as much memory for a thousand scenarios as for one.
pub(super) struct TableStatistics {
    table: &'static Table,
    shape: TableShape,
    /// Where the rows of a span are made.
    rows: TableRows,
    n_scenarios: usize,
    n_stages: usize,
    /// Rows per scenario, element `entity·n_stages + stage`.
    widths: Vec<usize>,
    /// Labels per column of the table that has some, one per row of a scenario, spans in order.
    labels: Vec<(&'static str, Vec<Option<i32>>)>,
    /// Per span, quantity and row of a scenario.
    moments: Vec<Moments>,
}

impl TableStatistics {
    /// Statistics of `table`, written in `shape`.
    pub(super) fn new(table: &'static Table, shape: TableShape) -> Self {
        let names: BTreeSet<String> = shape.columns().iter().map(|column| column.name.to_string()).collect();
        let labels = shape
            .columns()
            .iter()
            .filter(|column| column.column_type == ColumnType::Int32)
            .map(|column| (column.name, Vec::new()))
            .collect();
        Self {
            table,
            rows: TableRows::new(&TableShape::whole(table).with_columns(&names)),
            shape,
            n_scenarios: 0,
            n_stages: 0,
            widths: Vec::new(),
            labels,
            moments: Vec::new(),
        }
    }

    pub(super) fn table(&self) -> &'static Table {
        self.table
    }

    /// Takes in the scenarios of a bucket.
    pub(super) fn add(&mut self, source: &dyn BucketTable, n_stages: usize, n_scenarios: usize) -> Result<(), String> {
        let is_first = self.n_scenarios == 0;
        let shares: Vec<f64> = (1..=n_scenarios).map(|i| 1.0 / (self.n_scenarios + i) as f64).collect();
        if is_first {
            self.n_stages = n_stages;
        } else if self.widths.len() != source.n_entities() * n_stages {
            return Err(self.changed());
        }
        let mut at = 0;
        for entity in 0..source.n_entities() {
            for stage in 0..n_stages {
                let span = Span { entity, stage, scenarios: 0..n_scenarios };
                let n = source.n_rows(&span);
                let width = n.checked_div(n_scenarios).unwrap_or(0);
                if is_first {
                    self.widths.push(width);
                } else if self.widths[entity * n_stages + stage] != width {
                    return Err(self.changed());
                }
                if n > 0 {
                    source.fill(self.rows.begin(n), &span);
                    self.rows.end()?;
                    self.take_labels(is_first, width);
                    at += self.take_values(at, width, &shares);
                    self.rows.clear();
                }
            }
        }
        self.n_scenarios += n_scenarios;
        Ok(())
    }

    fn changed(&self) -> String {
        format!("the table {} has other rows per scenario than in the bucket before", self.table.name)
    }

    /// Keeps the labels of one scenario of a span.
    fn take_labels(&mut self, is_first: bool, width: usize) {
        if !is_first {
            return;
        }
        for (name, labels) in &mut self.labels {
            if let Some((_, buffer)) = self.rows.buffers().find(|(column, _)| column.name == *name) {
                match buffer.labels() {
                    Some(values) => labels.extend(values[..width].iter().copied().map(Some)),
                    None => labels.resize(labels.len() + width, None),
                }
            }
        }
    }

    /// Takes in the quantities of a span; the answer is their number per scenario.
    fn take_values(&mut self, at: usize, width: usize, shares: &[f64]) -> usize {
        let mut end = at;
        for (_, buffer) in self.rows.buffers().filter(|(column, _)| column.column_type == ColumnType::Float64) {
            let start = end;
            end += width;
            if self.moments.len() < end {
                self.moments.resize(end, Moments::NONE);
            }
            let Some(values) = buffer.quantities() else { continue };
            let moments = &mut self.moments[start..end];
            for (scenario, &share) in values.chunks_exact(width).zip(shares) {
                for (moments, &value) in moments.iter_mut().zip(scenario) {
                    moments.add(value, share);
                }
            }
        }
        end - at
    }

    /// Writes the table of statistics; no file without rows.
    pub(super) fn write(&self, to: &Destination, max_rows: Option<u64>) -> Result<Vec<FileRecord>, OutputError> {
        let mut files = TableFiles::whole(to, &self.shape, max_rows);
        let n_quantities =
            self.shape.columns().iter().filter(|column| column.column_type == ColumnType::Float64).count();
        let (mut first_label, mut first_value) = (0, 0);
        for &width in self.widths.iter().filter(|&&width| width > 0) {
            let n = width * STATISTICS.len();
            let file = files.file_for(n as u64)?;
            self.fill(file.begin(n), width, first_label, first_value);
            file.end()?;
            first_label += width;
            first_value += width * n_quantities;
        }
        files.publish()
    }

    fn fill(&self, rows: &mut TableRows, width: usize, first_label: usize, mut first_value: usize) {
        for column in self.shape.table.columns {
            match column.column_type {
                ColumnType::Int32 => {
                    let labels = self.labels.iter().find(|(name, _)| *name == column.name);
                    match labels.map(|(_, labels)| &labels[first_label..first_label + width]) {
                        Some(labels) if labels.iter().all(Option::is_some) => {
                            rows.ids_with(column.name, |out| {
                                for &label in labels.iter().flatten() {
                                    out.resize(out.len() + STATISTICS.len(), label);
                                }
                            });
                        }
                        _ => {
                            rows.null(column.name);
                        }
                    }
                }
                ColumnType::Float64 if self.shape.position(column.name).is_some() => {
                    let moments = &self.moments[first_value..first_value + width];
                    first_value += width;
                    rows.optional_floats(column.name, moments.iter().flat_map(|one| one.values(self.n_scenarios)));
                }
                ColumnType::Utf8 => {
                    rows.texts(column.name, STATISTICS.iter().copied().cycle().take(width * STATISTICS.len()));
                }
                _ => {
                    rows.null(column.name);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_definition() {
        let values = [1e6 + 4.0, 1e6 + 7.0, 1e6 + 13.0, 1e6 + 16.0];
        let mut moments = Moments::NONE;
        for (i, &value) in values.iter().enumerate() {
            moments.add(value, 1.0 / (i + 1) as f64);
        }
        let [max, mean, min, std] = moments.values(4).map(|value| value.expect("a value"));
        assert_eq!((max, min), (1e6 + 16.0, 1e6 + 4.0));
        assert!((mean - (1e6 + 10.0)).abs() < 1e-9);
        assert!((std - 30.0_f64.sqrt()).abs() < 1e-9);
    }

    #[test]
    fn one_value_has_no_spread_and_none_nothing() {
        let mut moments = Moments::NONE;
        assert_eq!(moments.values(0), [None; 4]);
        moments.add(3.0, 1.0);
        assert_eq!(moments.values(1), [Some(3.0), Some(3.0), Some(3.0), None]);
    }
}
