//! Cases in memory: read, edited and written without a change that nobody asked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array, Int8Array, Int32Array,
    Int64Array, LargeListArray, ListArray, NullArray, RecordBatch, StringArray, StringViewArray, StructArray,
    TimestampMicrosecondArray, UInt64Array,
};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Float64Type, Int32Type};
use cobre_data::case::{Case, CaseError, CaseFolder, case_name, read_case, read_case_from};
use cobre_data::store::testing::{Fault, FaultyStore};
use cobre_data::store::{Location, Store, StoreOptions};
use serde_json::{Value, json};

use super::fixture::{Column, Fixture, table};
use super::shared::{folders, shared_cases};

const HYDROS: &str = "system/hydros.json";
const INFLOW: &str = "scenarios/inflow_seasonal_stats.parquet";

fn datasets() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets");
    let all = folders(&root).into_iter().map(|name| root.join(name));
    all.filter(|case| case.join("config.json").exists()).collect()
}

fn load(path: &Path) -> CaseFolder {
    CaseFolder::read_at(&Location::from(path), &StoreOptions::default()).unwrap()
}

fn four_reservoirs() -> CaseFolder {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../datasets/four-reservoirs"))
}

/// The fixture with changes, in memory.
fn fixture(change: impl FnOnce(&mut Fixture)) -> CaseFolder {
    let mut fixture = Fixture::new();
    change(&mut fixture);
    let directory = tempfile::tempdir().unwrap();
    fixture.write(directory.path());
    load(directory.path())
}

/// Asserts that a case on the disk and in memory is the same: the case, or everything that is wrong with it.
fn assert_same(path: &Path, folder: &CaseFolder, name: &str) {
    match (read_case(path), folder.read(name)) {
        (Ok(expected), Ok(found)) => {
            assert_eq!(found, expected, "{name}");
            assert_eq!(folder.validate(), expected.warnings, "{name}");
        }
        (Err(CaseError::Invalid { findings: expected }), Err(CaseError::Invalid { findings })) => {
            assert_eq!(findings, expected, "{name}");
            assert_eq!(folder.validate(), expected, "{name}");
        }
        (expected, found) => panic!("{name}: {expected:?} {found:?}"),
    }
}

/// The case without what the bytes of its files decide.
fn without_hashes(case: Case) -> Case {
    Case { case_hash: String::new(), study_hash: String::new(), ..case }
}

fn text(error: &CaseError) -> String {
    error.to_string()
}

#[test]
fn a_case_is_the_same_in_memory() {
    let mut paths = datasets();
    if let Some(root) = shared_cases() {
        paths.extend(folders(&root).iter().map(|name| root.join(name)));
    }
    assert!(paths.len() >= 3, "{} cases", paths.len());
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let folder = load(&path);
        assert_same(&path, &folder, &name);
        let store = Store::memory();
        folder.write_to(&store, false).unwrap();
        assert_eq!(CaseFolder::read_from(&store).unwrap(), folder, "{name}");
        if let Ok(case) = folder.read(&name) {
            assert_eq!(read_case_from(&store, &name).unwrap(), case, "{name}");
        }
    }
}

#[test]
fn companions_strays_and_faults_are_the_same_in_memory() {
    let mut fixture = Fixture::new();
    for (name, content) in [
        ("README.md", "notes"),
        (".hidden", "x"),
        ("expected.json", "{}"),
        ("system/hydro.json", "{}"),
        ("constraints/exchange_factors.json", "{}"),
        ("penalties.json", "{"),
    ] {
        fixture.raw.insert(name.to_owned(), content.as_bytes().to_vec());
    }
    fixture.json.remove("system/lines.json");
    let directory = tempfile::tempdir().unwrap();
    fixture.write(directory.path());
    for folder in ["output/run=1", "scenarios/old", "notes", "system/deep/deeper"] {
        fs::create_dir_all(directory.path().join(folder)).unwrap();
        fs::write(directory.path().join(folder).join("buses.json"), "{}").unwrap();
    }
    let folder = load(directory.path());
    assert_same(directory.path(), &folder, "fixture");
    assert!(folder.validate().len() >= 6, "{:#?}", folder.validate());
    let paths: Vec<&str> = folder.paths().collect();
    assert!(paths.contains(&"system/hydro.json") && paths.contains(&"penalties.json"), "{paths:?}");
    assert!(!paths.iter().any(|path| path.contains("README") || path.contains("output") || path.contains("old")));
}

