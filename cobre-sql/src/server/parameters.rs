use std::collections::BTreeMap;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::ParamValues;
use datafusion::logical_expr::LogicalPlan;
use datafusion::scalar::ScalarValue;
use tonic::{Code, Status};

use super::status::{of_query, status};

/// Rows of parameters with which a statement is run at once.
pub(super) const MOST_ROWS: usize = 256;

/// The parameters of a statement, by position: `$1` is the first. What cannot be told of a type is null.
pub(super) fn parameter_schema(plan: &LogicalPlan) -> Result<Schema, Status> {
    let found = plan.get_parameter_types().map_err(|error| of_query(&error))?;
    let mut types = BTreeMap::new();
    for (name, data_type) in found {
        let position = name.strip_prefix('$').and_then(|number| number.parse::<usize>().ok()).filter(|&at| at > 0);
        let Some(position) = position else {
            let message = format!("the parameter {name} has no number; expected `?` or `$1`");
            return Err(status(Code::InvalidArgument, &message));
        };
        types.insert(position, data_type.unwrap_or(DataType::Null));
    }
    let last = types.last_key_value().map_or(0, |(&position, _)| position);
    if last > types.len() {
        let message = format!("the statement names ${last}, but has only {} parameters", types.len());
        return Err(status(Code::InvalidArgument, &message));
    }
    let fields = types.into_iter().map(|(position, data_type)| Field::new(format!("${position}"), data_type, true));
    Ok(Schema::new(fields.collect::<Vec<_>>()))
}

/// A plan for each row of parameters; the plan itself when it takes none and none are given.
pub(super) fn bind(plan: LogicalPlan, rows: Option<&RecordBatch>) -> Result<Vec<LogicalPlan>, Status> {
    let refused = |message: String| Err(status(Code::InvalidArgument, &message));
    let wanted = parameter_schema(&plan)?;
    let given = rows.map_or(0, RecordBatch::num_columns);
    if given != wanted.fields().len() {
        return refused(format!("the statement has {} parameters; {given} are given", wanted.fields().len()));
    }
    let Some(rows) = rows.filter(|rows| rows.num_columns() > 0) else { return Ok(vec![plan]) };
    if rows.num_rows() == 0 || rows.num_rows() > MOST_ROWS {
        return refused(format!("{} rows of parameters are given; expected 1 to {MOST_ROWS}", rows.num_rows()));
    }
    let of_row = |row: usize| {
        let values = rows.columns().iter().map(|column| ScalarValue::try_from_array(column, row));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        plan.clone().with_param_values(ParamValues::from(values))
    };
    (0..rows.num_rows()).map(of_row).collect::<Result<_, _>>().map_err(|error| of_query(&error))
}
