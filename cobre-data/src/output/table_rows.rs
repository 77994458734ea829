use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;

use super::column_buffer::ColumnBuffer;
use super::schema::Column;
use super::table_shape::TableShape;

/// Rows of a table on their way into record batches.
///
/// Rows arrive in *runs*: [`begin`](Self::begin) opens a run of `n` rows, then every column is filled in schema order
/// under its name, then [`end`](Self::end) checks that each received exactly `n` values. A fill that does not fit
/// (wrong name, type or length) is remembered and reported by `end`. Columns of the table that the shape leaves out
/// are filled like the others; their values are never computed.
pub(super) struct TableRows {
    schema: Arc<Schema>,
    /// All columns of the table; those that the shape leaves out have no buffer.
    columns: Vec<(&'static Column, Option<ColumnBuffer>)>,
    n_rows: usize,
    run_length: usize,
    next_column: usize,
    problem: Option<String>,
}

impl TableRows {
    pub(super) fn new(shape: &TableShape) -> Self {
        let columns = shape
            .table
            .columns
            .iter()
            .map(|column| (column, shape.position(column.name).map(|_| ColumnBuffer::new(column))))
            .collect();
        Self { schema: shape.arrow_schema(), columns, n_rows: 0, run_length: 0, next_column: 0, problem: None }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Opens a run of `n` rows.
    pub(super) fn begin(&mut self, n: usize) -> &mut Self {
        self.run_length = n;
        self.next_column = 0;
        self
    }

    /// Closes the run.
    pub(super) fn end(&mut self) -> Result<(), String> {
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        if self.next_column != self.columns.len() {
            return Err(format!("{} columns filled, the table has {}", self.next_column, self.columns.len()));
        }
        self.n_rows += self.run_length;
        Ok(())
    }

    /// Hands over the rows of all closed runs.
    pub(super) fn take_batch(&mut self) -> Result<RecordBatch, String> {
        self.n_rows = 0;
        let buffers = self.columns.iter_mut().filter_map(|(_, buffer)| buffer.as_mut());
        let arrays = buffers.map(ColumnBuffer::finish).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(|error| error.to_string())
    }

    /// The rows of all closed runs, in memory of no more than their size; the columns are the memory that was filled.
    pub(super) fn into_batch(self) -> Result<RecordBatch, String> {
        let arrays = self.columns.into_iter().filter_map(|(_, buffer)| buffer).map(ColumnBuffer::into_array).collect();
        RecordBatch::try_new(self.schema, arrays).map_err(|error| error.to_string())
    }

    /// Makes room for `n` more rows.
    pub(super) fn reserve(&mut self, n: usize) {
        self.columns.iter_mut().filter_map(|(_, buffer)| buffer.as_mut()).for_each(|buffer| buffer.reserve(n));
    }

    /// Forgets the rows of all closed runs.
    pub(super) fn clear(&mut self) {
        self.n_rows = 0;
        self.columns.iter_mut().filter_map(|(_, buffer)| buffer.as_mut()).for_each(ColumnBuffer::clear);
    }

    /// The columns that have a buffer, in schema order.
    pub(super) fn buffers(&self) -> impl Iterator<Item = (&'static Column, &ColumnBuffer)> {
        self.columns.iter().filter_map(|(column, buffer)| buffer.as_ref().map(|buffer| (*column, buffer)))
    }

    fn fill(&mut self, name: &'static str, write: impl FnOnce(&mut ColumnBuffer, usize) -> bool) -> &mut Self {
        let expected = self.n_rows + self.run_length;
        let (index, n) = (self.next_column, self.run_length);
        self.next_column += 1;
        let Some((_, buffer)) = self.columns.get_mut(index).filter(|(column, _)| column.name == name) else {
            self.problem.get_or_insert_with(|| format!("column {name} is not number {index} of the table"));
            return self;
        };
        let Some(buffer) = buffer else { return self };
        if !write(buffer, n) {
            self.problem.get_or_insert_with(|| format!("column {name} does not take values of this type"));
        } else if buffer.len() != expected {
            let found = buffer.len();
            self.problem.get_or_insert_with(|| format!("column {name} has {found} rows, expected {expected}"));
        }
        self
    }

    /// Missing values.
    pub(super) fn null(&mut self, name: &'static str) -> &mut Self {
        self.fill(name, ColumnBuffer::append_nulls)
    }

    /// Labels, written by `write`.
    pub(super) fn ids_with(&mut self, name: &'static str, write: impl FnOnce(&mut Vec<i32>)) -> &mut Self {
        self.fill(name, |column, _| {
            let ColumnBuffer::Int32(values) = column else { return false };
            values.append_with(write);
            true
        })
    }

    /// One label for all rows.
    pub(super) fn id(&mut self, name: &'static str, value: i32) -> &mut Self {
        let n = self.run_length;
        self.ids_with(name, |out| out.resize(out.len() + n, value))
    }

    /// Codes.
    pub(super) fn codes(&mut self, name: &'static str, codes: impl Iterator<Item = i8>) -> &mut Self {
        self.fill(name, |column, _| {
            let ColumnBuffer::Int8(values) = column else { return false };
            values.append_with(|out| out.extend(codes));
            true
        })
    }

    /// 64-bit integers.
    pub(super) fn longs(&mut self, name: &'static str, longs: impl Iterator<Item = i64>) -> &mut Self {
        self.fill(name, |column, _| {
            let ColumnBuffer::Int64(values) = column else { return false };
            values.append_with(|out| out.extend(longs));
            true
        })
    }

    /// Unsigned 32-bit counts.
    pub(super) fn counts(&mut self, name: &'static str, counts: impl Iterator<Item = u32>) -> &mut Self {
        self.fill(name, |column, _| {
            let ColumnBuffer::UInt32(values) = column else { return false };
            values.append_with(|out| out.extend(counts));
            true
        })
    }

    /// Unsigned 64-bit counts.
    pub(super) fn long_counts(&mut self, name: &'static str, counts: impl Iterator<Item = u64>) -> &mut Self {
        self.fill(name, |column, _| {
            let ColumnBuffer::UInt64(values) = column else { return false };
            values.append_with(|out| out.extend(counts));
            true
        })
    }

    /// Quantities, written by `write`.
    pub(super) fn floats_with(&mut self, name: &'static str, write: impl FnOnce(&mut Vec<f64>)) -> &mut Self {
        self.fill(name, |column, _| {
            let ColumnBuffer::Float64(values) = column else { return false };
            values.append_with(write);
            true
        })
    }

    /// Quantities.
    pub(super) fn floats(&mut self, name: &'static str, floats: impl Iterator<Item = f64>) -> &mut Self {
        self.floats_with(name, |out| out.extend(floats))
    }

    /// One quantity for all rows.
    pub(super) fn float(&mut self, name: &'static str, value: f64) -> &mut Self {
        let n = self.run_length;
        self.floats_with(name, |out| out.resize(out.len() + n, value))
    }

    /// A single optional quantity, for runs of one row.
    pub(super) fn optional_float(&mut self, name: &'static str, value: Option<f64>) -> &mut Self {
        match value {
            Some(value) => self.float(name, value),
            None => self.null(name),
        }
    }

    /// Quantities that may be missing.
    pub(super) fn optional_floats(
        &mut self,
        name: &'static str,
        floats: impl Iterator<Item = Option<f64>>,
    ) -> &mut Self {
        self.fill(name, |column, _| {
            let ColumnBuffer::Float64(values) = column else { return false };
            values.append_options(floats)
        })
    }

    /// One truth value for all rows.
    pub(super) fn flag(&mut self, name: &'static str, value: bool) -> &mut Self {
        self.fill(name, |column, n| {
            let ColumnBuffer::Boolean(bits) = column else { return false };
            bits.append_n(n, value);
            true
        })
    }

    /// One text for all rows.
    pub(super) fn text(&mut self, name: &'static str, value: &str) -> &mut Self {
        let n = self.run_length;
        self.texts(name, std::iter::repeat_n(value, n))
    }

    /// Texts.
    pub(super) fn texts<'a>(&mut self, name: &'static str, texts: impl Iterator<Item = &'a str>) -> &mut Self {
        self.fill(name, |column, _| {
            let ColumnBuffer::Utf8(text, length) = column else { return false };
            for value in texts {
                text.append_value(value);
                *length += 1;
            }
            true
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::SCENARIO_SUMMARY;
    use super::*;

    #[test]
    fn reports_a_column_under_a_wrong_name() {
        let mut rows = TableRows::new(&TableShape::whole(&SCENARIO_SUMMARY));
        rows.begin(1).id("scenario_id", 0).null("likelihood").float("discounted_immediate_cost", 1.0);
        assert!(rows.end().expect_err("a misfit").contains("likelihood"));
    }

    #[test]
    fn reports_a_column_of_a_wrong_length() {
        let mut rows = TableRows::new(&TableShape::whole(&SCENARIO_SUMMARY));
        rows.begin(2).id("scenario_id", 0).null("probability").floats("discounted_immediate_cost", [1.0].into_iter());
        assert_eq!(rows.end().expect_err("a misfit"), "column discounted_immediate_cost has 1 rows, expected 2");
    }

    #[test]
    fn reports_a_missing_column_a_wrong_type_and_a_null_where_none_may_be() {
        let mut rows = TableRows::new(&TableShape::whole(&SCENARIO_SUMMARY));
        rows.begin(1).id("scenario_id", 0);
        assert_eq!(rows.end().expect_err("a misfit"), "1 columns filled, the table has 3");
        let mut rows = TableRows::new(&TableShape::whole(&SCENARIO_SUMMARY));
        rows.begin(1).float("scenario_id", 0.0);
        assert!(rows.end().expect_err("a misfit").contains("does not take values of this type"));
        let mut rows = TableRows::new(&TableShape::whole(&SCENARIO_SUMMARY));
        rows.begin(1).null("scenario_id");
        assert!(rows.end().expect_err("a misfit").contains("does not take values of this type"));
    }
}
