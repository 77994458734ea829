use std::ops::Range;
use std::sync::Arc;

use cobre_data::policy::{CutColumns, StageStates};
use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int32Array, RecordBatch, RecordBatchOptions, StringArray, UInt64Array,
};
use datafusion::arrow::buffer::ScalarBuffer;
use datafusion::arrow::datatypes::{ArrowNativeType, DataType, Field, Schema, SchemaRef};
use datafusion::error::Result;

use super::LoadedPolicy;
use super::policy_table::{Batches, StageRows, Wanted};
use super::stage_table::STAGE_ID;
use super::tables::external;

/// What a cut is, apart from its slope: name, type, whether it may be null.
const CUT: [(&str, DataType, bool); 8] = [
    (STAGE_ID, DataType::Int32, false),
    ("cut_id", DataType::Int32, false),
    ("iteration", DataType::Int32, true),
    ("forward_pass", DataType::Int32, true),
    ("is_active", DataType::Boolean, false),
    ("intercept", DataType::Float64, false),
    ("times_binding", DataType::UInt64, false),
    ("last_binding_iteration", DataType::Int32, true),
];

/// What a row of `cuts` has beside its cut.
const COMPONENT: [(&str, DataType, bool); 7] = [
    ("state_index", DataType::Int32, false),
    ("component", DataType::Utf8, false),
    ("entity_id", DataType::Int32, false),
    ("entity_name", DataType::Utf8, false),
    ("lag", DataType::Int32, false),
    ("coefficient", DataType::Float64, false),
    ("unit", DataType::Utf8, false),
];

fn fields<'a>(columns: impl IntoIterator<Item = &'a (&'a str, DataType, bool)>) -> Vec<Field> {
    let field =
        |(name, data_type, is_nullable): &(&str, DataType, bool)| Field::new(*name, data_type.clone(), *is_nullable);
    columns.into_iter().map(field).collect()
}

/// Batches of `n` things, `per_batch` at a time; `column` makes a column of a range of them, `repeat` rows for each.
fn batches(
    wanted: &Wanted,
    n: usize,
    repeat: usize,
    column: impl Fn(usize, Range<usize>) -> ArrayRef + Send + 'static,
) -> Batches {
    let per_batch = wanted.batch_size.checked_div(repeat).unwrap_or(n).max(1);
    let wanted = wanted.clone();
    Box::new((0..n).step_by(per_batch).map(move |first| {
        let range = first..(first + per_batch).min(n);
        let rows = RecordBatchOptions::new().with_row_count(Some(range.len() * repeat));
        let columns = wanted.columns.iter().map(|&index| column(index, range.clone())).collect();
        Ok(RecordBatch::try_new_with_options(Arc::clone(&wanted.schema), columns, &rows)?)
    }))
}

/// A part of a buffer, every number `repeat` times; once, it is the buffer's own memory.
fn repeated<T: ArrowNativeType>(values: &ScalarBuffer<T>, range: Range<usize>, repeat: usize) -> ScalarBuffer<T> {
    if repeat == 1 {
        return values.slice(range.start, range.len());
    }
    values[range].iter().flat_map(|&value| std::iter::repeat_n(value, repeat)).collect::<Vec<T>>().into()
}

/// The column at position `index` of [`CUT`] for a range of cuts, `repeat` rows for each.
fn cut_column(cuts: &CutColumns, index: usize, range: Range<usize>, repeat: usize) -> ArrayRef {
    let ints = |values: &ScalarBuffer<i32>, is_known: &dyn Fn(usize) -> bool| -> ArrayRef {
        let known = range.clone().flat_map(|id| std::iter::repeat_n(is_known(id), repeat));
        Arc::new(Int32Array::new(repeated(values, range.clone(), repeat), Some(known.collect())))
    };
    let is_made = |id: usize| cuts.iteration[id] > 0;
    let each = |range: Range<usize>| range.flat_map(move |id| std::iter::repeat_n(id, repeat));
    match index {
        0 => Arc::new(Int32Array::from_value(cuts.stage.stage_id, range.len() * repeat)),
        1 => Arc::new(Int32Array::from_iter_values(each(range).map(|id| id as i32))),
        2 => ints(&cuts.iteration, &is_made),
        3 => ints(&cuts.trajectory, &is_made),
        4 => Arc::new(each(range).map(|id| Some(cuts.is_active(id))).collect::<BooleanArray>()),
        5 => Arc::new(Float64Array::new(repeated(&cuts.intercepts, range, repeat), None)),
        6 => Arc::new(UInt64Array::new(repeated(&cuts.times_binding, range, repeat), None)),
        _ => ints(&cuts.last_binding_iteration, &|id| cuts.last_binding_iteration[id] > 0),
    }
}

/// One row per cut and state component. The coefficients are the bytes of the file.
#[derive(Debug)]
pub(super) struct CutRows {
    /// The state vector in the columns of [`COMPONENT`] that say what a component is, by their position there.
    components: [Option<ArrayRef>; COMPONENT.len()],
}

impl CutRows {
    pub(super) fn schema() -> SchemaRef {
        Arc::new(Schema::new(fields(CUT.iter().chain(&COMPONENT))))
    }

