use std::any::Any;
use std::sync::Arc;

use arrow::array::RecordBatch;
use cobre_data::output::TableScan;
use polars::error::{PolarsError, PolarsResult};
use polars::frame::DataFrame;
use polars::prelude::{AnonymousScan, AnonymousScanArgs, LazyFrame, ScanArgsAnonymous, SchemaRef};

use crate::{FrameError, to_dataframe};

/// A table of a run as Polars reads it: the columns that a query needs, file by file, until it has its rows.
pub(crate) struct RunScan {
    table: TableScan,
    schema: SchemaRef,
}

impl RunScan {
    pub(crate) fn new(table: TableScan) -> Result<Self, FrameError> {
        let schema = Arc::clone(to_dataframe(table.schema(), &[])?.schema());
        Ok(Self { table, schema })
    }

    pub(crate) fn into_lazy(self) -> Result<LazyFrame, FrameError> {
        let schema = Some(Arc::clone(&self.schema));
        let options = ScanArgsAnonymous { schema, name: "COBRE RUN", ..ScanArgsAnonymous::default() };
        Ok(LazyFrame::anonymous_scan(Arc::new(self), options)?)
    }

    fn read(&self, columns: Option<&[String]>, n_rows: Option<usize>) -> Result<DataFrame, FrameError> {
        let schema = self.table.projected(columns);
        let (mut batches, mut left) = (Vec::new(), n_rows.unwrap_or(usize::MAX));
        for entry in self.table.files() {
            if left == 0 {
                break;
            }
            let file = self.table.open(entry)?;
            for group in 0..file.n_row_groups() {
                if left == 0 {
                    break;
                }
                let found: Vec<RecordBatch> = file.read(&schema, &[group])?;
                for batch in found {
                    let taken = left.min(batch.num_rows());
                    left -= taken;
                    batches.push(batch.slice(0, taken));
                }
            }
        }
        to_dataframe(&schema, &batches)
    }
}

impl AnonymousScan for RunScan {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn scan(&self, asked: AnonymousScanArgs) -> PolarsResult<DataFrame> {
        let columns: Option<Vec<String>> =
            asked.with_columns.as_ref().map(|names| names.iter().map(ToString::to_string).collect());
        let frame = self.read(columns.as_deref(), asked.n_rows);
        let frame = frame.map_err(|error| PolarsError::ComputeError(error.to_string().into()))?;
        match asked.with_columns {
            Some(names) => frame.select(names.iter().cloned()),
            None => Ok(frame),
        }
    }

    fn schema(&self, _: Option<usize>) -> PolarsResult<SchemaRef> {
        Ok(Arc::clone(&self.schema))
    }

    fn allows_projection_pushdown(&self) -> bool {
        true
    }
}
