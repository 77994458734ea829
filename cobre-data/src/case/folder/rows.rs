//! Rows of Arrow tables as JSON objects.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Date32Type, Field, Fields, Float64Type, Int64Type};

use super::super::date::Date;
use super::super::json::Json;

/// An overflow is an error, not a null.
const STRICT: CastOptions<'static> =
    CastOptions { safe: false, format_options: arrow::util::display::FormatOptions::new() };

/// The rows of a batch as objects. Missing values leave their key out; a column named `a.b` is the member `b` of the
/// object `a`.
///
/// # Errors
/// A column of a type that JSON has no value for, a number that is not finite, columns that contradict each other.
pub(super) fn objects(batch: &RecordBatch) -> Result<Vec<Json>, String> {
    let schema = batch.schema();
    let mut rows: Vec<Vec<(String, Json)>> = vec![Vec::new(); batch.num_rows()];
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        let name = field.name();
        let column = plain(column).map_err(|message| format!("column {name}: {message}"))?;
        for (row, members) in rows.iter_mut().enumerate() {
            match value(&column, row).map_err(|message| format!("row {row}, column {name}: {message}"))? {
                Json::Null => {}
                value => set(members, name, value).map_err(|message| format!("column {name}: {message}"))?,
            }
        }
    }
    Ok(rows.into_iter().map(Json::Object).collect())
}

/// Gives the member at a path of names a value; the objects on the way are made.
fn set(members: &mut Vec<(String, Json)>, path: &str, value: Json) -> Result<(), String> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    if name.is_empty() {
        return Err("a member without name".into());
    }
    let at = members.iter().position(|member| member.0 == name);
    match (at, rest) {
        (None, None) => members.push((name.to_owned(), value)),
        (Some(_), None) => return Err(format!("another column holds {name}, too")),
        (None, Some(rest)) => {
            let mut inner = Vec::new();
            set(&mut inner, rest, value)?;
            members.push((name.to_owned(), Json::Object(inner)));
        }
        (Some(at), Some(rest)) => match &mut members[at].1 {
            Json::Object(inner) => set(inner, rest, value)?,
            _ => return Err(format!("another column holds {name}, which is no object")),
        },
    }
    Ok(())
}

/// The column with one type for each kind of value.
fn plain(column: &ArrayRef) -> Result<ArrayRef, String> {
    let to = plain_type(column.data_type())?;
    cast_with_options(column, &to, &STRICT).map_err(|error| error.to_string())
}

fn plain_type(data_type: &DataType) -> Result<DataType, String> {
    Ok(match data_type {
        DataType::Null => DataType::Null,
        DataType::Boolean => DataType::Boolean,
        DataType::Date32 => DataType::Date32,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::Dictionary(_, values) => plain_type(values)?,
        integer if integer.is_integer() => DataType::Int64,
        number if number.is_floating() || number.is_decimal() => DataType::Float64,
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => DataType::new_list(plain_type(item.data_type())?, true),
        DataType::Struct(fields) => {
            let plain = |field: &Field| Ok(Field::new(field.name(), plain_type(field.data_type())?, true));
            DataType::Struct(fields.iter().map(|field| plain(field)).collect::<Result<Fields, String>>()?)
        }
        DataType::Timestamp(..) | DataType::Date64 => return Err("a time of day; hint: cast it to a date".into()),
        other => return Err(format!("values of the type {other} have no place in JSON")),
    })
}

/// The value of a row of a [plain](plain_type) column.
fn value(column: &dyn Array, row: usize) -> Result<Json, String> {
    if column.is_null(row) {
        return Ok(Json::Null);
    }
    Ok(match column.data_type() {
        DataType::Boolean => Json::Bool(column.as_boolean().value(row)),
        DataType::Int64 => Json::Integer(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => match column.as_primitive::<Float64Type>().value(row) {
            number if number.is_finite() => Json::Number(number),
            number => return Err(format!("{number} is not finite")),
        },
        DataType::Utf8 => Json::Text(column.as_string::<i32>().value(row).to_owned()),
        DataType::Date32 => {
            let day = column.as_primitive::<Date32Type>().value(row);
            Json::Text(Date::from_day(day).ok_or_else(|| format!("day {day} is out of range"))?.to_string())
        }
        DataType::List(_) => {
            let items = column.as_list::<i32>().value(row);
            Json::Array((0..items.len()).map(|item| value(&items, item)).collect::<Result<_, _>>()?)
        }
        DataType::Struct(fields) => {
            let mut members = Vec::new();
            for (field, inner) in fields.iter().zip(column.as_struct().columns()) {
                match value(inner, row).map_err(|message| format!("{}: {message}", field.name()))? {
                    Json::Null => {}
                    value => members.push((field.name().clone(), value)),
                }
            }
            Json::Object(members)
        }
        _ => Json::Null, // A column of nothing but nulls.
    })
}
