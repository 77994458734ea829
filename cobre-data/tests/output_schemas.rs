//! The schemas of the output tables are those on record; a change raises the version of its table.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use cobre_data::output::schema::{Column, ColumnType, TABLES, Table};

const RECORD: &str = "tests/golden/schemas.txt";
const INTRODUCTION: &str = "\
# Schemas of the output tables, on record: name and version, then columns with type (? where nulls may be) and unit.
# A change of a schema raises `schema_version` of its table; then run `COBRE_BLESS=1 cargo test --workspace --test
# output_schemas`, which writes this file anew.
";

/// Version and columns, one text per column.
type Schema = (u32, Vec<String>);

fn type_name(column: &Column) -> &'static str {
    match column.column_type {
        ColumnType::Int8 => "i8",
        ColumnType::Int32 => "i32",
        ColumnType::Int64 => "i64",
        ColumnType::UInt32 => "u32",
        ColumnType::UInt64 => "u64",
        ColumnType::Float64 => "f64",
        ColumnType::Boolean => "bool",
        ColumnType::Utf8 => "str",
    }
}

fn schema_of(table: &Table) -> (String, Schema) {
    let line = |column: &Column| {
        let null = if column.nullable { "?" } else { "" };
        format!("{} {}{null} {}", column.name, type_name(column), column.unit).trim_end().to_owned()
    };
    (table.qualified_name(), (table.schema_version, table.columns.iter().map(line).collect()))
}

fn write_record(schemas: &BTreeMap<String, Schema>) -> String {
    let mut text = String::from(INTRODUCTION);
    for (name, (version, columns)) in schemas {
        write!(text, "\n{name} version {version}\n").expect("text");
        columns.iter().for_each(|column| writeln!(text, "  {column}").expect("text"));
    }
    text
}

fn read_record(text: &str) -> BTreeMap<String, Schema> {
    let mut schemas: BTreeMap<String, Schema> = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(column) = line.strip_prefix("  ") {
            schemas.get_mut(&name).expect("a table before its columns").1.push(column.to_owned());
        } else {
            let (table, version) = line.split_once(" version ").expect("name and version");
            table.clone_into(&mut name);
            schemas.insert(name.clone(), (version.parse().expect("a version"), Vec::new()));
        }
    }
    schemas
}

/// Tables that changed while their version did not rise.
fn unversioned_changes(recorded: &BTreeMap<String, Schema>, current: &BTreeMap<String, Schema>) -> Vec<String> {
    let mut changes = Vec::new();
    for (name, (version, columns)) in current {
        let Some((recorded_version, recorded_columns)) = recorded.get(name) else { continue };
        if version < recorded_version {
            changes.push(format!("{name}: version {version} found, version {recorded_version} is on record"));
        } else if columns != recorded_columns && version == recorded_version {
            let difference = |from: &[String], to: &[String]| {
                from.iter().filter(|line| !to.contains(line)).cloned().collect::<Vec<_>>().join(", ")
            };
            changes.push(format!(
                "{name} changed (new: {}; gone: {}), its version is still {version}; hint: raise its schema_version \
                 to {}",
                difference(columns, recorded_columns),
                difference(recorded_columns, columns),
                version + 1
            ));
        }
    }
    changes
}

#[test]
fn schemas_are_those_on_record() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(RECORD);
    let current: BTreeMap<String, Schema> = TABLES.iter().map(|table| schema_of(table)).collect();
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let changes = unversioned_changes(&read_record(&found), &current);
    assert!(changes.is_empty(), "a changed schema needs a new version:\n{}", changes.join("\n"));
    let expected = write_record(&current);
    if std::env::var_os("COBRE_BLESS").is_some() {
        std::fs::write(&path, expected).expect("the record can be written");
        return;
    }
    assert!(
        found == expected,
        "{RECORD} is not up to date; hint: run `COBRE_BLESS=1 cargo test --workspace --test output_schemas` and look \
         at the difference"
    );
}

#[test]
fn a_change_without_a_version_is_noticed() {
    let current: BTreeMap<String, Schema> = TABLES.iter().map(|table| schema_of(table)).collect();
    assert_eq!(read_record(&write_record(&current)), current);
    assert!(unversioned_changes(&current, &current).is_empty());
    let changes: [fn(&mut Vec<String>); 4] = [
        |columns| columns.push("extra f64 $".into()),
        |columns| columns.swap(0, 1),
        |columns| columns[0] = columns[0].replace("i32", "i64"),
        |columns| columns[0] = columns[0].replace("i32", "i32?"),
    ];
    for change in changes {
        let mut changed = current.clone();
        let schema = changed.get_mut("training/convergence").expect("a table");
        change(&mut schema.1);
        let noticed = unversioned_changes(&current, &changed);
        assert!(noticed.len() == 1 && noticed[0].contains("raise its schema_version to 2"), "{noticed:?}");
        changed.get_mut("training/convergence").expect("a table").0 = 2;
        assert!(unversioned_changes(&current, &changed).is_empty(), "a new version may change");
        assert_eq!(unversioned_changes(&changed, &current).len(), 1, "a version never goes back");
    }
}
