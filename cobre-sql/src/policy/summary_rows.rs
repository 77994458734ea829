use std::sync::Arc;

use cobre_data::policy::{CutColumns, PolicyStatus};
use datafusion::arrow::array::{
    ArrayRef, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::error::Result;

use super::LoadedPolicy;
use super::policy_table::{Batches, StageRows, Wanted};
use super::stage_table::STAGE_ID;
use super::tables::external;

/// One row per stage: its cuts, counted, and what the policy is as a whole.
#[derive(Debug)]
pub(super) struct SummaryRows;

/// Columns that the cuts of the stage have to be read for.
const COUNTED: std::ops::Range<usize> = 4..9;

impl SummaryRows {
    pub(super) fn schema() -> SchemaRef {
        let columns = [
            (STAGE_ID, DataType::Int32, false),
            ("stage_index", DataType::Int32, false),
            ("first_day", DataType::Date32, true),
            ("last_day", DataType::Date32, true),
            ("n_cuts", DataType::Int64, false),
            ("n_active_cuts", DataType::Int64, false),
            ("n_given_cuts", DataType::Int64, false),
            ("n_binding_cuts", DataType::Int64, false),
            ("n_binding_cuts_last_iteration", DataType::Int64, false),
            ("n_state_components", DataType::Int32, false),
            ("status", DataType::Utf8, false),
            ("iterations", DataType::Int32, false),
            ("forward_passes", DataType::Int32, false),
            ("first_lower_bound", DataType::Float64, true),
            ("lower_bound", DataType::Float64, true),
            ("upper_bound_mean", DataType::Float64, false),
            ("upper_bound_std", DataType::Float64, true),
            ("engine_version", DataType::Utf8, false),
            ("created_at", DataType::Utf8, false),
        ];
        let fields = columns.into_iter().map(|(name, data_type, is_nullable)| Field::new(name, data_type, is_nullable));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}

impl StageRows for SummaryRows {
    fn open(&self, policy: &LoadedPolicy, stage: usize, wanted: &Wanted) -> Result<Batches> {
        let needs_cuts = wanted.columns.iter().any(|column| COUNTED.contains(column));
        let cuts = if needs_cuts { Some(policy.read_cuts(stage).map_err(external)?) } else { None };
        let count = |is: &dyn Fn(&CutColumns, usize) -> bool| -> ArrayRef {
            let n = cuts.as_ref().map_or(0, |cuts| (0..cuts.len()).filter(|&id| is(cuts, id)).count());
            Arc::new(Int64Array::from(vec![n as i64]))
        };
        let manifest = policy.manifest();
        let of = &manifest.stages[stage];
        let int = |value: i32| -> ArrayRef { Arc::new(Int32Array::from(vec![value])) };
        let day = |value: Option<i32>| -> ArrayRef { Arc::new(Date32Array::from(vec![value])) };
        let cost = |value: Option<f64>| -> ArrayRef { Arc::new(Float64Array::from(vec![value])) };
        let text = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value])) };
        let last = manifest.iteration().cast_signed();
        let column = |index: usize| match index {
            0 => int(of.id),
            1 => int(stage as i32),
            2 => day(of.start_day),
            3 => day(of.end_day.map(|day| day.saturating_sub(1))),
            4 => count(&|_, _| true),
            5 => count(&CutColumns::is_active),
            6 => count(&|cuts, id| cuts.iteration[id] == 0),
            7 => count(&|cuts, id| cuts.times_binding[id] > 0),
            8 => count(&|cuts, id| cuts.times_binding[id] > 0 && cuts.last_binding_iteration[id] == last),
            9 => int(manifest.components.len() as i32),
            10 => text(match manifest.status {
                PolicyStatus::Checkpoint => "checkpoint",
                PolicyStatus::Final => "final",
            }),
            11 => int(last),
            12 => int(manifest.forward_passes.cast_signed()),
            13 => cost(manifest.lower_bounds.first().copied()),
            14 => cost(manifest.lower_bounds.last().copied()),
            15 => cost(Some(manifest.upper_bound_mean)),
            16 => cost(manifest.upper_bound_std),
            17 => text(&manifest.engine_version),
            _ => text(&manifest.created_at),
        };
        let columns = wanted.columns.iter().map(|&index| column(index)).collect();
        let one = RecordBatchOptions::new().with_row_count(Some(1));
        let row = RecordBatch::try_new_with_options(Arc::clone(&wanted.schema), columns, &one)?;
        Ok(Box::new(std::iter::once(Ok(row))))
    }
}