    pub(super) fn new(policy: &LoadedPolicy) -> Self {
        let components = &policy.manifest().components;
        let ints = |values: Vec<i32>| -> Option<ArrayRef> { Some(Arc::new(Int32Array::from(values))) };
        let texts = |values: Vec<&str>| -> Option<ArrayRef> { Some(Arc::new(StringArray::from(values))) };
        let components = [
            ints((0..components.len() as i32).collect()),
            texts(components.iter().map(|component| component.kind.name()).collect()),
            ints(components.iter().map(|component| component.entity_id).collect()),
            texts(components.iter().map(|component| component.entity_name.as_str()).collect()),
            ints(components.iter().map(|component| component.lag.cast_signed()).collect()),
            None,
            texts(components.iter().map(|component| component.unit.as_str()).collect()),
        ];
        Self { components }
    }
}

impl StageRows for CutRows {
    fn open(&self, policy: &LoadedPolicy, stage: usize, wanted: &Wanted) -> Result<Batches> {
        let cuts = policy.read_cuts(stage).map_err(external)?;
        let (n, dimension) = (cuts.len(), cuts.dimension);
        if dimension == 0 {
            return Ok(Box::new(std::iter::empty()));
        }
        // The state vector, one cut after the other, as often as a batch needs it: batches share it.
        let at_once = (wanted.batch_size / dimension).clamp(1, n.max(1));
        let mut tiled: [Option<ArrayRef>; COMPONENT.len()] = Default::default();
        for &column in wanted.columns.iter() {
            if let Some(once) = column.checked_sub(CUT.len()).and_then(|index| self.components[index].as_ref()) {
                let copies: Vec<&dyn Array> = std::iter::repeat_n(once.as_ref(), at_once).collect();
                tiled[column - CUT.len()] = Some(datafusion::arrow::compute::concat(&copies)?);
            }
        }
        let column = move |index: usize, range: Range<usize>| match index.checked_sub(CUT.len()) {
            None => cut_column(&cuts, index, range, dimension),
            Some(index) => {
                if let Some(tiled) = &tiled[index] {
                    return tiled.slice(0, range.len() * dimension);
                }
                let coefficients = cuts.coefficients.slice(range.start * dimension, range.len() * dimension);
                Arc::new(Float64Array::new(coefficients, None)) as ArrayRef
            }
        };
        Ok(batches(wanted, n, dimension, column))
    }
}

/// One row per cut, with a column for every state component.
#[derive(Debug)]
pub(super) struct WideCutRows;

impl WideCutRows {
    pub(super) fn schema(policy: &LoadedPolicy) -> SchemaRef {
        let components = policy.names().iter().map(|name| Field::new(name, DataType::Float64, false));
        Arc::new(Schema::new(fields(&CUT).into_iter().chain(components).collect::<Vec<_>>()))
    }
}

impl StageRows for WideCutRows {
    fn open(&self, policy: &LoadedPolicy, stage: usize, wanted: &Wanted) -> Result<Batches> {
        let cuts = policy.read_cuts(stage).map_err(external)?;
        let (n, dimension) = (cuts.len(), cuts.dimension);
        let column = move |index: usize, range: Range<usize>| match index.checked_sub(CUT.len()) {
            None => cut_column(&cuts, index, range, 1),
            Some(component) => {
                let values = range.map(|id| cuts.coefficients[id * dimension + component]);
                Arc::new(Float64Array::from_iter_values(values)) as ArrayRef
            }
        };
        Ok(batches(wanted, n, 1, column))
    }
}

/// One row per trial point and state component.
#[derive(Debug)]
pub(super) struct StateRows;

impl StateRows {
    pub(super) fn schema() -> SchemaRef {
        Arc::new(Schema::new(fields(&[
            ("iteration", DataType::Int32, false),
            ("forward_pass", DataType::Int32, false),
            (STAGE_ID, DataType::Int32, false),
            ("state_index", DataType::Int32, false),
            ("value", DataType::Float64, false),
            ("cut_id", DataType::Int32, true),
        ])))
    }
}

impl StageRows for StateRows {
    fn open(&self, policy: &LoadedPolicy, stage: usize, wanted: &Wanted) -> Result<Batches> {
        let StageStates { stage, dimension, iteration, trajectory, values, cuts } =
            policy.read_states(stage).map_err(external)?;
        let (n, values) = (iteration.len(), ScalarBuffer::from(values));
        let repeat = move |of: &[u32], range: Range<usize>| -> ArrayRef {
            let values = of[range].iter().flat_map(|&value| std::iter::repeat_n(value.cast_signed(), dimension));
            Arc::new(Int32Array::from_iter_values(values))
        };
        let column = move |index: usize, range: Range<usize>| -> ArrayRef {
            let rows = range.len() * dimension;
            match index {
                0 => repeat(&iteration, range),
                1 => repeat(&trajectory, range),
                2 => Arc::new(Int32Array::from_value(stage.stage_id, rows)),
                3 => Arc::new(Int32Array::from_iter_values(range.flat_map(|_| 0..dimension as i32))),
                4 => Arc::new(Float64Array::new(values.slice(range.start * dimension, rows), None)),
                _ if cuts.is_empty() => Arc::new(Int32Array::new_null(rows)),
                _ => repeat(&cuts, range),
            }
        };
        Ok(batches(wanted, n, dimension, column))
    }
}
