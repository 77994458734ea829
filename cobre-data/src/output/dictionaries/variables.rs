use super::super::schema::{ColumnType, TABLES};
use super::csv::push_record;

/// `variables.csv`: every column of every table, in the order of tables and columns.
///
/// `file` is the qualified name of the table, e.g. `simulation/hydros`. Columns that live in the path are not listed.
pub(super) fn csv() -> String {
    let mut out = String::new();
    push_record(&mut out, &["file", "column", "type", "unit", "description", "nullable"]);
    for table in TABLES {
        let file = table.qualified_name();
        for column in table.columns {
            let nullable = if column.nullable { "true" } else { "false" };
            let kind = type_name(column.column_type);
            push_record(&mut out, &[&file, column.name, kind, column.unit, column.description, nullable]);
        }
    }
    out
}

fn type_name(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Int8 => "i8",
        ColumnType::Int32 => "i32",
        ColumnType::Int64 => "i64",
        ColumnType::UInt32 => "u32",
        ColumnType::UInt64 => "u64",
        ColumnType::Float64 => "f64",
        ColumnType::Boolean => "bool",
        ColumnType::Utf8 => "string",
    }
}
