//! Typed, checked columns of the Parquet files of a case.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int32Type, SchemaRef, UInt32Type};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::date::Date;
use super::files::CaseFiles;
use super::finding::{Finding, Place, Report};
use super::range::Range;

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 8192;
/// Largest number of rows of a table.
const MAX_ROWS: i64 = 1 << 25;
/// Findings per column after which the rest is only counted.
const MAX_FINDINGS: usize = 5;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// A label: Arrow `Int32`.
    Id,
    /// A position: Arrow `UInt32`.
    Index,
    /// A number in a range: Arrow `Float64`.
    Number(Range),
    /// A day: Arrow `Date32`.
    Day,
}

impl Kind {
    /// The Arrow type the column must have.
    pub(super) fn arrow(self) -> DataType {
        match self {
            Self::Id => DataType::Int32,
            Self::Index => DataType::UInt32,
            Self::Number(_) => DataType::Float64,
            Self::Day => DataType::Date32,
        }
    }
}

/// Whether a column, and each of its values, must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// The column must be there, without nulls.
    Required,
    /// The column must be there and may hold nulls.
    Nullable,
    /// The column may be missing or hold nulls.
    Optional,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// Name.
    pub(super) name: &'static str,
    /// Type and range.
    pub(super) kind: Kind,
    /// Whether it must be there.
    pub(super) presence: Presence,
}

impl Column {
    /// Whether the column may be missing.
    pub(super) fn is_optional(&self) -> bool {
        self.presence == Presence::Optional
    }

    /// Whether values may be null.
    pub(super) fn may_be_null(&self) -> bool {
        self.presence != Presence::Required
    }
}

/// A Parquet file of the format.
#[derive(Debug, Clone, Copy)]
pub(super) struct TableShape {
    /// Path relative to the case directory.
    pub(super) file: &'static str,
    /// Its columns; others are not looked at.
    pub(super) columns: &'static [Column],
}

/// What became of an optional input.
#[derive(Debug)]
pub(super) enum Input<T> {
    /// There is none.
    Absent,
    /// It is there and has errors, which are reported.
    Broken,
    /// It was read.
    Read(T),
}

impl<T> Input<T> {
    /// What was read, if anything.
    pub(super) fn read(&self) -> Option<&T> {
        if let Self::Read(value) = self { Some(value) } else { None }
    }

    /// Whether the input is there, broken or not.
    pub(super) fn is_present(&self) -> bool {
        !matches!(self, Self::Absent)
    }
}

#[derive(Debug)]
enum Values {
    Ids(Vec<Option<i32>>),
    Indices(Vec<Option<u32>>),
    Numbers(Vec<Option<f64>>),
    Days(Vec<Option<Date>>),
}

/// A table whose columns all have their types and ranges.
#[derive(Debug)]
pub(super) struct Table {
    shape: &'static TableShape,
    values: Vec<Values>,
    n_rows: usize,
}

impl Table {
    /// Reads the table; one without rows counts as absent.
    pub(super) fn read(files: &CaseFiles, shape: &'static TableShape, report: &Report) -> Input<Self> {
        let Some(bytes) = files.bytes(shape.file) else {
            return Input::Absent;
        };
        match guarded(|| Self::decode(bytes, shape, report)) {
            Ok(Some(table)) if table.n_rows == 0 => Input::Absent,
            Ok(Some(table)) => Input::Read(table),
            Ok(None) => Input::Broken,
            Err(message) => {
                report.error(
                    "structural.parse",
                    &Place::file(shape.file),
                    format!("not readable as Parquet: {message}"),
                );
                Input::Broken
            }
        }
    }

    fn decode(bytes: &[u8], shape: &'static TableShape, report: &Report) -> Result<Option<Self>, String> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(bytes)).map_err(text)?;
        check_size(builder.metadata().file_metadata().num_rows())?;
        let schema = builder.schema().clone();
        if !check_schema(&schema, shape, report) {
            return Ok(None);
        }
        let wanted =
            schema.fields().iter().enumerate().filter(|(_, f)| shape.columns.iter().any(|c| c.name == f.name()));
        let roots: Vec<usize> = wanted.map(|(i, _)| i).collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
        let reader = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().map_err(text)?;
        let mut table = Self { shape, values: shape.columns.iter().map(|c| empty(c.kind)).collect(), n_rows: 0 };
        let mut faults = vec![0; shape.columns.len()];
        for batch in reader {
            let batch = batch.map_err(text)?;
            for (c, column) in shape.columns.iter().enumerate() {
                let array = batch.column_by_name(column.name);
                table.append(c, array, batch.num_rows(), &mut faults[c], report);
            }
            table.n_rows += batch.num_rows();
            check_size(table.n_rows as i64)?;
        }
        for (column, &n) in shape.columns.iter().zip(&faults).filter(|(_, n)| **n > MAX_FINDINGS) {
            let place = Place { file: shape.file.into(), pointer: format!("column {}", column.name) };
            report.error("schema.more", &place, format!("{} more rows have such values", n - MAX_FINDINGS));
        }
        Ok(faults.iter().all(|&n| n == 0).then_some(table))
    }