#[test]
fn an_empty_folder_misses_every_file_that_is_required() {
    let findings = CaseFolder::new().validate();
    assert_eq!(findings.iter().filter(|finding| finding.code == "structural.2").count(), 8);
}

#[test]
fn a_file_is_inserted_read_and_removed() {
    let mut folder = fixture(|_| ());
    let lines = folder.remove("system/lines.json").unwrap();
    assert!(folder.get("system/lines.json").is_none());
    assert!(folder.validate().iter().any(|finding| finding.file == "system/lines.json"));
    folder.insert("system/lines.json", lines).unwrap();
    assert!(folder.read("fixture").is_ok());
    for path in ["", "/config.json", "../config.json", "system//buses.json", "system/", "a\\b"] {
        let error = folder.insert(path, "{}").unwrap_err();
        assert!(matches!(error, CaseError::Edit { .. }), "{path}: {error}");
    }
}

#[test]
fn a_case_is_written_where_nothing_is() {
    let folder = fixture(|_| ());
    let directory = tempfile::tempdir().unwrap();
    let (path, options) = (directory.path().join("new/case"), StoreOptions::default());
    let location = Location::from(path.as_path());
    folder.write_at(&location, &options, false).unwrap();
    assert_eq!(read_case(&path).unwrap(), folder.read(&case_name(&location)).unwrap());
    let error = folder.write_at(&location, &options, false).unwrap_err();
    let CaseError::Write { path: at, source } = &error else { panic!("{error}") };
    assert_eq!((at.as_path(), source.kind()), (path.as_path(), std::io::ErrorKind::AlreadyExists));
    assert!(text(&error).contains("something is there already"), "{error}");
}

#[test]
fn a_case_that_is_overwritten_keeps_nothing_of_the_old_one() {
    let old = fixture(|_| ());
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open_path(directory.path()).unwrap();
    old.write_to(&store, false).unwrap();
    for kept in ["README.md", "notes.txt", "output/run=1/training/part-0.parquet"] {
        assert!(store.put_new(kept, b"kept".to_vec()).unwrap());
    }
    let mut new = old.clone();
    new.remove("constraints/line_bounds.parquet").unwrap();
    new.merge_config(&json!({"training": {"tree_seed": 5}})).unwrap();
    new.write_to(&store, true).unwrap();
    let (found, expected) = (read_case(directory.path()).unwrap(), new.read("case").unwrap());
    assert_eq!((&found.case_hash, &found.study), (&expected.case_hash, &expected.study));
    assert!(store.get_if_exists("constraints/line_bounds.parquet").unwrap().is_none());
    for kept in ["README.md", "notes.txt", "output/run=1/training/part-0.parquet"] {
        assert_eq!(store.get(kept).unwrap(), "kept");
    }
}

#[test]
fn a_write_that_fails_says_what_is_left() {
    let folder = fixture(|_| ());
    let mut n_failed = 0;
    for index in 0.. {
        let clean = Store::memory();
        let faulty = FaultyStore::once(clean.object_store(), index, Fault::ALL[0]);
        let store = Store::from_object_store(Arc::new(faulty.clone()), "faulty://case");
        let result = folder.write_to(&store, false);
        if faulty.hit().is_empty() {
            assert!(result.is_ok() && index > folder.paths().count());
            break;
        }
        let left: Vec<String> = clean.list_all("").unwrap().into_iter().map(|file| file.path).collect();
        let Err(error) = result else {
            assert_eq!(left.len(), folder.paths().count());
            continue;
        };
        n_failed += 1;
        let message = text(&error);
        assert!(message.contains("faulty://case"), "{message}");
        assert!(!left.contains(&"config.json".to_owned()), "half a case looks like a case: {left:?}");
        if left.is_empty() {
            assert!(message.contains("nothing was written"), "{message}");
        }
        assert!(left.iter().all(|path| message.contains(path)), "{message} {left:?}");
    }
    assert!(n_failed > 10, "{n_failed} failed");
}

