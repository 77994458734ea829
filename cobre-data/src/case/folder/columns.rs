//! JSON objects as Arrow columns.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, RecordBatchOptions, StringArray,
    StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{Field, Fields, Schema};

use super::super::json::Json;

/// The type that all values of a place have in common.
#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// None but null.
    Nothing,
    Flag,
    Integer,
    Number,
    Text,
    List(Box<Kind>),
    /// Members in the order in which they are first seen.
    Object(Vec<(String, Kind)>),
}

/// The objects as rows of one batch. Members of objects in them are columns of their own, named `a.b`; objects in arrays
/// are structs. A missing member, and null, is a null; members come in the order in which they are first seen.
///
/// # Errors
/// An item that is no object, members of one name with values of different types, names that hold a dot or are
/// repeated.
pub(super) fn batch(items: &[Json]) -> Result<RecordBatch, String> {
    let mut kind = Kind::Object(Vec::new());
    for (row, item) in items.iter().enumerate() {
        if !matches!(item, Json::Object(_)) {
            return Err(format!("item {row} is {}, expected an object", item.kind()));
        }
        kind.take(item).map_err(|message| format!("item {row}: {message}"))?;
    }
    let rows: Vec<Option<&Json>> = items.iter().map(Some).collect();
    let mut columns = Vec::new();
    flatten("", &kind, &rows, &mut columns);
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(items.len()));
    let arrays = columns.into_iter().map(|column| column.1).collect();
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|error| error.to_string())
}

impl Kind {
    /// Widens the type so that it holds `value`, too.
    fn take(&mut self, value: &Json) -> Result<(), String> {
        match (&mut *self, value) {
            (_, Json::Null)
            | (Self::Flag, Json::Bool(_))
            | (Self::Integer | Self::Number, Json::Integer(_))
            | (Self::Number, Json::Number(_))
            | (Self::Text, Json::Text(_)) => {}
            (Self::Integer, Json::Number(_)) => *self = Self::Number,
            (Self::List(kind), Json::Array(items)) => items.iter().try_for_each(|item| kind.take(item))?,
            (Self::Object(members), Json::Object(values)) => take_members(members, values)?,
            (Self::Nothing, value) => {
                *self = match value {
                    Json::Null => Self::Nothing,
                    Json::Bool(_) => Self::Flag,
                    Json::Integer(_) => Self::Integer,
                    Json::Number(_) => Self::Number,
                    Json::Text(_) => Self::Text,
                    Json::Array(_) => Self::List(Box::new(Self::Nothing)),
                    Json::Object(_) => Self::Object(Vec::new()),
                };
                self.take(value)?;
            }
            (_, value) => return Err(format!("{} where others have {}", value.kind(), self.name())),
        }
        Ok(())
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Nothing => "null",
            Self::Flag => "a boolean",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Text => "a string",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// The column of some values, none where one is missing.
    fn column(&self, values: &[Option<&Json>]) -> ArrayRef {
        match self {
            Self::Nothing => Arc::new(Int64Array::new_null(values.len())),
            Self::Flag => Arc::new(pick(values, flag).collect::<BooleanArray>()),
            Self::Integer => Arc::new(pick(values, integer).collect::<Int64Array>()),
            Self::Number => Arc::new(pick(values, number).collect::<Float64Array>()),
            Self::Text => Arc::new(pick(values, text).collect::<StringArray>()),
            Self::List(kind) => {
                let lists = || pick(values, items);
                let items: Vec<Option<&Json>> = lists().flatten().flatten().map(Some).collect();
                let offsets = OffsetBuffer::from_lengths(lists().map(|list| list.map_or(0, <[Json]>::len)));
                let nulls: NullBuffer = lists().map(|list| list.is_some()).collect();
                let items = kind.column(&items);
                let field = Arc::new(Field::new_list_field(items.data_type().clone(), true));
                Arc::new(ListArray::new(field, offsets, items, Some(nulls)))
            }
            Self::Object(members) => {
                let nulls: NullBuffer = values.iter().map(|value| matches!(value, Some(Json::Object(_)))).collect();
                if members.is_empty() {
                    return Arc::new(StructArray::new_empty_fields(values.len(), Some(nulls)));
                }
                let arrays: Vec<ArrayRef> =
                    members.iter().map(|(name, kind)| kind.column(&member_values(values, name))).collect();
                let fields = members.iter().zip(&arrays);
                let fields: Fields =
                    fields.map(|((name, _), array)| Field::new(name, array.data_type().clone(), true)).collect();
                Arc::new(StructArray::new(fields, arrays, Some(nulls)))
            }
        }
    }
}

fn take_members(members: &mut Vec<(String, Kind)>, values: &[(String, Json)]) -> Result<(), String> {
    for (i, (name, value)) in values.iter().enumerate() {
        if name.contains('.') || name.is_empty() {
            return Err(format!("the key {name:?} is no name of a column"));
        }
        if values[..i].iter().any(|earlier| earlier.0 == *name) {
            return Err(format!("the key {name} is repeated"));
        }
        let at = members.iter().position(|member| member.0 == *name).unwrap_or_else(|| {
            members.push((name.clone(), Kind::Nothing));
            members.len() - 1
        });
        members[at].1.take(value).map_err(|message| format!("{name}: {message}"))?;
    }
    Ok(())
}

/// The columns of objects, those of objects in them included.
fn flatten(prefix: &str, kind: &Kind, values: &[Option<&Json>], columns: &mut Vec<(String, ArrayRef)>) {
    let Kind::Object(members) = kind else {
        columns.push((prefix.to_owned(), kind.column(values)));
        return;
    };
    for (name, kind) in members {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        flatten(&path, kind, &member_values(values, name), columns);
    }
}

/// What some objects have under a name.
fn member_values<'a>(objects: &[Option<&'a Json>], name: &str) -> Vec<Option<&'a Json>> {
    let member = |object: Option<&'a Json>| -> Option<&'a Json> {
        let Some(Json::Object(members)) = object else { return None };
        members.iter().find(|member| member.0 == name).map(|member| &member.1)
    };
    objects.iter().map(|object| member(*object)).collect()
}

fn pick<'a, T>(values: &[Option<&'a Json>], read: impl Fn(&'a Json) -> Option<T>) -> impl Iterator<Item = Option<T>> {
    values.iter().map(move |value| value.and_then(&read))
}

fn flag(json: &Json) -> Option<bool> {
    if let Json::Bool(flag) = json { Some(*flag) } else { None }
}

fn integer(json: &Json) -> Option<i64> {
    if let Json::Integer(integer) = json { Some(*integer) } else { None }
}

fn number(json: &Json) -> Option<f64> {
    match json {
        Json::Integer(integer) => Some(*integer as f64),
        Json::Number(number) => Some(*number),
        _ => None,
    }
}

fn text(json: &Json) -> Option<&str> {
    if let Json::Text(text) = json { Some(text) } else { None }
}

fn items(json: &Json) -> Option<&[Json]> {
    if let Json::Array(items) = json { Some(items) } else { None }
}