    /// Appends the values of a batch to column `c`, counting and reporting those that must not be there.
    fn append(&mut self, c: usize, array: Option<&ArrayRef>, n: usize, faults: &mut usize, report: &Report) {
        let column = &self.shape.columns[c];
        let first_row = self.n_rows;
        let mut fault = |row: usize, code: &'static str, message: String, value: Option<String>| {
            *faults += 1;
            if *faults <= MAX_FINDINGS {
                let pointer = format!("row {}, column {}", first_row + row, column.name);
                let mut finding = Finding::error(code, &Place { file: self.shape.file.into(), pointer }, message);
                finding.value = value;
                report.push(finding);
            }
        };
        let Some(array) = array else {
            self.values[c].extend_null(n);
            return;
        };
        if column.presence == Presence::Required && array.null_count() > 0 {
            for row in (0..n).filter(|&row| array.is_null(row)) {
                fault(row, "schema.null", "a null where a value is needed".into(), None);
            }
        }
        match (&mut self.values[c], column.kind) {
            (Values::Ids(values), _) => values.extend(array.as_primitive::<Int32Type>().iter()),
            (Values::Indices(values), _) => values.extend(array.as_primitive::<UInt32Type>().iter()),
            (Values::Numbers(values), Kind::Number(range)) => {
                for (row, value) in array.as_primitive::<Float64Type>().iter().enumerate() {
                    if let Some(number) = value.filter(|number| !range.contains(*number)) {
                        let code = if number.is_finite() { "schema.range" } else { "schema.not_finite" };
                        fault(row, code, format!("expected {range}"), Some(number.to_string()));
                    }
                    values.push(value);
                }
            }
            (Values::Numbers(_), _) => {}
            (Values::Days(values), _) => {
                for (row, value) in array.as_primitive::<Date32Type>().iter().enumerate() {
                    let date = value.and_then(Date::from_day);
                    if let (Some(day), None) = (value, date) {
                        let message = "expected a day of the years 0 to 9999".to_owned();
                        fault(row, "schema.range", message, Some(format!("day {day} since 1970-01-01")));
                    }
                    values.push(date);
                }
            }
        }
    }

    /// Number of rows.
    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// The place of a value.
    pub(super) fn place(&self, row: usize, column: &str) -> Place {
        Place { file: self.shape.file.into(), pointer: format!("row {row}, column {column}") }
    }

    fn column(&self, name: &str) -> Option<&Values> {
        let position = self.shape.columns.iter().position(|column| column.name == name);
        debug_assert!(position.is_some(), "{} has no column {name}", self.shape.file);
        position.map(|position| &self.values[position])
    }

    /// A column of labels.
    pub(super) fn ids(&self, name: &str) -> &[Option<i32>] {
        if let Some(Values::Ids(values)) = self.column(name) { values } else { &[] }
    }

    /// A column of positions.
    pub(super) fn indices(&self, name: &str) -> &[Option<u32>] {
        if let Some(Values::Indices(values)) = self.column(name) { values } else { &[] }
    }

    /// A column of numbers.
    pub(super) fn numbers(&self, name: &str) -> &[Option<f64>] {
        if let Some(Values::Numbers(values)) = self.column(name) { values } else { &[] }
    }

    /// A column of days.
    pub(super) fn days(&self, name: &str) -> &[Option<Date>] {
        if let Some(Values::Days(values)) = self.column(name) { values } else { &[] }
    }
}

impl Values {
    fn extend_null(&mut self, n: usize) {
        match self {
            Self::Ids(values) => values.resize(values.len() + n, None),
            Self::Indices(values) => values.resize(values.len() + n, None),
            Self::Numbers(values) => values.resize(values.len() + n, None),
            Self::Days(values) => values.resize(values.len() + n, None),
        }
    }
}

fn empty(kind: Kind) -> Values {
    match kind {
        Kind::Id => Values::Ids(Vec::new()),
        Kind::Index => Values::Indices(Vec::new()),
        Kind::Number(_) => Values::Numbers(Vec::new()),
        Kind::Day => Values::Days(Vec::new()),
    }
}

/// Number of rows of a Parquet file whose content is not looked at.
pub(super) fn count_rows(bytes: &[u8]) -> Result<i64, String> {
    guarded(|| {
        let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(bytes)).map_err(text)?;
        Ok(builder.metadata().file_metadata().num_rows())
    })
}

/// Runs the Parquet decoder, which may panic on a damaged file.
pub(super) fn guarded<T>(decode: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|_| Err("the file is damaged".to_owned()))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn check_size(n_rows: i64) -> Result<(), String> {
    if (0..=MAX_ROWS).contains(&n_rows) {
        Ok(())
    } else {
        Err(format!("{n_rows} rows where at most {MAX_ROWS} are read"))
    }
}

fn check_schema(schema: &SchemaRef, shape: &TableShape, report: &Report) -> bool {
    let mut holds = true;
    for column in shape.columns {
        let place = Place { file: shape.file.into(), pointer: format!("column {}", column.name) };
        let expected = column.kind.arrow();
        match schema.fields().iter().filter(|field| field.name() == column.name).collect::<Vec<_>>().as_slice() {
            [] if column.presence == Presence::Optional => {}
            [] => {
                report.error("schema.column_missing", &place, format!("the column is missing; expected {expected}"));
                holds = false;
            }
            [field] if *field.data_type() == expected => {}
            [field] => {
                let message = format!("expected the type {expected}, found {}", field.data_type());
                report.error("schema.column_type", &place, message);
                holds = false;
            }
            _ => {
                report.error("schema.column_repeated", &place, "the column appears more than once");
                holds = false;
            }
        }
    }
    holds
}