#[test]
fn settings_are_merged_into_the_configuration() {
    let mut folder = fixture(|_| ());
    let before: Value = serde_json::from_slice(folder.get("config.json").unwrap()).unwrap();
    folder
        .merge_config(&json!({
            "training": {"selection": {"forward_passes": 7}, "scenario_source": {"seed": null}},
            "simulation": {"selection": {"num_scenarios": 9}},
            "policy": null
        }))
        .unwrap();
    let after: Value = serde_json::from_slice(folder.get("config.json").unwrap()).unwrap();
    let mut expected = before;
    expected["training"]["selection"]["forward_passes"] = json!(7);
    expected["training"]["scenario_source"].as_object_mut().unwrap().remove("seed");
    expected["simulation"]["selection"]["num_scenarios"] = json!(9);
    expected.as_object_mut().unwrap().remove("policy");
    assert_eq!(after, expected);
    folder.merge_config(&json!({"training": {"forward_pases": 7}})).unwrap();
    let findings = folder.validate();
    assert!(findings.iter().any(|finding| finding.pointer == "/training/forward_pases"), "{findings:#?}");
    let error = folder.merge_config(&json!([1])).unwrap_err();
    assert!(text(&error).contains("config.json: settings are an object, found an array"), "{error}");
    folder.insert("config.json", "{").unwrap();
    let error = folder.merge_config(&json!({})).unwrap_err();
    assert!(text(&error).contains("config.json: not valid JSON at line 1"), "{error}");
}

/// Every array of objects that a JSON file holds at its top.
fn arrays(folder: &CaseFolder) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for path in folder.paths().filter(|path| Path::new(path).extension().is_some_and(|extension| extension == "json")) {
        let root: Value = serde_json::from_slice(folder.get(path).unwrap()).unwrap();
        for (key, value) in root.as_object().unwrap() {
            if value.as_array().is_some_and(|items| items.iter().all(Value::is_object)) {
                found.push((path.to_owned(), key.clone()));
            }
        }
    }
    found
}

#[test]
fn entities_make_the_round_trip_through_tables() {
    let mut cases = vec![("four-reservoirs".to_owned(), four_reservoirs()), ("fixture".to_owned(), fixture(|_| ()))];
    if let Some(root) = shared_cases() {
        cases.extend(folders(&root).iter().map(|name| (name.clone(), load(&root.join(name)))));
    }
    for (name, folder) in cases {
        let arrays = arrays(&folder);
        assert!(arrays.len() >= 5, "{name}: {arrays:?}");
        let mut edited = folder.clone();
        for (path, key) in &arrays {
            let records = match folder.records(path, key) {
                // A risk measure is a string or an object: such stages are no table.
                Err(error) if path == "stages.json" => {
                    assert!(text(&error).contains("risk_measure: a"), "{name}: {error}");
                    continue;
                }
                other => other.unwrap_or_else(|error| panic!("{name}: {error}")),
            };
            edited.insert_records(path, key, std::slice::from_ref(&records)).unwrap();
            let (once, again) = (edited.get(path).unwrap().clone(), edited.records(path, key).unwrap());
            assert_eq!(again.num_rows(), records.num_rows(), "{name}: {path}");
            edited.insert_records(path, key, &[again]).unwrap();
            let json = |content: &[u8]| serde_json::from_slice::<Value>(content).unwrap();
            assert_eq!(json(edited.get(path).unwrap()), json(&once), "{name}: {path}");
        }
        match (folder.read(&name), edited.read(&name)) {
            (Ok(expected), Ok(found)) => assert_eq!(without_hashes(found), without_hashes(expected), "{name}"),
            (Err(CaseError::Invalid { findings: expected }), Err(CaseError::Invalid { findings })) => {
                let codes = |findings: &[cobre_data::case::Finding]| {
                    findings.iter().map(|finding| (finding.code, finding.pointer.clone())).collect::<Vec<_>>()
                };
                assert_eq!(codes(&findings), codes(&expected), "{name}");
            }
            (expected, found) => panic!("{name}: {expected:?} {found:?}"),
        }
    }
}

#[test]
fn members_of_objects_are_columns() {
    let folder = four_reservoirs();
    let hydros = folder.records(HYDROS, "hydros").unwrap();
    let schema = hydros.schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names[..2], ["id", "name"], "{names:?}");
    assert!(names.contains(&"reservoir.max_storage_hm3"), "{names:?}");
    let DataType::List(group) = hydros.column_by_name("unit_groups").unwrap().data_type() else { panic!("a list") };
    let DataType::Struct(members) = group.data_type() else { panic!("of structs") };
    assert!(members.find("bus_id").is_some());
}

