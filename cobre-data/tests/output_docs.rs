//! The page on output tables says what the schemas say.

use std::fmt::Write;
use std::path::Path;

use cobre_data::output::schema::{Column, ColumnType, TABLES};

const INTRODUCTION: &str = "\
# Output tables

What the files of a run hold. `cobre-data/tests/output_docs.rs` compares this page with the schemas; run it with
`COBRE_BLESS=1` to write the page anew.

Files are Parquet: zstd, row groups of at most 131,072 rows, rows in the order given below. Columns named under
*partitioned by* live in the path (`scenario_bucket=3/part-0.parquet`), not in the file. Every file carries its table,
schema version, run, units, engine version and the checksum of the case as `cobre.*` key-value metadata. Labels are those
of the case; costs are undiscounted; a table without rows has no files. Training tables come in parts, one per
checkpoint: `part-0.parquet`, `part-1.parquet` …, each in the order given below. Tables of dictionaries and of the
stochastic process are single files: `dictionaries/bounds.parquet`, `stochastic/noise_openings.parquet`.
";

const DOCUMENTS: &str = "
## Documents

Beside its tables a run has documents, JSON or CSV. Keys whose value is not known are left out or null.

| file | what it holds |
|---|---|
| dictionaries/codes.json | labels of the codes in `operative_state_code`, `storage_binding_code`, `entity_type_code`, `bound_type_code` |
| dictionaries/entities.csv | `entity_type_code`, `entity_id`, `name`, `bus_id`, `system_id` of every entity; `bus_id` is −1 for plants and lines |
| dictionaries/variables.csv | this page as data: `file`, `column`, `type`, `unit`, `description`, `nullable` |
| dictionaries/state_dictionary.json | the components of the state in the order of cut coefficients: plant, lag, unit, and the columns that show a component on entry to a stage and at its end |
| training/metadata.json | what was asked for, size of the study, iterations, bounds, cuts, work of the solver, who took part |
| training/hydro_models.json | how production and evaporation of the plants are modelled |
| training/model_provenance.json | where inflow model, correlation and openings came from: `user_file`, `generated` or `n/a` |
| training/scaling_report.json | size and range of coefficients of every stage problem, before and after the scaling of costs |
| simulation/metadata.json | scenarios, their mean cost, work of the solver |
| stochastic/correlation.json | correlation of the noise, in the form of the input of that name |

What lies in `stochastic/` has the form of the files in `scenarios/` of a case, stages by their declared labels, and can
be copied there. With `noise_openings.parquet` and `\"openings\": {\"source\": \"file\"}`, training gives the same bits.
";

fn type_name(column: &Column) -> String {
    let name = match column.column_type {
        ColumnType::Int8 => "i8",
        ColumnType::Int32 => "i32",
        ColumnType::Int64 => "i64",
        ColumnType::UInt32 => "u32",
        ColumnType::UInt64 => "u64",
        ColumnType::Float64 => "f64",
        ColumnType::Boolean => "bool",
        ColumnType::Utf8 => "str",
    };
    format!("{name}{}", if column.nullable { "?" } else { "" })
}

fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    for table in TABLES {
        let version = table.schema_version;
        write!(page, "\n## {}\n\n{}\n\n", table.qualified_name(), table.description).expect("text");
        write!(page, "Schema version {version}; sorted by {}", table.sort_by.join(", ")).expect("text");
        if !table.partition_by.is_empty() {
            write!(page, "; partitioned by {}", table.partition_by.join(", ")).expect("text");
        }
        page.push_str(".\n\n| column | type | unit | meaning |\n|---|---|---|---|\n");
        for column in table.columns {
            let meaning = column.description.replace('|', "\\|");
            writeln!(page, "| {} | {} | {} | {meaning} |", column.name, type_name(column), column.unit).expect("text");
        }
    }
    page.push_str(DOCUMENTS);
    page
}

#[test]
fn the_page_matches_the_schemas() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/output-tables.md");
    let expected = page();
    if std::env::var_os("COBRE_BLESS").is_some() {
        std::fs::write(&path, &expected).expect("the page can be written");
    }
    let found = std::fs::read_to_string(&path).expect("docs/output-tables.md");
    for (number, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
        assert_eq!(found, expected, "line {}", number + 1);
    }
    assert_eq!(found.len(), expected.len(), "the page ends elsewhere");
}

#[test]
fn schemas_are_sound() {
    for table in TABLES {
        let name = table.qualified_name();
        let mut names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        assert!(table.sort_by.iter().all(|column| names.contains(column)), "{name} is sorted by columns it has");
        assert!(table.partition_by.iter().all(|column| !names.contains(column)), "{name} repeats its path");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), table.columns.len(), "{name} has a column twice");
        for column in table.columns {
            assert!(column.description.ends_with('.'), "{name}.{}", column.name);
            let unit = [
                ("_mwh", "MWh"),
                ("_mw", "MW"),
                ("_hm3", "hm3"),
                ("mw_per_m3s", "MW/(m3/s)"),
                ("_m3s", "m3/s"),
                ("_ms", "ms"),
                ("_percent", "%"),
                ("_cost", "$"),
            ];
            // `water_value_per_hm3` is the one name whose suffix is no unit.
            let suffix = unit.iter().find(|(suffix, _)| column.name.ends_with(suffix));
            if let Some((_, unit)) = suffix.filter(|_| column.name != "water_value_per_hm3") {
                assert_eq!(column.unit, *unit, "{name}.{}", column.name);
            }
        }
    }
    let mut names: Vec<String> = TABLES.iter().map(|table| table.qualified_name()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), TABLES.len());
}