#[test]
fn an_edited_column_reaches_the_study() {
    let mut folder = four_reservoirs();
    let before = folder.read("case").unwrap();
    let hydros = folder.records(HYDROS, "hydros").unwrap();
    let at = hydros.schema().index_of("reservoir.max_storage_hm3").unwrap();
    let doubled: Float64Array = arrow::compute::cast(hydros.column(at), &DataType::Float64)
        .unwrap()
        .as_any()
        .downcast_ref::<Float64Array>()
        .unwrap()
        .unary(|storage| 2.0 * storage);
    let mut columns = hydros.columns().to_vec();
    columns[at] = Arc::new(doubled);
    let fields: Vec<Field> = hydros
        .schema()
        .fields()
        .iter()
        .zip(&columns)
        .map(|(field, column)| Field::new(field.name(), column.data_type().clone(), true))
        .collect();
    let edited = RecordBatch::try_new(Arc::new(arrow::datatypes::Schema::new(fields)), columns).unwrap();
    // In two batches, as frames come.
    folder.insert_records(HYDROS, "hydros", &[edited.slice(0, 1), edited.slice(1, edited.num_rows() - 1)]).unwrap();
    let after = folder.read("case").unwrap();
    let most = |case: &Case| {
        case.study.system.hydros().iter().map(|hydro| hydro.stages[0].storage_hm3.max).collect::<Vec<_>>()
    };
    assert_eq!(most(&after), most(&before).iter().map(|most| 2.0 * most).collect::<Vec<_>>());
    assert_ne!(after.study_hash, before.study_hash);
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

#[test]
fn every_kind_of_column_has_its_place() {
    let points = StructArray::from(vec![
        (
            Arc::new(Field::new("x", DataType::Float32, true)),
            Arc::new(Float32Array::from(vec![Some(0.5), None])) as ArrayRef,
        ),
        (Arc::new(Field::new("n", DataType::UInt64, true)), Arc::new(UInt64Array::from(vec![1, 2])) as ArrayRef),
    ]);
    let decimals = Decimal128Array::from(vec![Some(1250), None]).with_precision_and_scale(10, 3).unwrap();
    let codes: DictionaryArray<Int32Type> = vec![Some("a"), None].into_iter().collect();
    let rows = batch(vec![
        ("id", Arc::new(Int8Array::from(vec![1, -2])) as ArrayRef),
        ("name", Arc::new(StringViewArray::from(vec![Some("água \"x\""), None]))),
        ("code", Arc::new(codes)),
        ("day", Arc::new(Date32Array::from(vec![Some(19_723), None]))),
        ("price", Arc::new(decimals)),
        ("nothing", Arc::new(NullArray::new(2))),
        ("point", Arc::new(points)),
        ("deep.er.flag", Arc::new(arrow::array::BooleanArray::from(vec![Some(true), None]))),
        (
            "deep.list",
            Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>([None, Some(vec![Some(1.0), None])])),
        ),
        (
            "deep.large",
            Arc::new(LargeListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(3)]), Some(vec![])])),
        ),
    ]);
    let mut folder = CaseFolder::new();
    folder.insert("system/things.json", r#"{"note": "stays", "things": [1]}"#).unwrap();
    folder.insert_records("system/things.json", "things", &[rows]).unwrap();
    let found: Value = serde_json::from_slice(folder.get("system/things.json").unwrap()).unwrap();
    assert_eq!(
        found,
        json!({"note": "stays", "things": [
            {"id": 1, "name": "água \"x\"", "code": "a", "day": "2024-01-01", "price": 1.25,
             "point": {"x": 0.5, "n": 1}, "deep": {"er": {"flag": true}, "large": [3]}},
            {"id": -2, "point": {"n": 2}, "deep": {"list": [1.0, null], "large": []}}
        ]})
    );
}

#[test]
fn numbers_keep_their_bits() {
    let mut state = 1u64;
    let mut draw = || {
        // The generator of Steele, Lea and Flood, splitmix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        f64::from_bits((z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb))
    };
    let mut numbers: Vec<f64> = (0..20_000).map(|_| draw()).filter(|number| number.is_finite()).collect();
    numbers.extend([-0.0, 0.1, f64::MIN_POSITIVE, 5e-324, f64::MAX, 1e22, 9_007_199_254_740_993.0]);
    let rows = batch(vec![("value", Arc::new(Float64Array::from(numbers.clone())) as ArrayRef)]);
    let mut folder = CaseFolder::new();
    folder.insert_records("numbers.json", "numbers", &[rows]).unwrap();
    let found = folder.records("numbers.json", "numbers").unwrap();
    let found = found.column(0).as_any().downcast_ref::<Float64Array>().unwrap();
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(found.values()), bits(&numbers));
}

#[test]
fn records_that_do_not_fit_are_refused_by_file() {
    let mut folder = fixture(|_| ());
    let numbers = |values: Vec<f64>| Arc::new(Float64Array::from(values)) as ArrayRef;
    for (columns, expected) in [
        (vec![("cost", numbers(vec![1.0, f64::NAN]))], "hydros: row 1, column cost: NaN is not finite"),
        (vec![("a", numbers(vec![1.0])), ("a.b", numbers(vec![1.0]))], "another column holds a, which is no object"),
        (vec![("a.b", numbers(vec![1.0])), ("a", numbers(vec![1.0]))], "another column holds a, too"),
        (vec![("a..b", numbers(vec![1.0]))], "a member without name"),
        (vec![("at", Arc::new(TimestampMicrosecondArray::from(vec![0])) as ArrayRef)], "cast it to a date"),
        (vec![("n", Arc::new(UInt64Array::from(vec![u64::MAX])) as ArrayRef)], "column n: "),
        (vec![("b", Arc::new(arrow::array::BinaryArray::from(vec![&b"x"[..]])) as ArrayRef)], "have no place in JSON"),
    ] {
        let error = text(&folder.insert_records(HYDROS, "hydros", &[batch(columns)]).unwrap_err());
        assert!(error.starts_with("system/hydros.json: ") && error.contains(expected), "{error}");
    }
    for (path, content, key, expected) in [
        ("a.json", r#"{"x": [{"a": 1}, {"a": "b"}]}"#, "x", "x: item 1: a: a string where others have an integer"),
        ("a.json", r#"{"x": [1]}"#, "x", "x: item 0 is an integer, expected an object"),
        ("a.json", r#"{"x": {"a": 1}}"#, "x", "x is an object, expected an array"),
        ("a.json", r#"{"x": [{"a": 1, "a": 2}]}"#, "x", "the key a is repeated"),
        ("a.json", r#"{"x": [{"a.b": 1}]}"#, "x", "the key \"a.b\" is no name of a column"),
        ("a.json", "{}", "x", "the file has no array x"),
        ("a.json", "[]", "x", "the file holds an array, expected an object"),
        ("a.json", "", "x", "not valid JSON"),
    ] {
        folder.insert(path, content).unwrap();
        let error = text(&folder.records(path, key).unwrap_err());
        assert!(error.starts_with("a.json: ") && error.contains(expected), "{error}");
    }
    let error = text(&folder.records("system/none.json", "x").unwrap_err());
    assert!(error.contains("system/none.json: there is no such file in the case"), "{error}");
}

fn inflow(hydro_id: ArrayRef, stage_id: ArrayRef, mean: ArrayRef) -> RecordBatch {
    let std = Arc::new(Float64Array::from(vec![4.0; mean.len()]));
    // In an order of its own.
    batch(vec![("std_m3s", std as ArrayRef), ("mean_m3s", mean), ("stage_id", stage_id), ("hydro_id", hydro_id)])
}

#[test]
fn a_table_takes_the_types_of_the_format() {
    let mut fixture_tables = Fixture::new();
    fixture_tables.tables.insert(
        INFLOW.to_owned(),
        table(&[
            ("hydro_id", Column::ids(&[0, 0, 0, 1, 1, 1])),
            ("stage_id", Column::ids(&[0, 1, 2, 0, 1, 2])),
            ("mean_m3s", Column::numbers(&[20.0, 21.0, 22.0, 100.0, 110.0, 120.0])),
            ("std_m3s", Column::numbers(&[4.0; 6])),
        ]),
    );
    fixture_tables.tables.remove("scenarios/inflow_ar_coefficients.parquet");
    fixture_tables.tables.remove("scenarios/inflow_history.parquet");
    let directory = tempfile::tempdir().unwrap();
    fixture_tables.write(directory.path());
    let expected = read_case(directory.path()).unwrap();
    let mut folder = load(directory.path());
    let rows = inflow(
        Arc::new(Int64Array::from(vec![0, 0, 0, 1, 1, 1])),
        Arc::new(Float64Array::from(vec![0.0, 1.0, 2.0, 0.0, 1.0, 2.0])),
        Arc::new(StringArray::from(vec!["20", "21", "22", "100", "110", "120"])),
    );
    folder.insert_table(INFLOW, std::slice::from_ref(&rows)).unwrap();
    assert_eq!(folder.read("x").unwrap().study, expected.study);
    let whole = folder.get(INFLOW).unwrap().clone();
    folder.insert_table(INFLOW, &[rows.slice(0, 4), rows.slice(4, 2)]).unwrap();
    assert_eq!(folder.get(INFLOW).unwrap(), &whole, "the bytes are those of the rows");
    let found = folder.table(INFLOW).unwrap();
    let found = concat_batches(&found[0].schema(), &found).unwrap();
    assert_eq!(found.num_rows(), 6);
    assert_eq!(found.schema().field(0), &Field::new("hydro_id", DataType::Int32, false));
    assert_eq!(found.schema().field(2), &Field::new("mean_m3s", DataType::Float64, false));
    // What was read can be inserted.
    folder.insert_table(INFLOW, &[found]).unwrap();
    assert_eq!(folder.get(INFLOW).unwrap(), &whole);
}

#[test]
fn a_table_that_does_not_fit_is_refused_by_file() {
    let mut folder = fixture(|_| ());
    let before = folder.clone();
    let ids = |values: Vec<i32>| Arc::new(Int32Array::from(values)) as ArrayRef;
    let numbers = |values: Vec<f64>| Arc::new(Float64Array::from(values)) as ArrayRef;
    let good = inflow(ids(vec![0]), ids(vec![0]), numbers(vec![1.0]));
    let mut columns: Vec<(String, ArrayRef)> =
        good.schema().fields().iter().map(|f| f.name().clone()).zip(good.columns().to_vec()).collect();
    columns.push(("mean_m3".into(), numbers(vec![1.0])));
    let unknown = RecordBatch::try_from_iter(columns).unwrap();
    for (rows, expected) in [
        (unknown, "the table has no column mean_m3 did you mean \"mean_m3s\"?"),
        (good.project(&[0, 1, 2]).unwrap(), "the column hydro_id is missing"),
        (inflow(numbers(vec![0.5]), ids(vec![0]), numbers(vec![1.0])), "column hydro_id: Float64 does not fit Int32"),
        (inflow(ids(vec![0]), ids(vec![0]), Arc::new(StringArray::from(vec!["much"]))), "column mean_m3s: Utf8"),
        (
            inflow(Arc::new(Int64Array::from(vec![i64::MAX])), ids(vec![0]), numbers(vec![1.0])),
            "column hydro_id: Int64 does not fit Int32",
        ),
        (
            inflow(Arc::new(Int32Array::from(vec![None])), ids(vec![0]), numbers(vec![1.0])),
            "column hydro_id: a null where a value is needed",
        ),
    ] {
        let error = text(&folder.insert_table(INFLOW, &[rows]).unwrap_err());
        assert!(error.starts_with(&format!("{INFLOW}: ")) && error.contains(expected), "{error}");
    }
    for (path, rows, expected) in [
        ("scenarios/inflow_seasonal_stat.parquet", vec![good], "did you mean"),
        (INFLOW, vec![], "a table without schema has no columns"),
    ] {
        let error = text(&folder.insert_table(path, &rows).unwrap_err());
        assert!(error.contains(path) && error.contains(expected), "{error}");
    }
    assert_eq!(folder, before, "what is refused changes nothing");
    folder.insert(INFLOW, "no Parquet").unwrap();
    let error = text(&folder.table(INFLOW).unwrap_err());
    assert!(error.contains(INFLOW) && error.contains("not readable as Parquet"), "{error}");
}
